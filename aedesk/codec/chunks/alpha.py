"""The lossless alpha channel, in the chunk ``alph``.

Most alpha channels are opaque except for a cut-out with soft edges, which deflate compresses well after taking differences between
neighbours. Rejected: PNG, which does the same with 60 bytes more and passes hostile bytes to another library; the Paeth predictor, which
needs a loop over samples.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import GET_AGAIN

Alpha = NDArray[Any]

_METHODS = ((), (1,), (0,), (0, 1))  # axes along which differences are taken, by method
_DEEP = 4
_ZLIB_LEVEL = 9
_MAX_INFLATION = 1032  # deflate's highest compression ratio


def pack_alpha(alpha: Alpha) -> bytes:
    """Returns (H, W) uint8 or uint16 as bytes: method + 4 * (16 bits?), then the deflated differences, high bytes before low bytes.

    The method that gives the fewest bytes is chosen.
    """
    candidates = (zlib.compress(_to_bytes(_differences(alpha, axes)), _ZLIB_LEVEL) for axes in _METHODS)
    method, shortest = min(enumerate(candidates), key=lambda pair: len(pair[1]))
    return bytes([method | _DEEP * (alpha.dtype == np.uint16)]) + shortest


def unpack_alpha(data: bytes, width: int, height: int) -> Alpha:
    """Returns the (height, width) samples, uint8 or uint16 as they were packed.

    Raises:
        FormatError: the bytes do not hold a channel of this size. Their number is checked before memory for it is allocated.
    """
    if not data or data[0] >= 2 * _DEEP:
        raise _damaged()
    deep, axes = data[0] >= _DEEP, _METHODS[data[0] % _DEEP]
    size = width * height * (1 + deep)
    if size > _MAX_INFLATION * len(data):
        raise _damaged()
    stream = zlib.decompressobj()
    try:
        inflated = stream.decompress(data[1:], size + 1)
    except zlib.error as error:
        raise _damaged() from error
    if len(inflated) != size or not stream.eof or stream.unused_data:
        raise _damaged()
    samples = np.frombuffer(inflated, np.uint8).reshape(-1, height, width)
    alpha = samples[0].astype(np.uint16) << 8 | samples[1] if deep else samples[0].copy()
    for axis in axes:
        np.cumsum(alpha, axis=axis, dtype=alpha.dtype, out=alpha)
    return alpha


def _differences(alpha: Alpha, axes: tuple[int, ...]) -> Alpha:
    """Each sample minus its neighbour above (axis 0) or to the left (axis 1), modulo 2**depth; samples outside are 0."""
    for axis in axes:
        alpha = np.diff(alpha, axis=axis, prepend=alpha.dtype.type(0))
    return alpha


def _to_bytes(samples: Alpha) -> bytes:
    if samples.dtype == np.uint8:
        return samples.tobytes()
    return (samples >> 8).astype(np.uint8).tobytes() + samples.astype(np.uint8).tobytes()


def _damaged() -> FormatError:
    return FormatError("The alpha channel of this .aed file is damaged.", GET_AGAIN)
