"""Arithmetic on samples. It works in strips, because sums need 32 bits and whole 32-bit copies of 100 megapixels are 1.2 GB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
"""uint8 or uint16 samples that use the full range of their type."""

_STRIP_PIXELS = 2_500_000


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows of a picture, in slices of some megapixels."""
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def to_8_bit(samples: Pixels) -> Pixels:
    """uint16 to uint8, rounded (65535 becomes 255, so 257 steps become one); uint8 is returned as it is."""
    if samples.dtype == np.uint8:
        return samples
    out = np.empty(samples.shape, np.uint8)
    for rows in strips(*samples.shape[:2]):
        out[rows] = (samples[rows].astype(np.uint32) + 128) // 257
    return out


def full_range(samples: Pixels, bits: int) -> Pixels:
    """uint16 samples with ``bits`` (1 to 16) significant bits to the full range of uint16, rounded; what is larger becomes white."""
    if bits == 16:
        return samples
    top = (1 << bits) - 1
    table = (np.minimum(np.arange(65536, dtype=np.uint32), top) * 65535 + top // 2) // top
    scaled: Pixels = table.astype(np.uint16)[samples]
    return scaled


def scaled(samples: Pixels, bits: int) -> Pixels:
    """Samples of ``bits`` (1 to 16) to the full range of uint8 (up to 8 bits) or uint16, rounded; what is larger becomes white."""
    if bits == 8:
        return samples
    if bits > 8:
        return full_range(samples, bits)
    top = (1 << bits) - 1
    table = (np.minimum(np.arange(256), top) * 255 + top // 2) // top
    stretched: Pixels = table.astype(np.uint8)[samples.astype(np.uint8)]
    return stretched


def divide_by_alpha(samples: Pixels) -> None:
    """Premultiplied to straight, in place: (H, W, colours and alpha). What is wholly transparent has no colour and stays black."""
    top_value = np.iinfo(samples.dtype).max
    for rows in strips(*samples.shape[:2]):
        strip = samples[rows]
        alpha = strip[:, :, -1:].astype(np.uint32)
        straight = (strip[:, :, :-1].astype(np.uint32) * top_value + alpha // 2) // np.maximum(alpha, 1)
        strip[:, :, :-1] = np.minimum(straight, top_value)


def on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """(H, W, C) uint8 composited over white by (H, W) alpha, in the encoding they have, as GIMP and Photoshop do."""
    out = np.empty_like(pixels)
    for rows in strips(*pixels.shape[:2]):
        cover = alpha[rows, :, np.newaxis].astype(np.uint32)
        out[rows] = (pixels[rows] * cover + 255 * (255 - cover) + 127) // 255
    return out
