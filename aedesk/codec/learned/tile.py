"""The symbols of one tile: from a latent to a bitstream and back.

Both directions walk through the same exact predictions; see ``models.codec.entropy``. A payload is the CRC-32C of the symbols (4 bytes,
little-endian), then the bitstream: the side information, then the four steps of the latent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.codec.loading import LoadedCodec
from aedesk.core.errors import FormatError
from aedesk.entropy.coder import Decoder, Encoder
from aedesk.formats.checksum import crc32c
from aedesk.models.codec.context import HYPER_STRIDE, corners, interleaved, latent_of, on_grid, steps_of
from aedesk.models.codec.entropy import worth_of
from aedesk.models.codec.fixed_point import settle_
from aedesk.models.codec.logistic import LEVELS

CRC_BYTES = 4
LARGEST_SYMBOL = 32_000


@dataclass(frozen=True, eq=False)
class TileSymbols:
    """What one tile is made of.

    Args:
        side: (hyper, h / 4, w / 4) int32, the symbols of ``z``.
        symbols: (latent, h, w) int32.
        parts: the quantised latent in units of the picture, step by step (``models.codec.context``), float64.
        bits: (h, w) float64, what each position's symbols cost; zeros unless asked for.
        side_bits: what ``side`` costs; zero unless asked for.
    """

    side: NDArray[np.int32]
    symbols: NDArray[np.int32]
    parts: tuple[Tensor, ...]
    bits: NDArray[np.float64]
    side_bits: float = 0.0

    @cached_property
    def y_hat(self) -> Tensor:
        """(latent, h, w) float64 on the CPU, the quantised latent in units of the picture."""
        height, width = self.symbols.shape[1:]
        return latent_of(self.parts)[0, :, :height, :width]


@torch.inference_mode()
def encode_tile(codec: LoadedCodec, y: Tensor, quality: int, *, frugal: bool = True, costs: bool = True) -> tuple[bytes, TileSymbols]:
    """Code a latent (latent, h, w), float32 in units of the picture, on its own.

    Args:
        frugal: rate-distortion optimised rounding: a symbol is made smaller where that saves more than the error it adds is worth.
        costs: also count what was spent.
    """
    level, whole = torch.tensor([quality]), on_grid(y[None])
    side = codec.network.entropy.side(whole, codec.network.entropy.gain(level.to(y.device))).to("cpu", torch.float64)
    walk = _Walk(codec, quality, *y.shape[1:])
    encoder = Encoder(codec.tables)
    z_symbols = _integers(side - walk.z_mean)
    encoder.put(z_symbols.reshape(-1), walk.z_indexes.reshape(-1))
    side_bits = float(codec.tables.cost(z_symbols.reshape(-1), walk.z_indexes.reshape(-1)).sum()) if costs else 0.0
    for source, step in zip(steps_of(whole.cpu()), walk.steps(z_symbols), strict=True):
        residual = ((source - step.mean) * step.gain).numpy().reshape(-1)[step.places]
        symbols = _integers(torch.from_numpy(residual))
        if frugal:
            symbols = _frugal(codec, symbols, step, residual, worth_of(step.gain, level).numpy().reshape(-1))
        encoder.put(symbols, step.indexes)
        walk.take(step, symbols, codec.tables.cost(symbols, step.indexes) if costs else None)
    result = walk.result(z_symbols, side_bits)
    return _crc(result) + encoder.finish(), result


@torch.inference_mode()
def decode_tile(codec: LoadedCodec, payload: bytes, quality: int, height: int, width: int, *, costs: bool = False) -> TileSymbols:
    """The symbols of a payload, for a latent of ``height`` x ``width``.

    Raises :class:`FormatError` if the payload is damaged or was written with other weights.
    """
    walk = _Walk(codec, quality, height, width)
    decoder = Decoder(codec.tables, payload[CRC_BYTES:])
    z_symbols = decoder.get(walk.z_indexes.reshape(-1)).reshape(walk.z_indexes.shape)
    for step in walk.steps(z_symbols):
        symbols = decoder.get(step.indexes)
        walk.take(step, symbols, codec.tables.cost(symbols, step.indexes) if costs else None)
    side_bits = float(codec.tables.cost(z_symbols.reshape(-1), walk.z_indexes.reshape(-1)).sum()) if costs else 0.0
    result = walk.result(z_symbols, side_bits)
    if payload[:CRC_BYTES] != _crc(result):
        raise FormatError("A part of the picture is damaged.", "Get the file again from where it came from.")
    return result


@dataclass(frozen=True, eq=False)
class _Step:
    """One step's predictions: ``mean`` and ``gain`` as in ``models.codec.entropy``; which symbols of them, laid flat, are coded
    (``places``), in the order in which they are, and the table of each of those (``indexes``).
    """

    mean: Tensor
    gain: Tensor
    places: NDArray[np.intp]
    indexes: NDArray[np.uint8]

    def rows(self, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        """Of the chosen ones of ``places``, which of the flat ``gain``'s is theirs."""
        return self.places[chosen] // (self.mean.numel() // self.gain.numel())


