"""The Erase panel: where the mark is, found or painted, and the picture without it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from aedesk.core.erase_specs import EraseSpec, FindMarkResult, FindMarkSpec
from aedesk.core.errors import AedeskError
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.base import Panel, UndoStack, lay_out_with_foot
from aedesk.gui.panels.erase.controller import Eraser
from aedesk.gui.panels.erase.edited_mask import EditedMask
from aedesk.gui.panels.erase.first_use_notice import Notice
from aedesk.gui.panels.erase.mask_controls import MaskBox
from aedesk.gui.panels.erase.mask_editor import MaskEditor, size_of
from aedesk.gui.panels.erase.mask_files import MaskAsking
from aedesk.gui.panels.erase.masks import Size
from aedesk.gui.panels.erase.mode_switch import FIND, PAINT, SHARED, WaySwitch
from aedesk.gui.panels.erase.shared_mark import SharedMark
from aedesk.gui.panels.erase.shared_mark_controls import SharedBox
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.io import probe
from aedesk.imaging.masks import Mask

PLACEHOLDERS = {"reconstructed": "Nothing erased yet"}


class ErasePanel(Panel):
    run_title = "Erase"
    placeholders = PLACEHOLDERS

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("erasePanel")
        settings = workspace.settings
        self._active = False
        self._counts = (0, 0)
        self.editor = MaskEditor(workspace, viewer, self)
        self.editor.set_brush_px(float(settings["erase_brush_px"]))
        self.eraser = Eraser(workspace, self)
        self._notice = Notice()
        self._ways = WaySwitch(str(settings["erase_way"]))
        self._sensitivity = LabeledSlider("Sensitivity", 0, 100, 100 * settings["erase_sensitivity"], unit="%")
        self._sensitivity.setObjectName("eraseSensitivity")
        self._sensitivity.setToolTip("More finds fainter marks, and takes more for a mark that is none")
        self._find = QPushButton("Find mar&k")
        self._find.setObjectName("findMarkButton")
        self._find.setToolTip("Look for the mark and show it in red, so that it can be corrected before it is erased")
        self._see_through = QCheckBox("See-through: &bring back what it covers")
        self._see_through.setObjectName("eraseSeeThrough")
        self._see_through.setToolTip("For marks that let the picture shine through; otherwise what is painted over is filled in anew")
        self._see_through.setChecked(bool(settings["erase_see_through"]))
        self._searching = False
        self._mask_box = MaskBox(self.editor, MaskAsking(workspace, self.editor, self))
        self._shared_box = SharedBox(workspace)
        self._shared = SharedMark(workspace, self)
        self._run = QPushButton("E&rase")
        self._run.setObjectName("eraseButton")
        self._run.setProperty("primary", True)
        self._run_all = QPushButton("Erase in &all")
        self._run_all.setObjectName("eraseAllButton")
        self._lay_out()
        self._notice.setVisible(not settings["erase_notice_read"])  # not before: without a parent it would be a window
        self._mask_box.one_for_all.setChecked(bool(settings["erase_one_mask"]))
        self._connect()
        self._on_way()

    @property
    def way(self) -> str:
        return self._ways.name

    @property
    def undo_stack(self) -> UndoStack:
        return self.editor

    def spec(self) -> EraseSpec:
        """The present choices.

        Who paints over something knows whether it is see-through; a network that takes a scratch for a mark would leave it half there.
        """
        method = "inpaint" if self.way == PAINT and not self._see_through.isChecked() else "auto"
        return EraseSpec(method=method, sensitivity=self._sensitivity.value / 100, device=self.workspace.catalog.device)

    def run(self, documents: list[Document]) -> None:
        """With one mask for all, the sizes of pictures that are not in memory are looked up first."""
        if self.way == SHARED:
            self._shared.clean(documents, self._shared_box.kept)
            return
        unread = [document for document in documents if size_of(document) is None] if self.editor.book.one_for_all else []
        if not unread:
            self._erase(documents, {})
            return
        paths = {document.id: document.path for document in unread}
        self.workspace.pool.run(lambda: _sizes(paths), lambda sizes: self._erase(documents, sizes))

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self._counts = (chosen, all_pictures)
        self._refresh()

    def set_active(self, active: bool) -> None:
        if active == self._active:
            return
        self._active = active
        self.editor.set_active(active and self.way != SHARED)
        if active:
            self.viewer.set_words(placeholders=PLACEHOLDERS)
        else:
            self.viewer.set_words()

    def remember(self) -> None:
        settings = self.workspace.settings
        settings["erase_way"] = self.way
        settings["erase_sensitivity"] = self._sensitivity.value / 100
        settings["erase_see_through"] = self._see_through.isChecked()
        settings["erase_brush_px"] = round(self.editor.brush_px)
        settings["erase_one_mask"] = self.editor.book.one_for_all

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(6)
        parts: tuple[QWidget, ...] = (self._notice, self._ways, self._sensitivity, self._find, self._see_through)
        for widget in parts:
            column.addWidget(widget)
        column.addWidget(self._mask_box)
        column.addWidget(self._shared_box)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._run, 2)
        buttons.addWidget(self._run_all, 1)
        lay_out_with_foot(self, body, buttons)

    def _connect(self) -> None:
        self._notice.read.connect(self._on_notice_read)
        self._ways.changed.connect(self._on_way)
        self._find.clicked.connect(self._on_find)
        self._run.clicked.connect(self.run_wanted)
        self._run_all.clicked.connect(self.run_all_wanted)
        self.editor.changed.connect(self._refresh)
        self.editor.changed.connect(self.undo_changed)
        self.eraser.found.connect(self._on_found)
        self.eraser.search_ended.connect(self._on_search_ended)
        self.eraser.erased.connect(self._on_erased)

    def _erase(self, documents: list[Document], sizes: dict[int, Size | None]) -> None:
        wanted: list[tuple[Document, Mask | None, int]] = []
        frozen: dict[EditedMask, Mask] = {}  # copies, which a stroke does not change meanwhile; pictures that share a mask share one
        for document in documents:
            mask = self.editor.mask_of(document, size_of(document) or sizes.get(document.id))
            if mask is not None:
                if mask not in frozen:
                    frozen[mask] = mask.pixels.copy()
                wanted.append((document, frozen[mask], mask.revision))
            elif self.way == FIND:
                wanted.append((document, None, 0))
        if not wanted:
            self.workspace.tell("Nothing is marked. Paint over what is to be erased, or let it be found.", "info")
            return
        left_out = len(documents) - len(wanted)
        if left_out:
            pictures = "1 picture has" if left_out == 1 else f"{left_out} pictures have"
            self.workspace.tell(f"{pictures} no mask of the same size and will be left as before.", "info")
        self.eraser.erase(wanted, self.spec())

    @Slot()
    def _refresh(self) -> None:
        """What can be pressed, and what it would do."""
        chosen, everything = self._counts
        if self.way == SHARED:
            self._run.setText("E&rase\N{HORIZONTAL ELLIPSIS}" if chosen < 2 else f"E&rase from {chosen}\N{HORIZONTAL ELLIPSIS}")
            self._run_all.setText("From &all\N{HORIZONTAL ELLIPSIS}")
            self._run.setEnabled(chosen > 0)
            self._run_all.setEnabled(everything > 0)
            return
        self._run_all.setText("Erase in &all")
        finding, marked = self.way == FIND, self.editor.marked is not None
        many = chosen if finding or self.editor.book.one_for_all else min(chosen, 1)
        self._run.setText("E&rase" if many < 2 else f"E&rase in {many}")
        ready = chosen > 0 and (finding or marked)
        if not ready and self._run.hasFocus():
            self.viewer.setFocus()  # else the keyboard would land wherever the next control is
        self._run.setEnabled(ready)
        documents = self.workspace.library.documents
        self._run_all.setEnabled(everything > 0 and (finding or any(self.editor.mask_of(each, size_of(each)) for each in documents)))
        self._find.setEnabled(self.editor.mask is not None and not self._searching)
        self._find.setText("Looking for the mark\N{HORIZONTAL ELLIPSIS}" if self._searching else "Find mar&k")

    @Slot()
    def _on_way(self) -> None:
        finding, shared = self.way == FIND, self.way == SHARED
        self._mask_box.setVisible(not shared)
        self._shared_box.setVisible(shared)
        self.editor.set_active(self._active and not shared)
        for widget in (self._sensitivity, self._find):
            widget.setVisible(finding)
        self._see_through.setVisible(self.way == PAINT)
        if finding:
            self._run.setToolTip("Erase what is red, or what is found if nothing is (Ctrl+R)")
            self._run_all.setToolTip("Find and erase the marks on every picture of the library (Ctrl+Shift+R)")
        elif shared:
            self._run.setToolTip("Take the mark off the pictures that are chosen in the library, into a folder (Ctrl+R)")
            self._run_all.setToolTip("Take the mark off every picture of the library, into a folder (Ctrl+Shift+R)")
        else:
            self._run.setToolTip("Erase what is red (Ctrl+R)")
            self._run_all.setToolTip("Erase what is red in every picture that has a mask, its own or the one for all (Ctrl+Shift+R)")
        self._refresh()

    @Slot()
    def _on_notice_read(self) -> None:
        self._notice.hide()
        self.workspace.settings["erase_notice_read"] = True

    @Slot()
    def _on_find(self) -> None:
        document = self.workspace.library.current
        if document is not None:
            self._searching = True
            self._refresh()
            self.eraser.find(document, FindMarkSpec(sensitivity=self._sensitivity.value / 100, device=self.workspace.catalog.device))

    @Slot(object, object)
    def _on_found(self, document: Document, result: FindMarkResult) -> None:
        self.editor.take(document, result.mask, "Find mark")

    @Slot(object)
    def _on_search_ended(self, _document: Document) -> None:
        self._searching = False
        self._refresh()

    @Slot(object, int)
    def _on_erased(self, document: Document, revision: int) -> None:
        if revision:
            self.editor.spend(document, revision)


def _sizes(paths: dict[int, Path]) -> dict[int, Size | None]:
    """Of files by the documents' numbers; None for what cannot be read. Runs in a thread of the pool."""
    found: dict[int, Size | None] = {}
    for number, path in paths.items():
        try:
            info = probe(path)
        except AedeskError:
            found[number] = None
        else:
            found[number] = (info.width, info.height)
    return found
