"""One tile of the learned codec: latent to payload and back.

Encoder and decoder make the same exact predictions (``models.codec.entropy``). A payload is the CRC-32C of the symbols (4 bytes,
little-endian) and the bitstream: the side information, then the latent in four steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.errors import FormatError
from aedesk.entropy.coder import Decoder, Encoder
from aedesk.entropy.tables import Tables
from aedesk.formats.aed_file import GET_AGAIN
from aedesk.formats.checksum import crc32c
from aedesk.models.codec.context import HYPER_STRIDE, corners, join_corners, join_steps, pad_to_grid, split_steps
from aedesk.models.codec.entropy import EntropyModel, bits_per_squared_error
from aedesk.models.codec.fixed_point import make_exact, settle_
from aedesk.models.codec.logistic import SCALE_COUNT

CRC_BYTES = 4
MAX_SYMBOL = 32_000


@dataclass(frozen=True, eq=False)
class TileLatent:
    """The coded content of one tile.

    Args:
        side: (hyper, h / 4, w / 4) int32, symbols of the side information ``z``.
        symbols: (latent, h, w) int32, symbols of ``y``.
        steps: ``y_hat`` step by step (``models.codec.context``), float64, in picture units.
        bits: (h, w) float64, bits per position; zeros unless counted.
        side_bits: bits of ``side``; zero unless counted.
    """

    side: NDArray[np.int32]
    symbols: NDArray[np.int32]
    steps: tuple[Tensor, ...]
    bits: NDArray[np.float64]
    side_bits: float = 0.0

    @cached_property
    def y_hat(self) -> Tensor:
        """(latent, h, w) float64 on the CPU: the quantised latent in picture units."""
        height, width = self.symbols.shape[1:]
        return join_steps(self.steps)[0, :, :height, :width]

    @property
    def crc(self) -> bytes:
        """CRC-32C of ``side`` and ``symbols`` as little-endian 32-bit integers."""
        return crc32c(self.symbols.astype("<i4").tobytes(), crc32c(self.side.astype("<i4").tobytes())).to_bytes(CRC_BYTES, "little")


class TileCoder:
    """Entropy-codes the latents of tiles. Safe for several threads at once.

    Args:
        entropy: the trained entropy model; its analysis of the side information runs as it is, on its own device.

    Raises:
        ModelError: the weights are too large for exact arithmetic.
        FormatError: the probability tables of the model are invalid.
    """

    def __init__(self, entropy: EntropyModel) -> None:
        self._entropy = entropy
        self._exact = make_exact(entropy)  # on the CPU: predictions must be equal to the bit everywhere
        self.tables = Tables(entropy.tables.cpu().numpy().astype(np.int32))

    @torch.inference_mode()
    def encode(self, y: Tensor, quality: int, *, rdoq: bool = True, count_bits: bool = False) -> tuple[bytes, TileLatent]:
        """Returns the payload and the quantised latent of a tile.

        Args:
            y: (latent, h, w) float32 in picture units.
            rdoq: rate-distortion optimised quantisation: a symbol is reduced where that saves more than the added error is worth.
        """
        quality_row, padded = torch.tensor([quality]), pad_to_grid(y[None])
        side = self._entropy.side(padded, self._entropy.gain(quality_row.to(y.device))).to("cpu", torch.float64)
        walk = _Walk(self._exact, quality, *y.shape[1:])
        encoder = Encoder(self.tables)
        z_symbols = _round(side - walk.z_mean)
        encoder.put(z_symbols.reshape(-1), walk.z_indexes.reshape(-1))
        side_bits = self._side_bits(z_symbols, walk) if count_bits else 0.0
        for source, step in zip(split_steps(padded.cpu()), walk.steps(z_symbols), strict=True):
            residual = ((source - step.mean) * step.gain).numpy().reshape(-1)[step.coded]
            symbols = _round(torch.from_numpy(residual))
            if rdoq:
                worth = bits_per_squared_error(step.gain, quality_row).numpy().reshape(-1)
                symbols = self._reduce(symbols, step, residual, worth)
            encoder.put(symbols, step.indexes)
            walk.take(step, symbols, self.tables.cost(symbols, step.indexes) if count_bits else None)
        result = walk.result(z_symbols, side_bits)
        return result.crc + encoder.finish(), result

    @torch.inference_mode()
    def decode(self, payload: bytes, quality: int, height: int, width: int, *, count_bits: bool = False) -> TileLatent:
        """Decodes a tile of ``height`` x ``width`` positions.

        Raises :class:`FormatError` if the payload is damaged or was written with other weights.
        """
        walk = _Walk(self._exact, quality, height, width)
        decoder = Decoder(self.tables, payload[CRC_BYTES:])
        z_symbols = decoder.get(walk.z_indexes.reshape(-1)).reshape(walk.z_indexes.shape)
        for step in walk.steps(z_symbols):
            symbols = decoder.get(step.indexes)
            walk.take(step, symbols, self.tables.cost(symbols, step.indexes) if count_bits else None)
        result = walk.result(z_symbols, self._side_bits(z_symbols, walk) if count_bits else 0.0)
        if payload[:CRC_BYTES] != result.crc:
            raise FormatError("Its symbols do not match their checksum.", GET_AGAIN)
        return result

    def _side_bits(self, z_symbols: NDArray[np.int32], walk: _Walk) -> float:
        return float(self.tables.cost(z_symbols.reshape(-1), walk.z_indexes.reshape(-1)).sum())

    def _reduce(
        self, symbols: NDArray[np.int32], step: _Step, residual: NDArray[np.float64], worth: NDArray[np.float64]
    ) -> NDArray[np.int32]:
        """Each symbol (N,), or its neighbour towards zero where that lowers bits plus ``worth`` (per row of gains) times squared error."""
        active = np.flatnonzero(symbols)
        large = symbols[active]
        small = large - np.sign(large)
        index, exact, weight = step.indexes[active], residual[active], worth[step.rows(active)]
        saved = self.tables.cost(large, index) - self.tables.cost(small, index)
        added = weight * ((exact - small) ** 2 - (exact - large) ** 2)
        result = symbols.copy()
        result[active] = np.where(saved > added, small, large)
        return result


@dataclass(frozen=True, eq=False)
class _Step:
    """The predictions of one step.

    Args:
        mean, gain: as in ``models.codec.entropy.Prediction``.
        coded: (N,) flat positions in ``mean`` of the symbols that are coded, in coding order.
        indexes: (N,) scale index of each of them.
    """

    mean: Tensor
    gain: Tensor
    coded: NDArray[np.intp]
    indexes: NDArray[np.uint8]

    def rows(self, selected: NDArray[np.intp]) -> NDArray[np.intp]:
        """Flat position in ``gain`` of selected entries of ``coded``."""
        return self.coded[selected] // (self.mean.numel() // self.gain.numel())


class _Walk:
    """Steps through the predictions of one tile, identically in encoder and decoder."""

    def __init__(self, model: EntropyModel, quality: int, height: int, width: int) -> None:
        self._model = model
        self._quality = torch.tensor([quality])
        self._size = height, width
        self.z_mean = model.z_mean(self._quality)
        inside = pad_to_grid(torch.ones(1, 1, height, width, dtype=torch.float64))
        self._inside = None if inside.all() else corners(inside)
        rows, columns = (edge // HYPER_STRIDE for edge in inside.shape[2:])
        # Index 0 would leave a symbol out; side information is always coded.
        self.z_indexes = _to_indexes(model.z_level(self._quality)).clip(min=1).repeat(rows, 2).repeat(columns, 3)
        self._symbols: list[Tensor] = []
        self._y_hat: list[Tensor] = []
        self._bits: list[Tensor] = []

    def steps(self, z_symbols: NDArray[np.int32]) -> Iterator[_Step]:
        """Yields the four steps; :meth:`take` must be called after each."""
        z_hat = torch.from_numpy(z_symbols).double() + self.z_mean
        predictions = self._model.predict(self._model.features(z_hat, self._quality), self._quality)
        prediction = next(predictions)
        while True:
            scale_index = prediction.scale_index if self._inside is None else prediction.scale_index * self._inside
            indexes = _to_indexes(scale_index).reshape(-1)
            coded = np.flatnonzero(indexes)
            # Sorted by table, which is the coding order, so that the coder does not have to sort again.
            coded = coded[np.argsort(indexes[coded], kind="stable")]
            yield _Step(prediction.mean, prediction.gain, coded, indexes[coded])
            try:
                prediction = predictions.send((self._symbols[-1], self._y_hat[-1]))
            except StopIteration:
                return

    def take(self, step: _Step, values: NDArray[np.int32], bits: NDArray[np.float64] | None) -> None:
        """Records the symbols (N,) of a step and, if counted, their bits (N,)."""
        symbols = torch.zeros(step.mean.shape, dtype=torch.int32)
        symbols.view(-1).numpy()[step.coded] = values
        self._symbols.append(symbols)
        self._y_hat.append(self._dequantise(step, values))
        if bits is not None:
            spent = torch.zeros_like(step.mean)
            spent.view(-1).numpy()[step.coded] = bits
            self._bits.append(spent.sum(1, keepdim=True))

    def _dequantise(self, step: _Step, values: NDArray[np.int32]) -> Tensor:
        """``y_hat`` of one step: mean + symbol / gain. Where the symbol is 0 that is the mean, which is already settled."""
        nonzero = np.flatnonzero(values)
        y_hat, at = step.mean.clone(), step.coded[nonzero]
        flat = y_hat.view(-1).numpy()
        moved = flat[at] + values[nonzero] / step.gain.numpy().reshape(-1)[step.rows(nonzero)]
        flat[at] = settle_(torch.from_numpy(moved)).numpy()
        return y_hat if self._inside is None else y_hat * self._inside

    def result(self, z_symbols: NDArray[np.int32], side_bits: float) -> TileLatent:
        height, width = self._size
        symbols = join_steps(self._symbols)[0, :, :height, :width].contiguous().numpy()
        bits = join_corners(torch.stack(self._bits).sum(0))[0, 0] if self._bits else torch.zeros(self._size, dtype=torch.float64)
        return TileLatent(z_symbols[0], symbols, tuple(self._y_hat), bits[:height, :width].numpy(), side_bits)


def _to_indexes(scale_index: Tensor) -> NDArray[np.uint8]:
    """Rounded to the nearest table, halves up."""
    indexes: NDArray[np.uint8] = (scale_index + 0.5).clamp_(0, SCALE_COUNT - 1).to(torch.uint8).numpy()
    return indexes


def _round(values: Tensor) -> NDArray[np.int32]:
    rounded: NDArray[np.int32] = values.round().clamp(-MAX_SYMBOL, MAX_SYMBOL).to(torch.int32).numpy()
    return rounded
