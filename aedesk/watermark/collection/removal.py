"""A known mark comes off one picture: I = (J - m) / t where enough shines through; the rest is named, for the inpainting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from aedesk.core.cancel import CancelToken
from aedesk.imaging.blend import LUMA
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import Place, laid, seen
from aedesk.watermark.collection.gradient_stats import AXES, edge_sums, ends, step
from aedesk.watermark.collection.saved_mark import Mark

LEAST_ALPHA = 0.004
"""A mark that changes less than one of 255 levels is none."""
OPAQUE = 0.85
"""Alpha above which too little of the picture is left to be brought back."""

_SAME_COLOUR = 0.06
"""Largest difference in [0, 1] of a sample from an opaque mark's."""
_STRIP_ROWS = 256


@dataclass
class Removed:
    """``picture`` without the mark; ``residue`` (H, W) uint8, 255 where the mark hides the picture; ``area_px`` that was changed."""

    picture: Picture
    residue: NDArray[np.uint8]
    area_px: int


def remove(mark: Mark, picture: Picture, place: Place, cancel: CancelToken) -> Removed:
    """Take the mark off. Samples outside of it, and where alpha is above ``OPAQUE``, keep every bit, and so do wholly transparent ones."""
    pixels = picture.pixels.copy()
    residue = np.zeros(pixels.shape[:2], np.uint8)
    under = place.box(mark.box, picture.width, picture.height)
    area = 0
    for top in range(under.top, under.bottom, _STRIP_ROWS):
        cancel.check()
        part = Box(under.left, top, under.right, min(under.bottom, top + _STRIP_ROWS))
        area += _strip(mark, picture, place, part, pixels, residue)
    return Removed(picture.with_pixels(pixels), residue, area)


def _strip(mark: Mark, picture: Picture, place: Place, part: Box, pixels: NDArray, residue: NDArray[np.uint8]) -> int:
    top = np.iinfo(pixels.dtype).max
    rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
    transmission = laid(mark.fields.transmission, mark.box, place, part, 1.0)
    changed = transmission < 1 - LEAST_ALPHA
    if picture.alpha is not None:
        changed &= picture.alpha[rows, columns] > 0
    hidden = changed & (transmission < 1 - OPAQUE)
    changed &= ~hidden
    residue[rows, columns][hidden] = 255
    through = transmission[changed][:, None]
    colour = _colour(mark, picture.channels, place, part)[:, changed].T
    target = pixels[rows, columns]
    clean = (target[changed].astype(np.float32) / top - colour) / through
    target[changed] = np.rint(np.clip(clean, 0, 1) * top).astype(pixels.dtype)
    return int(changed.sum() + hidden.sum())


def _colour(mark: Mark, channels: int, place: Place, part: Box) -> NDArray[np.float32]:
    planes = mark.fields.colour
    if len(planes) == 3 and channels == 1:
        planes = np.tensordot(LUMA, planes, 1)[None]
    laid_planes = np.stack([laid(plane, mark.box, place, part, 0.0) for plane in planes])
    return np.repeat(laid_planes, channels // len(laid_planes), axis=0)


def presence(mark: Mark, picture: Picture, place: Place, cancel: CancelToken) -> float:
    """How much of a mark is on a picture at that place: about 1 if it is there, about 0 if not.

    By its steps where it is see-through, by its colour where it is opaque.
    """
    stack = seen(picture.pixels, place, mark.box)[None] / np.float32(np.iinfo(picture.pixels.dtype).max)
    fields = mark.fields
    colour = (
        fields.colour if len(fields.colour) == stack.shape[1] else np.repeat(fields.colour.mean(0, keepdims=True), stack.shape[1], axis=0)
    )
    sums = edge_sums(stack, fields.transmission, colour, cancel.check, first=False)
    hidden = fields.alpha > OPAQUE
    there = whole = 0.0
    for axis, s in zip(AXES, sums, strict=True):
        one, two = ends(hidden, axis)
        t, m = (np.where(one | two, 0, step(field, axis)) for field in (fields.transmission, colour))
        there += float((t * s.wid + m * s.wd).sum())
        whole += float((t * t * s.wii + 2 * t * m * s.wi + m * m * s.w).sum())
    by_steps = there / whole if whole > 0 else 0.0
    inner = binary_erosion(hidden)  # its edges are smoothed
    if not inner.any():
        return by_steps
    off = np.abs(stack[0][:, inner] - colour[:, inner] / fields.alpha[inner]).max(axis=0)
    share = float(hidden.sum() / (fields.alpha > LEAST_ALPHA).sum())
    return share * float((off < _SAME_COLOUR).mean()) + (1 - share) * by_steps
