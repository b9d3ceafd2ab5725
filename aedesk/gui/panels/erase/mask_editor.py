"""The mask editor: the current picture's mask in the viewer, and everything that can be done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication

from aedesk.core.errors import AedeskError
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.erase.edited_mask import EditedMask
from aedesk.gui.panels.erase.mask_history import Change
from aedesk.gui.panels.erase.masks import MaskBook, Size
from aedesk.gui.panels.erase.tools import TOOLS, make_tools
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.widgets.viewer.tool import Place, Tool
from aedesk.gui.workspace import Workspace
from aedesk.imaging import mask_edges
from aedesk.imaging.mask_files import load_mask, save_mask
from aedesk.imaging.masks import Box, Mask

MIN_BRUSH_PX, MAX_BRUSH_PX = 1, 2000
BRUSH_STEP = 1.25
_LONG_PIXELS = 16_000_000
"""From this size on a change of the whole mask takes long enough for the cursor to say so."""


class MaskEditor(QObject):
    """Is the pen of its tools.

    Signals:
        changed: the mask, whether it counts, or what can be undone.
        shown: a change has made the mask visible again.
        brush_changed(float): the brush's diameter in picture pixels.
    """

    changed = Signal()
    shown = Signal()
    brush_changed = Signal(float)

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._viewer = workspace, viewer
        self.book = MaskBook(workspace.library, self)
        self.book.made.connect(self._on_made)
        self._tools: dict[str, Tool] = make_tools(self)
        self.tool = TOOLS[0].name
        self._active = False
        self._anew = False
        self._visible = True
        self._brush_px = 40.0
        self._document: Document | None = None
        self._mask: EditedMask | None = None
        workspace.library.current_changed.connect(self._follow)
        workspace.library.changed.connect(self._on_document_changed)

    # What there is

    @property
    def mask(self) -> EditedMask | None:
        """That of the current picture, spent or not."""
        return self._mask

    @property
    def marked(self) -> Mask | None:
        """What is to be erased of the current picture; None if nothing is marked."""
        mask = None if self._document is None else self.mask_of(self._document, size_of(self._document))
        return None if mask is None else mask.pixels

    def mask_of(self, document: Document, size: Size | None) -> EditedMask | None:
        """The mask by which a picture of this size is to be erased, None if nothing is marked on it."""
        mask = self.book.known(document, size)
        return None if mask is None or mask.empty or self.book.is_spent(document, mask) else mask

    @property
    def share(self) -> float:
        """How much of the current picture is marked, 0 to 1."""
        return 0.0 if self._mask is None else int(np.count_nonzero(self._mask.pixels)) / self._mask.pixels.size

    def spend(self, document: Document, revision: int) -> None:
        """The present step of a picture was made by its mask, as that was at ``revision``."""
        self.book.spend(document, revision)
        self._show()
        self.changed.emit()

    def set_active(self, active: bool) -> None:
        """Show the mask and let the tools work on the picture."""
        self._active = active
        self._follow()

    def set_visible(self, visible: bool) -> None:
        """Show the mask, or hide it to see what is under it."""
        self._visible = visible
        self._show()

    def set_tool(self, name: str) -> None:
        self.tool = name
        self._show()

    def set_one_for_all(self, on: bool) -> None:
        self.book.set_one_for_all(on, self._document)
        self._follow()

    # Brush

    @property
    def brush_px(self) -> float:
        """Its diameter in picture pixels."""
        return self._brush_px

    @property
    def radius_px(self) -> float:
        return self._brush_px / 2

    def set_brush_px(self, diameter: float) -> None:
        diameter = min(max(diameter, MIN_BRUSH_PX), MAX_BRUSH_PX)
        if diameter != self._brush_px:
            self._brush_px = diameter
            self._viewer.refresh_tool()
            self.brush_changed.emit(diameter)

    @Slot()
    def smaller_brush(self) -> None:
        self.set_brush_px(min(round(self._brush_px / BRUSH_STEP), self._brush_px - 1))

    @Slot()
    def larger_brush(self) -> None:
        self.set_brush_px(max(round(self._brush_px * BRUSH_STEP), self._brush_px + 1))

    # The tools' pen

    def begin(self, title: str) -> None:
        """A change begins; what has been erased by already is not a part of it."""
        mask, document = self._mask, self._document
        if mask is None or document is None:
            return
        mask.begin(title)
        self._anew = self.book.is_spent(document, mask)
        if self._anew:
            mask.clear()
        if not self._visible:
            self._visible = True
            self.shown.emit()
        self._show()

    def stroke(self, start: Place, end: Place, value: int) -> None:
        if self._mask is not None:
            self._mask.stroke(start, end, self.radius_px, value)

    def polygon(self, corners: Sequence[Place], value: int) -> None:
        if self._mask is not None:
            self._mask.polygon(corners, value)

    def rectangle(self, corner: Place, opposite: Place, value: int) -> None:
        if self._mask is not None:
            self._mask.rectangle(corner, opposite, value)

    def end(self) -> None:
        if self._mask is not None and not self._mask.end() and self._anew:
            self._mask.renew()  # the same was painted again, so it is wanted again
        self._show()
        self.changed.emit()

    # The whole mask

    def grow(self, px: int) -> None:
        self._turn_into("Grow", lambda mask: mask_edges.grow(mask, px))

    def shrink(self, px: int) -> None:
        self._turn_into("Shrink", lambda mask: mask_edges.shrink(mask, px))

    def feather(self, px: int) -> None:
        self._turn_into("Feather", lambda mask: mask_edges.feather(mask, px))

    def invert(self) -> None:
        self._turn_into("Invert", mask_edges.invert)

    def clear(self) -> None:
        mask = self._mask
        if mask is not None:
            mask.begin("Clear mask")
            mask.clear()
            mask.end()
            self.changed.emit()

    def take(self, document: Document, pixels: Mask, title: str) -> None:
        """Make ``pixels`` the mask of a picture, in one step that can be undone."""
        mask = self.book.of(document)
        if mask is not None and pixels.shape == mask.pixels.shape:
            with _patience(pixels.size):
                mask.begin(title)
                mask.replace(pixels)
                if not mask.end():
                    mask.renew()  # it may have been spent, and is wanted again
            self._show()
            self.changed.emit()

    def load(self, path: Path) -> None:
        """Read the mask from a file; what is wrong with it is told."""
        document = self._document
        size = size_of(document) if document is not None else None
        if document is None or size is None:
            return
        self._workspace.pool.run(lambda: load_mask(path, *size), lambda pixels: self.take(document, pixels, "Load mask"), self._oops)

    def save(self, path: Path) -> None:
        if self._mask is None:
            return
        pixels = self._mask.pixels.copy()
        tell = self._workspace.tell
        self._workspace.pool.run(
            lambda: save_mask(pixels, path, overwrite=True), lambda written: tell(f"The mask is saved in {written}."), self._oops
        )

    # Undo, as ``parts.undoing`` asks

    @property
    def to_undo(self) -> Change | None:
        return self._mask.to_undo if self._active and self._mask is not None else None

    @property
    def to_redo(self) -> Change | None:
        return self._mask.to_redo if self._active and self._mask is not None else None

    def undo(self) -> None:
        if self._mask is not None:
            self._mask.undo()
            self._show()
            self.changed.emit()

    def redo(self) -> None:
        if self._mask is not None:
            self._mask.redo()
            self._show()
            self.changed.emit()

    # Inside

    @Slot()
    def _follow(self, _about: object = None) -> None:
        """The current picture, if the editor works at all."""
        document = self._workspace.library.current if self._active else None
        if self._document is not None and self._document is not document:
            self.book.leave(self._document)
        self._document = document
        self._mask = self.book.of(document) if document is not None else None
        self._show()
        self.changed.emit()

    @Slot(object)
    def _on_document_changed(self, document: Document) -> None:
        if document is not self._document:
            return
        if self._mask is None:
            self._follow()
        else:
            self._show()
            self.changed.emit()

    @Slot(object)
    def _on_made(self, mask: EditedMask) -> None:
        mask.changed.connect(self._on_mask_changed)

    @Slot(object)
    def _on_mask_changed(self, box: Box) -> None:
        if self._mask is self.sender():
            self._viewer.update_mask(box)

    def _show(self) -> None:
        document, mask = self._document, self._mask
        ready = document is not None and mask is not None
        spent = document is not None and mask is not None and self.book.is_spent(document, mask)
        self._viewer.set_mask_layer(mask.layer if mask is not None and self._visible and not spent else None)
        self._viewer.set_tool(self._tools[self.tool] if self._active and ready else None)

    def _turn_into(self, title: str, change: Callable[[Mask], Mask]) -> None:
        if self._mask is None:
            return
        with _patience(self._mask.pixels.size):
            self._mask.begin(title)
            self._mask.replace(change(self._mask.pixels))
            if not self._mask.end():
                self._mask.renew()
        self._show()
        self.changed.emit()

    def _oops(self, error: AedeskError) -> None:
        self._workspace.tell(str(error), "error")


def size_of(document: Document) -> Size | None:
    """(width, height) of a picture; None if it is not in memory."""
    picture = document.given
    return None if picture is None else (picture.width, picture.height)


@contextmanager
def _patience(pixels: int) -> Iterator[None]:
    """The cursor says that this takes a moment. Not in a thread: strokes would have to wait for it anyway."""
    long = pixels > _LONG_PIXELS
    if long:
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        if long:
            QGuiApplication.restoreOverrideCursor()
