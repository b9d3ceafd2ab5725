"""Arithmetic of tiles with a halo. No pixels here.

A picture is padded on the right and at the bottom to a multiple of the network's size. Each tile has a *core*, which it owns, and an
*outer* box: the core grown by the halo and clipped to the padded picture. All origins are multiples of the network's size, so a
tile sees its pixels on the same grid as the whole picture would.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Box(NamedTuple):
    """Pixels [left, right) x [top, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a picture with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, other: Box) -> Box:
        """This box in the coordinates of ``other``'s top left corner."""
        return Box(self.left - other.left, self.top - other.top, self.right - other.left, self.bottom - other.top)

    def out_of(self, other: Box) -> Box:
        """The inverse of :meth:`within`."""
        return Box(self.left + other.left, self.top + other.top, self.right + other.left, self.bottom + other.top)


class Tile(NamedTuple):
    """``core`` lies inside the picture; ``outer`` may reach into the padding."""

    core: Box
    outer: Box


def round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def tiles(width: int, height: int, tile_px: int, halo_px: int, multiple: int, part: Box | None = None) -> Iterator[Tile]:
    """The tiles of a ``width`` x ``height`` picture, row by row; their cores cover every pixel once.

    Args:
        tile_px: largest edge of a core; rounded up to ``multiple``. Cores of one row are made equally large, so that no sliver
            is left over which would cost a whole halo.
        part: cover only this box.
    """
    part = part or Box(0, 0, width, height)
    edge, halo = round_up(tile_px, multiple), round_up(halo_px, multiple)
    padded = Box(0, 0, round_up(width, multiple), round_up(height, multiple))
    for top, bottom in _cuts(part.top, part.bottom, edge, multiple):
        for left, right in _cuts(part.left, part.right, edge, multiple):
            outer = Box(
                max(padded.left, left // multiple * multiple - halo),
                max(padded.top, top // multiple * multiple - halo),
                min(padded.right, round_up(right, multiple) + halo),
                min(padded.bottom, round_up(bottom, multiple) + halo),
            )
            yield Tile(Box(left, top, right, bottom), outer)


def _cuts(start: int, end: int, edge: int, multiple: int) -> Iterator[tuple[int, int]]:
    first = start // multiple * multiple
    count = -(-(end - first) // edge)
    step = round_up(-(-(end - first) // count), multiple) if count else edge
    for begin in range(first, end, step):
        yield max(begin, start), min(begin + step, end)
