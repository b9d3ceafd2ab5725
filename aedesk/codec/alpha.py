"""The alpha channel, exactly, in the chunk ``alph``.

Most alpha channels are all opaque but for a cut-out with soft edges: deflate after the difference to a neighbour makes little of those. PNG
would do the same with 60 bytes more and a library between us and hostile bytes; the classic Paeth filter needs a loop per sample here.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import FormatError

Alpha = NDArray[Any]

_METHODS = ((), (1,), (0,), (0, 1))  # the axes along which neighbours are subtracted, by method
_DEEP = 4
_BEST = 9
_MOST_SHRUNK = 1032  # deflate never does better


def pack_alpha(alpha: Alpha) -> bytes:
    """(H, W) uint8 or uint16 as bytes: method + 4 * (16 bits?), then the deflated differences, all high bytes before all low ones."""
    candidates = (zlib.compress(_split(_differences(alpha, axes)), _BEST) for axes in _METHODS)
    method, shortest = min(enumerate(candidates), key=lambda pair: len(pair[1]))
    return bytes([method | _DEEP * (alpha.dtype == np.uint16)]) + shortest


def unpack_alpha(data: bytes, width: int, height: int) -> Alpha:
    """The (H, W) samples, uint8 or uint16 as they were.

    Raises:
        FormatError: the bytes are not of a channel of this size. Nothing of its size is allocated before they are known to be as many.
    """
    if not data or data[0] >= 2 * _DEEP:
        raise _damaged()
    deep, axes = data[0] >= _DEEP, _METHODS[data[0] % _DEEP]
    size = width * height * (1 + deep)
    if size > _MOST_SHRUNK * len(data):
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
    """Each sample less its neighbour above (axis 0) or to the left (axis 1), modulo 2**depth; outside is 0."""
    for axis in axes:
        alpha = np.diff(alpha, axis=axis, prepend=alpha.dtype.type(0))
    return alpha


def _split(samples: Alpha) -> bytes:
    if samples.dtype == np.uint8:
        return samples.tobytes()
    return (samples >> 8).astype(np.uint8).tobytes() + samples.astype(np.uint8).tobytes()


def _damaged() -> FormatError:
    return FormatError("The alpha channel of this .aed file is damaged.", "Get the file again from where it came from.")
