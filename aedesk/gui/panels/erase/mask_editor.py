"""The mask editor: shows the current picture's mask in the viewer and edits it."""

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
from aedesk.gui.panels.erase.masks import MaskStore, Size
from aedesk.gui.panels.erase.tools import TOOLS, make_tools
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.widgets.viewer.tool import Point, Tool
from aedesk.gui.workspace import Workspace
from aedesk.imaging import mask_edges
from aedesk.imaging.mask_files import load_mask, save_mask
from aedesk.imaging.masks import Box, Mask

MIN_BRUSH_PX, MAX_BRUSH_PX = 1, 2000
BRUSH_STEP = 1.25
_LONG_PIXELS = 16_000_000
"""Changes of larger masks take long enough to show a wait cursor."""


class MaskEditor(QObject):
    """Edits the mask of the current picture; the tools draw through it.

    Signals:
        changed: the mask, whether it was applied, or the undo history has changed.
        shown: an edit has made the hidden mask visible again.
        brush_changed(float): the diameter of the brush in picture pixels.
    """

    changed = Signal()
    shown = Signal()
    brush_changed = Signal(float)

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._viewer = workspace, viewer
        self.masks = MaskStore(workspace.library, self)
        self.masks.created.connect(self._on_created)
        self._tools: dict[str, Tool] = make_tools(self)
        self.tool = TOOLS[0].name
        self._active = False
        self._restarted = False  # the edit began with an applied mask, which was cleared
        self._visible = True
        self._brush_px = 40.0
        self._document: Document | None = None
        self._mask: EditedMask | None = None
        workspace.library.current_changed.connect(self._follow)
        workspace.library.changed.connect(self._on_document_changed)

    # State

    @property
    def mask(self) -> EditedMask | None:
        """The mask of the current picture, even if it was applied already."""
        return self._mask

    @property
    def marked(self) -> Mask | None:
        """The pixels that will be erased from the current picture; None if nothing is marked."""
        mask = None if self._document is None else self.mask_of(self._document, size_of(self._document))
        return None if mask is None else mask.pixels

    def mask_of(self, document: Document, size: Size | None) -> EditedMask | None:
        """Returns the mask that will be applied to a picture of this size; None if nothing is marked."""
        mask = self.masks.known(document, size)
        return None if mask is None or mask.empty or self.masks.is_applied(document, mask) else mask

    @property
    def share(self) -> float:
        """The marked share of the current picture, 0 to 1."""
        return 0.0 if self._mask is None else int(np.count_nonzero(self._mask.pixels)) / self._mask.pixels.size

    def mark_applied(self, document: Document, revision: int) -> None:
        """Records that the current step of a picture was made with its mask at ``revision``."""
        self.masks.mark_applied(document, revision)
        self._show()
        self.changed.emit()

    def set_active(self, active: bool) -> None:
        """Shows the mask and enables the tools."""
        self._active = active
        self._follow()

    def set_visible(self, visible: bool) -> None:
        """Shows or hides the mask."""
        self._visible = visible
        self._show()

    def set_tool(self, name: str) -> None:
        """Selects a tool of ``TOOLS`` by name."""
        self.tool = name
        self._show()

    def set_one_for_all(self, on: bool) -> None:
        """Uses one mask for all pictures of a size, or one for each picture."""
        self.masks.set_one_for_all(on, self._document)
        self._follow()

    # Brush

    @property
    def brush_px(self) -> float:
        """Diameter of the brush in picture pixels."""
        return self._brush_px

    @property
    def radius_px(self) -> float:
        return self._brush_px / 2

    def set_brush_px(self, diameter: float) -> None:
        """Sets the diameter of the brush, within its limits."""
        diameter = min(max(diameter, MIN_BRUSH_PX), MAX_BRUSH_PX)
        if diameter != self._brush_px:
            self._brush_px = diameter
            self._viewer.refresh_tool()
            self.brush_changed.emit(diameter)

    @Slot()
    def smaller_brush(self) -> None:
        """Makes the brush one step smaller."""
        self.set_brush_px(min(round(self._brush_px / BRUSH_STEP), self._brush_px - 1))

    @Slot()
    def larger_brush(self) -> None:
        """Makes the brush one step larger."""
        self.set_brush_px(max(round(self._brush_px * BRUSH_STEP), self._brush_px + 1))

    # Drawing, called by the tools

    def begin(self, title: str) -> None:
        """Starts a change; a mask that was applied already is cleared first."""
        mask, document = self._mask, self._document
        if mask is None or document is None:
            return
        mask.begin(title)
        self._restarted = self.masks.is_applied(document, mask)
        if self._restarted:
            mask.clear()
        if not self._visible:
            self._visible = True
            self.shown.emit()
        self._show()

    def stroke(self, start: Point, end: Point, value: int) -> None:
        if self._mask is not None:
            self._mask.stroke(start, end, self.radius_px, value)

    def polygon(self, corners: Sequence[Point], value: int) -> None:
        if self._mask is not None:
            self._mask.polygon(corners, value)

    def rectangle(self, corner: Point, opposite: Point, value: int) -> None:
        if self._mask is not None:
            self._mask.rectangle(corner, opposite, value)

    def end(self) -> None:
        """Completes the change."""
        if self._mask is not None and not self._mask.end() and self._restarted:
            self._mask.mark_changed()  # the same pixels were painted again, so they are to be erased again
        self._show()
        self.changed.emit()

    # The whole mask

    def grow(self, px: int) -> None:
        """Expands the mask by ``px`` pixels."""
        self._transform("Grow", lambda mask: mask_edges.grow(mask, px))

    def shrink(self, px: int) -> None:
        """Contracts the mask by ``px`` pixels."""
        self._transform("Shrink", lambda mask: mask_edges.shrink(mask, px))

    def feather(self, px: int) -> None:
        """Softens the edge of the mask over ``px`` pixels."""
        self._transform("Feather", lambda mask: mask_edges.feather(mask, px))

    def invert(self) -> None:
        """Swaps marked and unmarked pixels."""
        self._transform("Invert", mask_edges.invert)

    def clear(self) -> None:
        """Removes the mask."""
        mask = self._mask
        if mask is not None:
            mask.begin("Clear mask")
            mask.clear()
            mask.end()
            self.changed.emit()

    def set_mask(self, document: Document, pixels: Mask, title: str) -> None:
        """Makes ``pixels`` the mask of a picture, as one undo step."""
        mask = self.masks.of(document)
        if mask is not None and pixels.shape == mask.pixels.shape:
            with _wait_cursor(pixels.size):
                mask.begin(title)
                mask.replace(pixels)
                if not mask.end():
                    mask.mark_changed()  # an equal mask may have been applied, and is to be applied again
            self._show()
            self.changed.emit()

    def load(self, path: Path) -> None:
        """Loads the mask from a file; errors are shown to the user."""
        document = self._document
        size = size_of(document) if document is not None else None
        if document is None or size is None:
            return
        self._workspace.pool.run(
            lambda: load_mask(path, *size), lambda pixels: self.set_mask(document, pixels, "Load mask"), self._on_error
        )

    def save(self, path: Path) -> None:
        """Saves the mask in a file."""
        if self._mask is None:
            return
        pixels = self._mask.pixels.copy()
        notify = self._workspace.notify
        self._workspace.pool.run(
            lambda: save_mask(pixels, path, overwrite=True), lambda written: notify(f"Saved {written}."), self._on_error
        )

    # Undo, see ``panels.base.UndoStack``

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

    # Internals

    @Slot()
    def _follow(self, _about: object = None) -> None:
        """Switches to the mask of the current picture."""
        document = self._workspace.library.current if self._active else None
        if self._document is not None and self._document is not document:
            self.masks.release(self._document)
        self._document = document
        self._mask = self.masks.of(document) if document is not None else None
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
    def _on_created(self, mask: EditedMask) -> None:
        mask.changed.connect(self._on_mask_changed)

    @Slot(object)
    def _on_mask_changed(self, box: Box) -> None:
        if self._mask is self.sender():
            self._viewer.update_mask(box)

    def _show(self) -> None:
        document, mask = self._document, self._mask
        ready = document is not None and mask is not None
        applied = document is not None and mask is not None and self.masks.is_applied(document, mask)
        self._viewer.set_mask_layer(mask.layer if mask is not None and self._visible and not applied else None)
        self._viewer.set_tool(self._tools[self.tool] if self._active and ready else None)

    def _transform(self, title: str, change: Callable[[Mask], Mask]) -> None:
        if self._mask is None:
            return
        with _wait_cursor(self._mask.pixels.size):
            self._mask.begin(title)
            self._mask.replace(change(self._mask.pixels))
            if not self._mask.end():
                self._mask.mark_changed()
        self._show()
        self.changed.emit()

    def _on_error(self, error: AedeskError) -> None:
        self._workspace.notify(str(error), "error")


def size_of(document: Document) -> Size | None:
    """Returns (width, height) of a picture; None if it is not in memory."""
    picture = document.base
    return None if picture is None else (picture.width, picture.height)


@contextmanager
def _wait_cursor(pixels: int) -> Iterator[None]:
    """Shows a wait cursor for large masks. A thread would not help, because strokes would have to wait for it."""
    long = pixels > _LONG_PIXELS
    if long:
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        if long:
            QGuiApplication.restoreOverrideCursor()
