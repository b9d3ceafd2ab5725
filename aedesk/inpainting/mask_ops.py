"""Operations on masks: conversion, cropping, morphology, feathering, and blending by a mask. Arrays are (H, W)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.core.errors import SpecError
from aedesk.imaging.masks import bounds
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import grow_box

_STRIP_ROWS = 512

Mask = NDArray[np.uint8]
"""(H, W) uint8, 0 (keep) to 255 (erase)."""


def to_mask(mask: NDArray, picture: Picture) -> Mask:
    """Converts a uint8, float (0 to 1) or bool mask to uint8. Raises :class:`SpecError` if its size or type does not fit."""
    if mask.shape != picture.pixels.shape[:2]:
        size = f"{mask.shape[1]} x {mask.shape[0]}" if mask.ndim == 2 else f"of shape {mask.shape}"
        message = f"The mask is {size}, but the picture is {picture.width} x {picture.height} pixels."
        raise SpecError(message, "Give a mask of the picture's size.")
    if mask.dtype == np.uint8:
        return mask
    if mask.dtype == np.bool_:
        return mask.astype(np.uint8) * np.uint8(255)
    if not np.issubdtype(mask.dtype, np.floating):
        raise SpecError(f"The mask has the type {mask.dtype}, which is not supported.", "Give uint8 (0 to 255), float (0 to 1) or bool.")
    return np.rint(np.clip(np.nan_to_num(mask), 0, 1) * 255).astype(np.uint8)


def crop_mask(mask: NDArray, box: Box, grow_px: int = 0) -> NDArray[np.float32]:
    """Returns a box of a mask as (h, w) float32: 1 within ``grow_px`` (chessboard metric) of a nonzero pixel, 0 elsewhere.

    The box may exceed the mask; it is 0 there.
    """
    height, width = mask.shape
    left, top, right, bottom = max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom)
    result = np.zeros((box.height, box.width), np.float32)
    if left < right and top < bottom:
        around = grow_box(Box(left, top, right, bottom), grow_px, width, height)
        inside = dilate(mask[around.top : around.bottom, around.left : around.right] > 0, grow_px)
        result[top - box.top : bottom - box.top, left - box.left : right - box.left] = inside[
            top - around.top : bottom - around.top, left - around.left : right - around.left
        ]
    return result


def blend_by_mask(pixels: NDArray, changed: NDArray, weight: Mask, part: Box) -> None:
    """Blends ``changed`` into a part of a picture, in place. Pixels of weight 0 keep every bit.

    Args:
        pixels: (H, W, C) uint8 or uint16.
        changed: (h, w, C), the new pixels of the part, of the same type.
        weight: (h, w), 0 for the old pixel to 255 for the new one.
    """
    target = pixels[part.top : part.bottom, part.left : part.right]
    for top in range(0, part.height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        where = weight[rows] > 0
        old, new = target[rows][where].astype(np.float32), changed[rows][where].astype(np.float32)
        share = weight[rows][where].astype(np.float32)[:, None] / 255
        target[rows][where] = np.rint(old + share * (new - old)).astype(pixels.dtype)


def dilate(mask: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    """Dilates a mask by a square of 2 ``radius_px`` + 1 pixels. May return the mask itself."""
    if radius_px < 1 or not mask.any():
        return mask
    place = bounds(mask).grown(radius_px).within(mask).slices
    wide = ndimage.maximum_filter1d(mask[place].view(np.uint8), 2 * radius_px + 1, axis=0, mode="constant")
    result = np.zeros_like(mask)
    result[place] = ndimage.maximum_filter1d(wide, 2 * radius_px + 1, axis=1, mode="constant")
    return result


def erode(mask: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    """Erodes a mask by a square of 2 ``radius_px`` + 1 pixels. The array's border does not erode it."""
    return ~dilate(~mask, radius_px)


def add_feather(mask: Mask, feather_px: float) -> Mask:
    """Returns the mask with a linear ramp around it that reaches 0 at a distance of ``feather_px``. May return the mask itself."""
    if feather_px <= 1 or not mask.any():  # the nearest pixel outside is at a distance of 1, where the ramp has ended
        return mask
    result = mask.copy()
    reach = int(np.ceil(feather_px)) + 1
    for top in range(0, len(mask), _STRIP_ROWS):
        first, last = max(0, top - reach), min(len(mask), top + _STRIP_ROWS + reach)
        strip = mask[first:last]
        if not strip.any():
            continue
        distance, nearest = ndimage.distance_transform_edt(strip == 0, return_indices=True)
        ramp = np.clip(1 - distance / feather_px, 0, 1) * strip[nearest[0], nearest[1]]
        rows = slice(top - first, top - first + min(_STRIP_ROWS, len(mask) - top))
        result[top : top + _STRIP_ROWS] = np.maximum(mask[top : top + _STRIP_ROWS], np.rint(ramp[rows]).astype(np.uint8))
    return result
