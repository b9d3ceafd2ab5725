"""Interlaced PNG (Adam7; ISO/IEC 15948:2025, 8.2).

imagecodecs decodes it, too, but makes libpng print a warning to the terminal. Here each of the seven passes becomes a PNG file of its
own without interlacing, around the same filtered rows.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from aedesk.imaging.png_chunks import SIGNATURE, chunk
from aedesk.imaging.samples import Pixels

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, and steps in both directions."""


def decoded(compressed: bytes, shape: tuple[int, int, int], depth: int, colour_type: int, bits: int, chunks: bytes) -> Pixels:
    """(H, W, channels) uint8 or uint16.

    Args:
        compressed: the content of all IDAT chunks.
        shape: of the result.
        bits: per pixel as stored.
        chunks: PLTE and tRNS, whole.

    Raises:
        ValueError: pixels are missing.
    """
    import imagecodecs

    height, width, channels = shape
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _PASSES]
    lengths = [rows * (1 + (columns * bits + 7) // 8) if rows > 0 and columns > 0 else 0 for columns, rows in sizes]
    rows_of_passes = zlib.decompressobj().decompress(compressed, sum(lengths) + 1)
    if len(rows_of_passes) < sum(lengths):
        raise ValueError("parts of its pixels are missing")
    out = np.empty(shape, np.uint16 if depth == 16 else np.uint8)
    at = 0
    for (x, y, dx, dy), (columns, rows), length in zip(_PASSES, sizes, lengths, strict=True):
        if not length:
            continue
        head = struct.pack(">IIBBBBB", columns, rows, depth, colour_type, 0, 0, 0)
        pixels = zlib.compress(rows_of_passes[at : at + length], 0)
        stream = SIGNATURE + chunk(b"IHDR", head) + chunks + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
        out[y::dy, x::dx] = imagecodecs.png_decode(stream).reshape(rows, columns, channels)
        at += length
    return out
