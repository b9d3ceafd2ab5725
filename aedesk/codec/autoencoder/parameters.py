"""How the latent of an autoencoder becomes integers, per channel: the content of the chunk ``CODE``."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import FormatError
from aedesk.entropy.shapes import COUNT, shape_tables
from aedesk.entropy.tables import PRECISION_BITS, to_columns
from aedesk.formats.aed_file import GET_AGAIN

MAX_SYMBOL = 32_000
METHODS = ((), (2,), (1,), (1, 2))
"""Axes of (channels, rows, columns) along which differences are taken, by method."""
_CHANNEL_BYTES = 6
_SCALE_ZERO = 1 << 15
_SCALES_PER_OCTAVE = 1024
_ESCAPE_BITS = 8.0  # approximate cost of what follows an escape

Symbols = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class CodeParameters:
    """Quantisation and prediction of a latent; each field has one entry per channel.

    Args:
        scales: uint16; the quantiser step is 2**((scale - 32768) / 1024).
        centres: int16, subtracted from all symbols.
        methods: uint8 below 4, how symbols are predicted from their neighbours in the tile; see ``METHODS``.
        tables: uint8 below 128, index into ``entropy.shapes``.
    """

    scales: NDArray[np.uint16]
    centres: NDArray[np.int16]
    methods: NDArray[np.uint8]
    tables: NDArray[np.uint8]

    def dequantise(self, symbols: Symbols) -> NDArray[np.float32]:
        """Returns the latent for symbols (channels, h, w)."""
        return symbols.astype(np.float32) * steps_from_scales(self.scales)[:, None, None]

    def pack(self) -> bytes:
        """Returns scales, centres, methods and tables, each for all channels, little-endian and deflated."""
        parts = (self.scales.astype("<u2"), self.centres.astype("<i2"), self.methods, self.tables)
        return zlib.compress(b"".join(part.tobytes() for part in parts), 9)

    @classmethod
    def unpack(cls, data: bytes | None, channels: int) -> CodeParameters:
        """The inverse of :meth:`pack`. Raises :class:`FormatError` if the data is missing, damaged or for other channels."""
        stream, size = zlib.decompressobj(), _CHANNEL_BYTES * channels
        try:
            raw = stream.decompress(data or b"", size + 1)
        except zlib.error as error:
            raise _damaged() from error
        if len(raw) != size or not stream.eof or stream.unused_data:
            raise _damaged()
        scales, centres = np.frombuffer(raw, "<u2", channels), np.frombuffer(raw, "<i2", channels, 2 * channels)
        methods, tables = np.frombuffer(raw, np.uint8, 2 * channels, 4 * channels).reshape(2, channels)
        if methods.max() >= len(METHODS) or tables.max() >= COUNT:
            raise _damaged()
        return cls(scales.astype(np.uint16), centres.astype(np.int16), methods, tables)

    def residual(self, symbols: Symbols) -> Symbols:
        """Returns the prediction residual of the symbols (channels, h, w) of one tile."""
        result = symbols - self.centres[:, None, None].astype(np.int32)
        for method, axes in enumerate(METHODS):
            channels = self.methods == method
            if axes and channels.any():
                result[channels] = differences(result[channels], axes)
        return result

    def symbols(self, residual: Symbols) -> Symbols:
        """The inverse of :meth:`residual`."""
        result = residual.copy()
        for method, axes in enumerate(METHODS):
            channels = self.methods == method
            for axis in axes if channels.any() else ():
                result[channels] = np.cumsum(result[channels], axis=axis, dtype=np.int32)
        return result + self.centres[:, None, None].astype(np.int32)

    def indexes(self, positions: int) -> NDArray[np.uint8]:
        """Returns (channels * positions,), the table of each symbol of a tile."""
        return np.repeat(self.tables, positions)


def scales_from_steps(steps: NDArray[np.floating]) -> NDArray[np.uint16]:
    """Returns the nearest scales to quantiser steps, which must be positive."""
    scales = np.rint(np.log2(steps.astype(np.float64)) * _SCALES_PER_OCTAVE) + _SCALE_ZERO
    return np.clip(scales, 0, 2 * _SCALE_ZERO - 1).astype(np.uint16)


def steps_from_scales(scales: NDArray[np.uint16]) -> NDArray[np.float32]:
    """The inverse of :func:`scales_from_steps`."""
    return np.exp2((scales.astype(np.float64) - _SCALE_ZERO) / _SCALES_PER_OCTAVE).astype(np.float32)


def fit_parameters(scales: NDArray[np.uint16], symbols: Symbols, tiles: Iterable[tuple[slice, slice]]) -> CodeParameters:
    """Chooses the centre, method and table of each channel that need the fewest bits.

    Args:
        symbols: (channels, rows, columns) of the whole picture.
        tiles: rows and columns of each tile; prediction does not cross their borders.
    """
    channels = symbols.shape[0]
    tables = shape_tables()
    all_bits = PRECISION_BITS - np.log2(tables.frequencies)
    centres = np.rint(symbols.mean((1, 2))).astype(np.int16)
    centred = symbols - centres[:, None, None].astype(np.int32)
    places = list(tiles)
    costs = np.empty((len(METHODS), channels, COUNT))
    for method, axes in enumerate(METHODS):
        counts = np.zeros((channels, tables.frequencies.shape[1]), np.int64)
        for rows, columns in places:
            for channel, residual in enumerate(differences(centred[:, rows, columns], axes)):
                found, _ = to_columns(residual.reshape(-1), tables.reach)
                counts[channel] += np.bincount(found, minlength=counts.shape[1])
        costs[method] = counts @ all_bits.T + counts[:, -1:] * _ESCAPE_BITS
    best = costs.transpose(1, 0, 2).reshape(channels, -1).argmin(1)
    methods, best_tables = np.divmod(best, COUNT)
    return CodeParameters(scales, centres, methods.astype(np.uint8), best_tables.astype(np.uint8))


def differences(symbols: Symbols, axes: tuple[int, ...]) -> Symbols:
    """Each symbol minus its neighbour above (axis 1) or to the left (axis 2); symbols outside are 0."""
    for axis in axes:
        symbols = np.diff(symbols, axis=axis, prepend=np.int32(0))
    return symbols


def _damaged() -> FormatError:
    return FormatError("The quantisation parameters of this .aed file are damaged.", GET_AGAIN)
