"""Boxes around the set pixels of a mask."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.imaging.tiling import Box

CELL_PX = 32
BLOCK_PX = 2048
"""Largest edge of a box that is processed at once, to bound memory."""


def find_regions(mask: NDArray) -> list[Box]:
    """Returns disjoint boxes around the nonzero pixels of an (H, W) mask, sorted by top and left.

    Pixels within about ``CELL_PX`` of each other share a box.
    """
    height, width = mask.shape
    rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
    cells = np.zeros((rows, columns), bool)
    for row in range(rows):
        strip = mask[row * CELL_PX : (row + 1) * CELL_PX].any(axis=0)
        cells[row] = np.pad(strip, (0, columns * CELL_PX - width)).reshape(columns, CELL_PX).any(axis=1)
    labels, _ = ndimage.label(cells, structure=np.ones((3, 3)))
    boxes = []
    for cell_rows, cell_columns in ndimage.find_objects(labels):
        top, left = cell_rows.start * CELL_PX, cell_columns.start * CELL_PX
        boxes.append(tight_box(mask, Box(left, top, min(width, cell_columns.stop * CELL_PX), min(height, cell_rows.stop * CELL_PX))))
    return _merge_overlapping(boxes)


def tight_box(mask: NDArray, box: Box) -> Box:
    """Returns the smallest box around the nonzero pixels inside of ``box``; an empty one if there are none."""
    inner = bounds(mask[box.slices] > 0)
    return Box(inner.left, inner.top, inner.right, inner.bottom).out_of(box)


def split_box(box: Box, edge_px: int = BLOCK_PX) -> Iterator[Box]:
    """Yields a box in pieces of at most ``edge_px`` x ``edge_px``, row by row."""
    for top in range(box.top, box.bottom, edge_px):
        for left in range(box.left, box.right, edge_px):
            yield Box(left, top, min(left + edge_px, box.right), min(top + edge_px, box.bottom))


def grow_box(box: Box, margin_px: int, width: int, height: int) -> Box:
    """Returns a box with a margin, clipped to a picture of ``width`` x ``height``."""
    left, top = max(0, box.left - margin_px), max(0, box.top - margin_px)
    return Box(left, top, min(width, box.right + margin_px), min(height, box.bottom + margin_px))


def _merge_overlapping(boxes: list[Box]) -> list[Box]:
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
