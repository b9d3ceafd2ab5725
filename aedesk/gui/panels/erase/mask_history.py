"""Undo for an array with local changes: each change stores the tiles that it touches.

Undo swaps the stored tiles with those of the array, so that the same tiles serve redo. A uniform tile, as most of a mask's are, is
stored as one value.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from aedesk.gui.documents.history import next_serial
from aedesk.imaging.masks import NOWHERE, Box, Mask

TILE_PX = 256
LIMIT_BYTES = 128 << 20
"""The oldest changes are dropped beyond this; the newest never is."""

Tile = Mask | int


@dataclass
class Change:
    """One change: its title in the menu after "Undo", its tiles, and the revisions of the array before and after it."""

    title: str
    tiles: dict[tuple[int, int], Tile] = field(default_factory=dict)
    serial: int = field(default_factory=next_serial)
    before: int = 0
    after: int = 0

    @property
    def size_bytes(self) -> int:
        """Memory of the tiles."""
        return sum(tile.nbytes if isinstance(tile, np.ndarray) else 64 for tile in self.tiles.values())


class TileUndo:
    """Call ``begin``, then ``touch`` before each modification, then ``commit``.

    Args:
        array: the (H, W) uint8 array that is modified.
    """

    def __init__(self, array: Mask, limit_bytes: int = LIMIT_BYTES) -> None:
        self._array = array
        self._limit_bytes = limit_bytes
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._open: Change | None = None

    @property
    def to_undo(self) -> Change | None:
        return self._done[-1] if self._done else None

    @property
    def to_redo(self) -> Change | None:
        return self._undone[-1] if self._undone else None

    @property
    def open(self) -> bool:
        """Whether a change has begun and is not complete."""
        return self._open is not None

    def begin(self, title: str) -> None:
        """Starts a change."""
        self.commit()
        self._open = Change(title)

    def touch(self, box: Box) -> None:
        """Stores the tiles inside ``box``, which are about to change."""
        box = box.within(self._array)
        if self._open is None or box.empty:
            return
        for row in range(box.top // TILE_PX, (box.bottom - 1) // TILE_PX + 1):
            for column in range(box.left // TILE_PX, (box.right - 1) // TILE_PX + 1):
                if (row, column) not in self._open.tiles:
                    self._open.tiles[row, column] = _kept(self._array[_place(row, column)])

    def commit(self) -> bool:
        """Completes the change. Returns False if nothing has changed."""
        change, self._open = self._open, None
        if change is None:
            return False
        change.tiles = {key: tile for key, tile in change.tiles.items() if (self._array[_place(*key)] != tile).any()}
        if not change.tiles:
            return False
        self._undone.clear()
        self._done.append(change)
        while len(self._done) > 1 and sum(each.size_bytes for each in self._done) > self._limit_bytes:
            del self._done[0]
        return True

    def undo(self) -> Box:
        """Takes back the last change. Returns the box that has changed, empty if there was nothing to undo."""
        return self._swap(self._done, self._undone)

    def redo(self) -> Box:
        """Repeats the change that was undone last. Returns the box that has changed."""
        return self._swap(self._undone, self._done)

    def _swap(self, source: list[Change], target: list[Change]) -> Box:
        self.commit()
        if not source:
            return NOWHERE
        change = source.pop()
        target.append(change)
        touched = NOWHERE
        for (row, column), tile in change.tiles.items():
            place = _place(row, column)
            change.tiles[row, column] = _kept(self._array[place])
            self._array[place] = tile
            box = Box(column * TILE_PX, row * TILE_PX, (column + 1) * TILE_PX, (row + 1) * TILE_PX)
            touched = touched.united(box.within(self._array))
        return touched


def _place(row: int, column: int) -> tuple[slice, slice]:
    return slice(row * TILE_PX, (row + 1) * TILE_PX), slice(column * TILE_PX, (column + 1) * TILE_PX)


def _kept(tile: Mask) -> Tile:
    value = int(tile.flat[0])
    return value if not (tile != value).any() else tile.copy()
