"""Masks say what of a picture is to be erased. Here: drawing into them, in place.

A mask is an (H, W) uint8 array of the picture's size, 0 (keep) to 255 (erase). Places are in picture pixels: the middle of the first
pixel lies at (0.5, 0.5). Every function that draws gives the box that it has touched, so that nobody looks at more than that.

Drawn edges are hard: ``mask_edges.feather`` makes soft ones. A stroke is filled row by row and not by its distance at every pixel: a brush
of 2,000 pixels, which is a small one on a picture of 100 megapixels, then costs what writing its pixels costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Point = tuple[float, float]
KEEP, ERASE = 0, 255


class Box(NamedTuple):
    """A rectangle of whole pixels, right and bottom not included."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return max(self.right - self.left, 0)

    @property
    def height(self) -> int:
        return max(self.bottom - self.top, 0)

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, for indexing."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, px: int) -> Box:
        return Box(self.left - px, self.top - px, self.right + px, self.bottom + px)

    def united(self, other: Box) -> Box:
        """The smallest box around both."""
        if self.empty or other.empty:
            return other if self.empty else self
        return Box(min(self.left, other.left), min(self.top, other.top), max(self.right, other.right), max(self.bottom, other.bottom))

    def within(self, mask: NDArray[Any]) -> Box:
        """The part of it inside of a mask."""
        height, width = mask.shape
        return Box(max(self.left, 0), max(self.top, 0), min(self.right, width), min(self.bottom, height))


NOWHERE = Box(0, 0, 0, 0)


def empty_mask(width: int, height: int) -> Mask:
    return np.zeros((height, width), np.uint8)


def bounds(mask: NDArray[Any]) -> Box:
    """The smallest box around everything that is not 0."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return NOWHERE
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(axis=0))
    return Box(int(columns[0]), top, int(columns[-1]) + 1, bottom)


def stroke(mask: Mask, start: Point, end: Point, radius_px: float, value: int = ERASE) -> Box:
    """Draw a straight line with a round brush: every pixel whose middle is at most ``radius_px`` away, and those under its two ends.

    A stamp is a stroke that ends where it starts. What lies outside of the mask is not drawn.
    """
    top = max(math.floor(min(start[1], end[1]) - radius_px), 0)
    bottom = min(math.ceil(max(start[1], end[1]) + radius_px), mask.shape[0])
    middles = np.arange(top, bottom) + 0.5
    lefts, rights = _row_ends(middles, start, end, radius_px)
    touched = _fill(mask, np.arange(top, bottom), np.ceil(lefts - 0.5), np.floor(rights - 0.5) + 1, value)
    for x, y in (start, end):
        pixel = Box(math.floor(x), math.floor(y), math.floor(x) + 1, math.floor(y) + 1).within(mask)
        if not pixel.empty:
            mask[pixel.slices] = value
            touched = touched.united(pixel)
    return touched


def polygon(mask: Mask, corners: Sequence[Point], value: int = ERASE) -> Box:
    """Fill every pixel whose middle lies inside of a closed outline; where that crosses itself, inside and outside alternate."""
    if len(corners) < 3:
        return NOWHERE
    rows, crossings = [], []
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        first, last = (min(max(math.ceil(y - 0.5), 0), mask.shape[0]) for y in sorted((y0, y1)))
        if first < last:
            passed = np.arange(first, last)
            rows.append(passed)
            crossings.append(x0 + (passed + 0.5 - y0) * ((x1 - x0) / (y1 - y0)))
    if not rows:
        return NOWHERE
    row, x = np.concatenate(rows), np.concatenate(crossings)
    order = np.lexsort((x, row))
    edges = np.ceil(x[order] - 0.5)
    return _fill(mask, row[order][::2], edges[::2], edges[1::2], value)


def rectangle(mask: Mask, corner: Point, opposite: Point, value: int = ERASE) -> Box:
    """Fill every pixel that the rectangle between two corners touches."""
    (ax, ay), (bx, by) = corner, opposite
    box = Box(math.floor(min(ax, bx)), math.floor(min(ay, by)), math.ceil(max(ax, bx)), math.ceil(max(ay, by))).within(mask)
    if box.empty:
        return NOWHERE
    mask[box.slices] = value
    return box


def _fill(mask: Mask, rows: NDArray[np.int_], firsts: NDArray[np.float64], ends: NDArray[np.float64], value: int) -> Box:
    """Fill one interval of pixels per entry; those that hold nothing of the mask are passed over."""
    firsts, ends = np.clip(firsts, 0, mask.shape[1]), np.clip(ends, 0, mask.shape[1])
    drawn = np.flatnonzero(firsts < ends)
    if not len(drawn):
        return NOWHERE
    rows, left, right = rows[drawn], firsts[drawn].astype(int), ends[drawn].astype(int)
    for row, first, end in zip(rows.tolist(), left.tolist(), right.tolist(), strict=True):
        mask[row, first:end] = value
    return Box(int(left.min()), int(rows.min()), int(right.max()), int(rows.max()) + 1)


def _row_ends(middles: NDArray[np.float64], start: Point, end: Point, radius: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a line with round ends begins and ends in rows at these heights; infinity and its negative where it does not pass.

    It is convex, so that one interval per row is all: of the two discs, and of the rectangle between them by its four edges.
    """
    lefts, rights = np.full(len(middles), np.inf), np.full(len(middles), -np.inf)
    for x, y in (start, end):
        reach = radius**2 - (middles - y) ** 2
        half = np.sqrt(np.maximum(reach, 0))
        lefts = np.where(reach >= 0, np.minimum(lefts, x - half), lefts)
        rights = np.where(reach >= 0, np.maximum(rights, x + half), rights)
    (ax, ay), (bx, by) = start, end
    length = math.hypot(bx - ax, by - ay)
    if length == 0:
        return lefts, rights
    nx, ny = -(by - ay) / length * radius, (bx - ax) / length * radius
    corners = ((ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny))
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y0 == y1:  # the ends of a level edge are those of its neighbours
            continue
        along = (middles - y0) / (y1 - y0)
        crossing, passes = x0 + along * (x1 - x0), (along >= 0) & (along <= 1)
        lefts = np.where(passes, np.minimum(lefts, crossing), lefts)
        rights = np.where(passes, np.maximum(rights, crossing), rights)
    return lefts, rights
