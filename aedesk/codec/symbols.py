"""The symbols of one tile: from a latent to a bitstream and back.

Both directions walk through the same exact predictions; see ``models.codec_entropy``. A payload is the CRC-32C of the symbols (4 bytes,
little-endian), then the bitstream: the side information, then the four steps of the latent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.codec.loading import LoadedCodec
from aedesk.core.errors import FormatError
from aedesk.entropy.coder import Decoder, Encoder
from aedesk.formats.checksum import crc32c
from aedesk.models.codec import lmbda_of
from aedesk.models.codec_entropy import HYPER_STRIDE, LEVELS
from aedesk.models.fixed_point import settle

CRC_BYTES = 4
LARGEST_SYMBOL = 32_000
COLOURS = 3


@dataclass(frozen=True, eq=False)
class TileSymbols:
    """What one tile is made of.

    Args:
        side: (hyper, h / 4, w / 4) int32, the symbols of ``z``.
        symbols: (latent, h, w) int32.
        y_hat: (latent, h, w) float64 on the CPU, the quantised latent in units of the picture.
        bits: (h, w) float64, what each position's symbols cost; zeros unless asked for.
        side_bits: what ``side`` costs; zero unless asked for.
    """

    side: NDArray[np.int32]
    symbols: NDArray[np.int32]
    y_hat: Tensor
    bits: NDArray[np.float64]
    side_bits: float = 0.0


@torch.inference_mode()
def encode_tile(codec: LoadedCodec, y: Tensor, quality: int, *, frugal: bool = True) -> tuple[bytes, TileSymbols]:
    """Code a latent (latent, h, w), float32 in units of the picture, on its own.

    Args:
        frugal: rate-distortion optimised rounding: a symbol is made smaller where that saves more than the error it adds is worth.
    """
    level = torch.tensor([quality])
    side = codec.network.entropy.side(y[None], codec.network.entropy.gain(level.to(y.device))).to("cpu", torch.float64)
    source = y[None].to("cpu", torch.float64)
    walk = _Walk(codec, quality, *y.shape[1:])
    encoder = Encoder(codec.tables)
    z_symbols = _integers(side - walk.z_mean)
    encoder.put(z_symbols.reshape(-1), walk.z_indexes.reshape(-1))
    side_bits = float(codec.tables.cost(z_symbols.reshape(-1), walk.z_indexes.reshape(-1)).sum())
    worth = float(lmbda_of(level)) * 255**2 / COLOURS / walk.gain.numpy().reshape(-1) ** 2
    bits = np.zeros(y.shape)
    for mean, indexes, chosen in walk.steps(z_symbols):
        residual = (source - mean) * walk.gain
        symbols = _integers(residual)[chosen]
        if frugal:
            channels = np.nonzero(chosen)[1]
            symbols = _frugal(codec, symbols, indexes[chosen], residual.numpy()[chosen], worth[channels])
        encoder.put(symbols, indexes[chosen])
        bits[chosen[0]] = codec.tables.cost(symbols, indexes[chosen])
        walk.take(symbols, chosen)
    result = TileSymbols(z_symbols[0], walk.symbols[0], walk.y_hat[0], bits.sum(0), side_bits)
    return _crc(result) + encoder.finish(), result


@torch.inference_mode()
def decode_tile(codec: LoadedCodec, payload: bytes, quality: int, height: int, width: int, *, costs: bool = False) -> TileSymbols:
    """The symbols of a payload, for a latent of ``height`` x ``width``.

    Raises :class:`FormatError` if the payload is damaged or was written with other weights.
    """
    walk = _Walk(codec, quality, height, width)
    decoder = Decoder(codec.tables, payload[CRC_BYTES:])
    z_symbols = decoder.get(walk.z_indexes.reshape(-1)).reshape(walk.z_indexes.shape)
    bits = np.zeros(walk.symbols.shape)
    for _, indexes, chosen in walk.steps(z_symbols):
        symbols = decoder.get(indexes[chosen])
        if costs:
            bits[chosen] = codec.tables.cost(symbols, indexes[chosen])
        walk.take(symbols, chosen)
    side_bits = float(codec.tables.cost(z_symbols.reshape(-1), walk.z_indexes.reshape(-1)).sum()) if costs else 0.0
    result = TileSymbols(z_symbols[0], walk.symbols[0], walk.y_hat[0], bits[0].sum(0), side_bits)
    if payload[:CRC_BYTES] != _crc(result):
        raise FormatError("A part of the picture is damaged.", "Get the file again from where it came from.")
    return result


class _Walk:
    """The way through the predictions of one tile, the same for encoder and decoder."""

    def __init__(self, codec: LoadedCodec, quality: int, height: int, width: int) -> None:
        model = codec.exact
        self._model = model
        self._quality = torch.tensor([quality])
        self.gain = model.gain(self._quality)
        self.z_mean = model.z_mean(self._quality)
        rows, columns = -(-height // HYPER_STRIDE), -(-width // HYPER_STRIDE)
        # Side information is always coded, even where its table is as good as sure.
        self.z_indexes = _indexes(model.z_level(self._quality)).clip(min=1).repeat(rows, 2).repeat(columns, 3)
        shape = (1, model.config.latent, height, width)
        self.symbols = np.zeros(shape, np.int32)
        self.y_hat = torch.zeros(shape, dtype=torch.float64)

    def steps(self, z_symbols: NDArray[np.int32]) -> Iterator[tuple[Tensor, NDArray[np.uint8], NDArray[np.bool_]]]:
        """For each step the means, the table of every symbol, and which symbols are coded. :meth:`take` what was coded after each."""
        height, width = self.symbols.shape[2:]
        z_hat = torch.from_numpy(z_symbols).double() + self.z_mean
        walk = self._model.predict(self._model.features(z_hat, self._quality, height, width), self._quality)
        prediction = next(walk)
        while True:
            indexes = _indexes(prediction.level)
            mask = prediction.mask.numpy() > 0
            yield prediction.mean, indexes, mask & (indexes > 0)
            fresh = settle(prediction.mean + torch.from_numpy(self._fresh).double() / self.gain)
            self.y_hat = torch.where(prediction.mask > 0, fresh, self.y_hat)
            self.symbols += self._fresh
            try:
                prediction = walk.send((torch.from_numpy(self._fresh), fresh))
            except StopIteration:
                return

    def take(self, symbols: NDArray[np.int32], chosen: NDArray[np.bool_]) -> None:
        self._fresh = np.zeros(self.symbols.shape, np.int32)
        self._fresh[chosen] = symbols


def _indexes(level: Tensor) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = (level + 0.5).floor().clamp(0, LEVELS - 1).to(torch.uint8).numpy()
    return found


def _integers(values: Tensor) -> NDArray[np.int32]:
    rounded: NDArray[np.int32] = values.round().clamp(-LARGEST_SYMBOL, LARGEST_SYMBOL).to(torch.int32).numpy()
    return rounded


def _frugal(
    codec: LoadedCodec, symbols: NDArray[np.int32], indexes: NDArray[np.uint8], residual: NDArray[np.float64], worth: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Each symbol (N,), or its neighbour towards zero if that costs less: bits plus ``worth`` (N,) times the squared error."""
    active = np.flatnonzero(symbols)
    large = symbols[active]
    small = large - np.sign(large)
    index, exact, weight = indexes[active], residual[active], worth[active]
    saved = codec.tables.cost(large, index) - codec.tables.cost(small, index)
    added = weight * ((exact - small) ** 2 - (exact - large) ** 2)
    result = symbols.copy()
    result[active] = np.where(saved > added, small, large)
    return result


def _crc(tile: TileSymbols) -> bytes:
    return crc32c(tile.symbols.astype("<i4").tobytes(), crc32c(tile.side.astype("<i4").tobytes())).to_bytes(CRC_BYTES, "little")
