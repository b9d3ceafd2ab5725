"""Copies of a picture at half, quarter, ... size, so that the cost of painting depends on the screen and not on the picture.

Until a copy is built, its crops are taken by skipping pixels of the full picture: coarse, but immediate.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_SMALLEST_EDGE_PX = 256
_STRIP_ROWS = 128

Reader = Callable[[slice, slice], np.ndarray]


class Pyramid:
    """Level 0 is the full picture; level n is 2**n times smaller (sizes rounded up).

    Args:
        shape: (H, W, C) of the full picture.
        read: returns the (rows, columns) part of the full picture as uint8. Called on the painting and the building thread.
    """

    def __init__(self, shape: tuple[int, int, int], read: Reader) -> None:
        self.shape = shape
        self.read = read
        self._built: list[np.ndarray] = []
        self._abandoned = False
        longest, self.level_count = max(shape[:2]), 1
        while longest > _SMALLEST_EDGE_PX:
            longest = (longest + 1) // 2
            self.level_count += 1

    @classmethod
    def of(cls, pixels: np.ndarray) -> Pyramid:
        """Returns the pyramid of an (H, W, C) uint8 array, which is kept, not copied."""
        return cls(pixels.shape, lambda rows, columns: pixels[rows, columns])

    @property
    def complete(self) -> bool:
        """Whether all levels are built."""
        return len(self._built) == self.level_count - 1

    def best_level(self, reduction: float) -> int:
        """Returns the level for showing the picture ``reduction`` times smaller: at most twice as fine as needed.

        While that level is not built, returns the next coarser one: skipping pixels costs a memory access for each.
        """
        level = max(0, math.floor(math.log2(max(reduction, 1e-9)) + 1e-6))
        return min(level + (level > len(self._built)), self.level_count - 1)

    def size(self, level: int) -> tuple[int, int]:
        """(width, height) of a level."""
        step = 1 << level
        return -(-self.shape[1] // step), -(-self.shape[0] // step)

    def crop(self, level: int, left: int, top: int, right: int, bottom: int) -> np.ndarray:
        """Returns a C-contiguous part of a level; the corners are in the level's pixels and inside it."""
        if 0 < level <= len(self._built):
            part = self._built[level - 1][top:bottom, left:right]
        else:
            part = self.read(slice(top << level, bottom << level, 1 << level), slice(left << level, right << level, 1 << level))
        return np.ascontiguousarray(part)

    def abandon(self) -> None:
        """Ends a build that runs or waits, because the picture is no longer shown. Any thread."""
        self._abandoned = True

    def build(self, stopped: Callable[[], bool]) -> bool:
        """Builds all smaller levels in strips, on any single thread. Returns False if it was stopped."""
        for level in range(1, self.level_count):
            width, height = self.size(level)
            out = np.empty((height, width, self.shape[2]), np.uint8)
            for top in range(0, height, _STRIP_ROWS):
                if self._abandoned or stopped():
                    return False
                bottom = min(top + _STRIP_ROWS, height)
                rows = slice(2 * top, 2 * bottom)
                source = self.read(rows, slice(None)) if level == 1 else self._built[level - 2][rows]
                out[top:bottom] = halve(source)
            self._built.append(out)
        return True


def halve(pixels: np.ndarray) -> np.ndarray:
    """Returns the rounded mean of each 2 x 2 block of an (H, W, C) uint8 array; an odd last row or column counts twice."""
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    rows = pixels[0::2].astype(np.uint16)
    rows += pixels[1::2]
    total = rows[:, 0::2] + rows[:, 1::2]
    total += 2
    total >>= 2
    return total.astype(np.uint8)


def difference(a: Pyramid, b: Pyramid) -> Pyramid:
    """Returns the pyramid of |a - b| per channel. Small levels are means of differences, so noise stays visible when zoomed out."""
    height, width, channels = a.shape

    def read(rows: slice, columns: slice) -> np.ndarray:
        one, other = a.read(rows, columns)[..., :3], b.read(rows, columns)[..., :3]
        return np.maximum(one, other) - np.minimum(one, other)

    return Pyramid((height, width, min(channels, 3)), read)
