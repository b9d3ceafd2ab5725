"""Masks made larger, smaller, softer or turned round. Nothing is changed in place.

It is done in tiles, and those that are all the same inside and around them cost no more than a look: of a large mask only the edges do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

from aedesk.imaging.masks import Box, Mask

TILE_PX = 512


def grow(mask: Mask, px: int) -> Mask:
    """Everything within ``px`` pixels of the mask joins it: the greatest value in a disc around each pixel."""
    return _by_tiles(mask, px, lambda part: _greatest(part, px))


def shrink(mask: Mask, px: int) -> Mask:
    """Everything within ``px`` pixels of what is kept leaves the mask. The picture's own edge takes nothing away: what lies beyond it is
    not known to be kept."""
    return _by_tiles(mask, px, lambda part: 255 - _greatest(255 - part, px))


def feather(mask: Mask, px: int) -> Mask:
    """Add a soft edge of ``px`` pixels around the mask, falling from the mask's value to 0; the mask itself keeps its values, and beyond
    the edge there is nothing."""

    def soften(part: Mask) -> Mask:
        blurred = Image.fromarray(_greatest(part, px // 2)).filter(ImageFilter.BoxBlur(px / 2))
        # The blur's square reaches beyond the disc in its corners.
        soft: Mask = np.minimum(np.asarray(blurred), _greatest(part, px))
        return np.maximum(part, soft)

    return _by_tiles(mask, px + 1, soften)


def invert(mask: Mask) -> Mask:
    return 255 - mask


def _by_tiles(mask: Mask, reach: int, change: Callable[[Mask], Mask]) -> Mask:
    """``change`` looks no further than ``reach`` pixels around each, and leaves alone what is the same everywhere."""
    height, width = mask.shape
    out = np.empty_like(mask)
    for top in range(0, height, TILE_PX):
        for left in range(0, width, TILE_PX):
            tile = Box(left, top, left + TILE_PX, top + TILE_PX).within(mask)
            around = tile.grown(reach).within(mask)
            part = mask[around.slices]
            if part.min() != part.max():
                part = change(part)
            rows, columns = tile.top - around.top, tile.left - around.left
            out[tile.slices] = part[rows : rows + tile.height, columns : columns + tile.width]
    return out


def _greatest(part: Mask, radius: int) -> Mask:
    """The greatest value in a disc around each pixel, rows of the disc from its ends to its middle, each made from the one before."""
    out, half = part.copy(), 0
    row = np.pad(part, ((0, 0), (radius, radius)))  # a wide row is put together from narrower ones that begin outside
    seen = slice(radius, radius + part.shape[1])
    for dy in range(radius, -1, -1):
        wanted = math.isqrt(radius**2 - dy**2)
        while half < wanted:
            step = min(wanted - half, 2 * half + 1)
            wider = row.copy()
            np.maximum(wider[:, step:], row[:, :-step], out=wider[:, step:])
            np.maximum(wider[:, :-step], row[:, step:], out=wider[:, :-step])
            row, half = wider, half + step
        if dy == 0:
            np.maximum(out, row[:, seen], out=out)
        else:
            np.maximum(out[dy:], row[:-dy, seen], out=out[dy:])
            np.maximum(out[:-dy], row[dy:, seen], out=out[:-dy])
    return out