class _Walk:
    """The way through the predictions of one tile, the same for encoder and decoder."""

    def __init__(self, codec: LoadedCodec, quality: int, height: int, width: int) -> None:
        model = codec.exact
        self._model = model
        self._quality = torch.tensor([quality])
        self._size = height, width
        self.z_mean = model.z_mean(self._quality)
        inside = on_grid(torch.ones(1, 1, height, width, dtype=torch.float64))
        self._inside = None if inside.all() else corners(inside)
        rows, columns = (edge // HYPER_STRIDE for edge in inside.shape[2:])
        # Side information is always coded, even where its table is as good as sure.
        self.z_indexes = _indexes(model.z_level(self._quality)).clip(min=1).repeat(rows, 2).repeat(columns, 3)
        self._symbols: list[Tensor] = []
        self._y_hat: list[Tensor] = []
        self._bits: list[Tensor] = []

    def steps(self, z_symbols: NDArray[np.int32]) -> Iterator[_Step]:
        """The four steps. :meth:`take` what was coded after each."""
        z_hat = torch.from_numpy(z_symbols).double() + self.z_mean
        walk = self._model.predict(self._model.features(z_hat, self._quality), self._quality)
        prediction = next(walk)
        while True:
            indexes = _indexes(prediction.level if self._inside is None else prediction.level * self._inside).reshape(-1)
            places = np.flatnonzero(indexes)
            # By table, as they are coded: sorted here, nothing is to be put in order again.
            places = places[np.argsort(indexes[places], kind="stable")]
            yield _Step(prediction.mean, prediction.gain, places, indexes[places])
            try:
                prediction = walk.send((self._symbols[-1], self._y_hat[-1]))
            except StopIteration:
                return

    def take(self, step: _Step, coded: NDArray[np.int32], bits: NDArray[np.float64] | None) -> None:
        symbols = torch.zeros(step.mean.shape, dtype=torch.int32)
        symbols.view(-1).numpy()[step.places] = coded
        self._symbols.append(symbols)
        self._y_hat.append(self._values(step, coded))
        if bits is not None:
            spent = torch.zeros_like(step.mean)
            spent.view(-1).numpy()[step.places] = bits
            self._bits.append(spent.sum(1, keepdim=True))

    def _values(self, step: _Step, coded: NDArray[np.int32]) -> Tensor:
        """The quantised latent: the mean, which is settled already, but where a symbol is not 0."""
        there = np.flatnonzero(coded)
        values, places = step.mean.clone(), step.places[there]
        flat = values.view(-1).numpy()
        moved = flat[places] + coded[there] / step.gain.numpy().reshape(-1)[step.rows(there)]
        flat[places] = settle_(torch.from_numpy(moved)).numpy()
        return values if self._inside is None else values * self._inside

    def result(self, z_symbols: NDArray[np.int32], side_bits: float) -> TileSymbols:
        height, width = self._size
        symbols = latent_of(self._symbols)[0, :, :height, :width].contiguous().numpy()
        bits = interleaved(torch.stack(self._bits).sum(0))[0, 0] if self._bits else torch.zeros(self._size, dtype=torch.float64)
        return TileSymbols(z_symbols[0], symbols, tuple(self._y_hat), bits[:height, :width].numpy(), side_bits)


def _indexes(level: Tensor) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = (level + 0.5).clamp_(0, LEVELS - 1).to(torch.uint8).numpy()  # which rounds down
    return found


def _integers(values: Tensor) -> NDArray[np.int32]:
    rounded: NDArray[np.int32] = values.round().clamp(-LARGEST_SYMBOL, LARGEST_SYMBOL).to(torch.int32).numpy()
    return rounded


def _frugal(
    codec: LoadedCodec, symbols: NDArray[np.int32], step: _Step, residual: NDArray[np.float64], worth: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Each symbol (N,), or its neighbour towards zero if that costs less: bits plus ``worth`` (of each gain) times the squared error."""
    active = np.flatnonzero(symbols)
    large = symbols[active]
    small = large - np.sign(large)
    index, exact, weight = step.indexes[active], residual[active], worth[step.rows(active)]
    saved = codec.tables.cost(large, index) - codec.tables.cost(small, index)
    added = weight * ((exact - small) ** 2 - (exact - large) ** 2)
    result = symbols.copy()
    result[active] = np.where(saved > added, small, large)
    return result


def _crc(tile: TileSymbols) -> bytes:
    return crc32c(tile.symbols.astype("<i4").tobytes(), crc32c(tile.side.astype("<i4").tobytes())).to_bytes(CRC_BYTES, "little")
