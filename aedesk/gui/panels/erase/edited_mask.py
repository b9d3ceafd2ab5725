"""One mask with its pixels, its history and the layer that shows it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal

from aedesk.gui.panels.erase.mask_history import Change, TileUndo
from aedesk.gui.widgets.viewer.mask_layer import MaskLayer
from aedesk.imaging import masks
from aedesk.imaging.masks import Box, Mask, Point


class EditedMask(QObject):
    """All changes are made between ``begin`` and ``end``; each pair is one undo step.

    Signals:
        changed(Box): pixels inside the box have changed.

    Attributes:
        revision: a number that identifies the content; undo restores the number before the change.
    """

    changed = Signal(object)

    def __init__(self, width: int, height: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pixels = masks.empty_mask(width, height)
        self.layer = MaskLayer(self.pixels)
        self._revisions = itertools.count(1)
        self._before = self.revision = 0
        self._undo = TileUndo(self.pixels)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.layer.size

    @property
    def empty(self) -> bool:
        """Whether nothing is marked."""
        return self.layer.covered.empty

    @property
    def untouched(self) -> bool:
        """Whether nothing is marked and there is nothing to undo or redo."""
        return self.empty and self.to_undo is None and self.to_redo is None

    @property
    def to_undo(self) -> Change | None:
        return self._undo.to_undo

    @property
    def to_redo(self) -> Change | None:
        return self._undo.to_redo

    def begin(self, title: str) -> None:
        """Starts a change; ``title`` is shown after "Undo"."""
        self._before = self.revision
        self._undo.begin(title)

    def end(self) -> bool:
        """Completes the change. Returns False if no pixel has changed."""
        if self._undo.commit() and self.to_undo is not None:
            self.to_undo.before, self.to_undo.after = self._before, self.revision
            return True
        self.revision = self._before
        return False

    def mark_changed(self) -> None:
        """Assigns a new revision, even if no pixel has changed."""
        self.revision = next(self._revisions)

    def stroke(self, start: Point, end: Point, radius_px: float, value: int) -> None:
        """Draws a line with round ends."""
        reach = int(radius_px) + 2
        (ax, ay), (bx, by) = start, end
        around = Box(int(min(ax, bx)), int(min(ay, by)), int(max(ax, bx)), int(max(ay, by))).grown(reach)
        self._write(around, lambda: masks.stroke(self.pixels, start, end, radius_px, value))

    def polygon(self, corners: Sequence[Point], value: int) -> None:
        """Fills a polygon."""
        self._write(_around(corners), lambda: masks.polygon(self.pixels, corners, value))

    def rectangle(self, corner: Point, opposite: Point, value: int) -> None:
        """Fills a rectangle."""
        self._write(_around((corner, opposite)), lambda: masks.rectangle(self.pixels, corner, opposite, value))

    def clear(self) -> None:
        """Removes all marks."""
        self._replace(None)

    def replace(self, pixels: Mask) -> None:
        """Copies another mask of the same size."""
        self._replace(pixels)

    def undo(self) -> None:
        self._notify(self._undo.undo())
        if self.to_redo is not None:
            self.revision = self.to_redo.before

    def redo(self) -> None:
        self._notify(self._undo.redo())
        if self.to_undo is not None:
            self.revision = self.to_undo.after

    def _replace(self, pixels: Mask | None) -> None:
        box = self.layer.covered
        if pixels is not None:
            box = box.united(masks.bounds(pixels))

        def write() -> Box:
            self.pixels[box.slices] = 0 if pixels is None else pixels[box.slices]
            return box

        self._write(box, write)

    def _write(self, around: Box, draw: Callable[[], Box]) -> None:
        if self._undo.open:  # otherwise the stroke was undone while it was drawn, and its rest is ignored
            self._undo.touch(around)
            self._notify(draw())

    def _notify(self, box: Box) -> None:
        if not box.empty:
            self.mark_changed()
            self.layer.refresh(box)
            self.changed.emit(box)


def _around(corners: Sequence[Point]) -> Box:
    xs, ys = np.array(corners).T
    return Box(int(np.floor(xs.min())), int(np.floor(ys.min())), int(np.ceil(xs.max())), int(np.ceil(ys.max()))).grown(1)
