"""How the code of a plain autoencoder becomes integers, per channel: what the chunk ``CODE`` says."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import FormatError
from aedesk.entropy.shapes import COUNT, shape_tables
from aedesk.entropy.tables import PRECISION_BITS, split

LARGEST_SYMBOL = 32_000
METHODS = ((), (2,), (1,), (1, 2))
"""The axes of (channels, rows, columns) along which neighbours are subtracted, by method."""
_CHANNEL_BYTES = 6
_SCALE_ZERO = 1 << 15
_SCALES_PER_OCTAVE = 1024
_ESCAPE_BITS = 8.0  # what follows an escape, about

Symbols = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class CodeParameters:
    """Args, each (channels,):

    scales: uint16; the step of the quantiser is 2**((scale - 32768) / 1024).
    centres: int16, the symbol that stands for nothing special: it is subtracted first.
    methods: uint8 below 4, how the symbols of a tile are predicted from their neighbours; see ``METHODS``.
    tables: uint8 below 128, of ``entropy.shapes``.
    """

    scales: NDArray[np.uint16]
    centres: NDArray[np.int16]
    methods: NDArray[np.uint8]
    tables: NDArray[np.uint8]

    def values(self, symbols: Symbols) -> NDArray[np.float32]:
        """The numbers of the code that symbols (channels, h, w) stand for."""
        return symbols.astype(np.float32) * steps_of(self.scales)[:, None, None]

    def pack(self) -> bytes:
        """All scales, all centres, all methods, all tables, little-endian and deflated."""
        parts = (self.scales.astype("<u2"), self.centres.astype("<i2"), self.methods, self.tables)
        return zlib.compress(b"".join(part.tobytes() for part in parts), 9)

    @classmethod
    def unpack(cls, data: bytes | None, channels: int) -> CodeParameters:
        """Raises :class:`FormatError` if there are none, or not for a code of this many channels."""
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
        """What is coded of the symbols (channels, h, w) of one tile."""
        result = symbols - self.centres[:, None, None].astype(np.int32)
        for method, axes in enumerate(METHODS):
            chosen = self.methods == method
            if axes and chosen.any():
                result[chosen] = differences(result[chosen], axes)
        return result

    def symbols(self, residual: Symbols) -> Symbols:
        """The way back from :meth:`residual`."""
        result = residual.copy()
        for method, axes in enumerate(METHODS):
            chosen = self.methods == method
            for axis in axes if chosen.any() else ():
                result[chosen] = np.cumsum(result[chosen], axis=axis, dtype=np.int32)
        return result + self.centres[:, None, None].astype(np.int32)

    def indexes(self, positions: int) -> NDArray[np.uint8]:
        """(channels * positions,): the table of every symbol of a tile."""
        return np.repeat(self.tables, positions)


def scales_of(steps: NDArray[np.floating]) -> NDArray[np.uint16]:
    """The nearest scales to steps above 0."""
    scales = np.rint(np.log2(steps.astype(np.float64)) * _SCALES_PER_OCTAVE) + _SCALE_ZERO
    return np.clip(scales, 0, 2 * _SCALE_ZERO - 1).astype(np.uint16)


def steps_of(scales: NDArray[np.uint16]) -> NDArray[np.float32]:
    """The steps that scales stand for."""
    return np.exp2((scales.astype(np.float64) - _SCALE_ZERO) / _SCALES_PER_OCTAVE).astype(np.float32)


def fitted(scales: NDArray[np.uint16], symbols: Symbols, tiles: Iterable[tuple[slice, slice]]) -> CodeParameters:
    """The centre, method and table of every channel that need the fewest bits.

    Args:
        symbols: (channels, rows, columns) of the whole picture.
        tiles: rows and columns of each tile, beyond which no neighbour counts.
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
                found, _ = split(residual.reshape(-1), tables.reach)
                counts[channel] += np.bincount(found, minlength=counts.shape[1])
        costs[method] = counts @ all_bits.T + counts[:, -1:] * _ESCAPE_BITS
    best = costs.transpose(1, 0, 2).reshape(channels, -1).argmin(1)
    methods, chosen = np.divmod(best, COUNT)
    return CodeParameters(scales, centres, methods.astype(np.uint8), chosen.astype(np.uint8))


def differences(symbols: Symbols, axes: tuple[int, ...]) -> Symbols:
    """Each symbol less its neighbour above (axis 1) or to the left (axis 2); outside is 0."""
    for axis in axes:
        symbols = np.diff(symbols, axis=axis, prepend=np.int32(0))
    return symbols


def _damaged() -> FormatError:
    return FormatError(
        "This .aed file does not say in a sound way how its codes are quantised.", "Get the file again from where it came from."
    )
