"""Arithmetic of masks: where they are, what grows and fades around them. Numpy and scipy; (H, W) arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.core.errors import SpecError
from aedesk.imaging.masks import bounds
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box

CELL_PX = 32
BLOCK_PX = 2048
"""Largest part that is worked on at once, for its planes to fit into memory."""
_STRIP_ROWS = 512

Mask = NDArray[np.uint8]
"""0 (keep) to 255 (erase)."""


def as_mask(mask: NDArray, picture: Picture) -> Mask:
    """A mask given as uint8, float (0 to 1) or bool, as uint8. Raises :class:`SpecError` if it does not fit the picture."""
    if mask.shape != picture.pixels.shape[:2]:
        size = f"{mask.shape[1]} x {mask.shape[0]}" if mask.ndim == 2 else f"of shape {mask.shape}"
        message = f"The mask is {size}, and the picture {picture.width} x {picture.height} pixels."
        raise SpecError(message, "Give a mask of the picture's size.")
    if mask.dtype == np.uint8:
        return mask
    if mask.dtype == np.bool_:
        return mask.astype(np.uint8) * np.uint8(255)
    if not np.issubdtype(mask.dtype, np.floating):
        raise SpecError(f"The mask holds {mask.dtype} values.", "Give uint8 (0 to 255) or floats (0 to 1).")
    return np.rint(np.clip(np.nan_to_num(mask), 0, 1) * 255).astype(np.uint8)


def regions(mask: NDArray) -> list[Box]:
    """Boxes around everything in the mask that is not 0; what lies within about ``CELL_PX`` of each other shares one."""
    height, width = mask.shape
    rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
    cells = np.zeros((rows, columns), bool)
    for row in range(rows):
        strip = mask[row * CELL_PX : (row + 1) * CELL_PX].any(axis=0)
        cells[row] = np.pad(strip, (0, columns * CELL_PX - width)).reshape(columns, CELL_PX).any(axis=1)
    labels, _ = ndimage.label(cells, structure=np.ones((3, 3)))
    found = []
    for down, across in ndimage.find_objects(labels):
        top, left = down.start * CELL_PX, across.start * CELL_PX
        found.append(tight(mask, Box(left, top, min(width, across.stop * CELL_PX), min(height, down.stop * CELL_PX))))
    return _joined(found)


def tight(mask: NDArray, box: Box) -> Box:
    """The part of a box that holds everything in it which is not 0; empty if nothing is."""
    inner = bounds(mask[box.slices] > 0)
    return Box(inner.left, inner.top, inner.right, inner.bottom).out_of(box)


def blocks(part: Box, edge_px: int = BLOCK_PX) -> Iterator[Box]:
    """A part in pieces of ``edge_px`` at most."""
    for top in range(part.top, part.bottom, edge_px):
        for left in range(part.left, part.right, edge_px):
            yield Box(left, top, min(left + edge_px, part.right), min(top + edge_px, part.bottom))


def grown(box: Box, margin_px: int, width: int, height: int) -> Box:
    """A box with a margin, inside the picture."""
    left, top = max(0, box.left - margin_px), max(0, box.top - margin_px)
    return Box(left, top, min(width, box.right + margin_px), min(height, box.bottom + margin_px))


def window(mask: NDArray, box: Box, grow_px: int = 0) -> NDArray[np.float32]:
    """(h, w) float32 of a box: 1 where ``mask`` is not 0, or something within ``grow_px`` is not; 0 beyond the picture."""
    height, width = mask.shape
    left, top, right, bottom = max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom)
    result = np.zeros((box.height, box.width), np.float32)
    if left < right and top < bottom:
        around = grown(Box(left, top, right, bottom), grow_px, width, height)
        inside = dilated(mask[around.top : around.bottom, around.left : around.right] > 0, grow_px)
        result[top - box.top : bottom - box.top, left - box.left : right - box.left] = inside[
            top - around.top : bottom - around.top, left - around.left : right - around.left
        ]
    return result


def compose(pixels: NDArray, changed: NDArray, weight: Mask, part: Box) -> None:
    """Move a part of a picture, in place, towards ``changed``: by ``weight`` of 255. Pixels whose weight is 0 keep every bit.

    Args:
        pixels: (H, W, C) uint8 or uint16.
        changed: the same of the part, (h, w, C).
        weight: (h, w).
    """
    target = pixels[part.top : part.bottom, part.left : part.right]
    for top in range(0, part.height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        where = weight[rows] > 0
        old, new = target[rows][where].astype(np.float32), changed[rows][where].astype(np.float32)
        share = weight[rows][where].astype(np.float32)[:, None] / 255
        target[rows][where] = np.rint(old + share * (new - old)).astype(pixels.dtype)


def dilated(mask: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    """Grown by a square of 2 radius + 1 pixels."""
    if radius_px < 1 or not mask.any():
        return mask
    place = bounds(mask).grown(radius_px).within(mask).slices
    wide = ndimage.maximum_filter1d(mask[place].view(np.uint8), 2 * radius_px + 1, axis=0, mode="constant")
    result = np.zeros_like(mask)
    result[place] = ndimage.maximum_filter1d(wide, 2 * radius_px + 1, axis=1, mode="constant")
    return result


def eroded(mask: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    """Shrunk by a square of 2 radius + 1 pixels; the edges of the array are none of the mask."""
    return ~dilated(~mask, radius_px)


def feathered(mask: Mask, feather_px: float) -> Mask:
    """The mask, and around it a ramp that falls to 0 at a distance of ``feather_px``."""
    if feather_px <= 1 or not mask.any():  # the nearest pixel around a mask is 1 away, where the ramp has ended
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


def joined_groups(mask: NDArray[np.bool_], join_px: int) -> NDArray[np.int32]:
    """(h, w), the parts of a mask and their surroundings, numbered from 1; parts within twice ``join_px`` of each other have one number."""
    labels, _ = ndimage.label(dilated(mask, join_px), structure=np.ones((3, 3)))
    return np.asarray(labels, np.int32)


def strong_groups(
    mask: NDArray[np.bool_], sure: NDArray[np.bool_], least_px: int, join_px: int, least_share: float = 0.0
) -> NDArray[np.bool_]:
    """What belongs to groups of which at least ``least_px`` pixels and ``least_share`` of the area are ``sure``; parts of the mask within
    twice ``join_px`` of each other are a group, so that a word stands or falls as a whole."""
    labels = joined_groups(mask, join_px)
    count = int(labels.max()) + 1
    certain, area = (np.bincount(labels[where], minlength=count) for where in (sure & mask, mask))
    keep = (certain >= least_px) & (certain >= least_share * area)
    keep[0] = False
    return np.asarray(keep[labels] & mask)


def strongest_group(mask: NDArray[np.bool_], sure: NDArray[np.bool_], join_px: int) -> NDArray[np.bool_]:
    """The one of the groups of a mask (:func:`strong_groups`) in which most pixels are sure."""
    labels = joined_groups(mask, join_px)
    counts = np.bincount(labels[sure & mask], minlength=2)
    return np.asarray((labels == 1 + int(counts[1:].argmax())) & mask)


def groups_without(mask: NDArray[np.bool_], other: NDArray[np.bool_], share: float, join_px: int) -> NDArray[np.bool_]:
    """The groups of a mask (:func:`strong_groups`) of whose area ``other`` covers less than ``share``."""
    labels = joined_groups(mask, join_px)
    count = int(labels.max()) + 1
    area, covered = (np.bincount(labels[where], minlength=count) for where in (mask, other & (labels > 0)))
    keep = covered < share * area
    keep[0] = False
    return np.asarray(keep[labels] & mask)


def spread(pixels: NDArray[np.float32]) -> float:
    """How far (3, n) pixels are from one colour: the median of their distances from the median, in the channel where that is largest."""
    return float(np.median(np.abs(pixels - np.median(pixels, axis=1, keepdims=True)).max(axis=0)))


def _joined(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap become one."""
    done: list[Box] = []
    for box in boxes:
        merged = box
        while hit := next((other for other in done if _overlap(merged, other)), None):
            done.remove(hit)
            merged = Box(min(merged.left, hit.left), min(merged.top, hit.top), max(merged.right, hit.right), max(merged.bottom, hit.bottom))
        done.append(merged)
    return sorted(done, key=lambda box: (box.top, box.left))


def _overlap(a: Box, b: Box) -> bool:
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom
