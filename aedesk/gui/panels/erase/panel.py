"""The Erase panel: finds or paints the mask of a watermark and erases it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from aedesk.core.erase_specs import EraseSpec, FindMarkResult, FindMarkSpec
from aedesk.core.errors import AedeskError
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.base import Panel, UndoStack, lay_out_with_foot
from aedesk.gui.panels.erase.controller import EraseController
from aedesk.gui.panels.erase.edited_mask import EditedMask
from aedesk.gui.panels.erase.first_use_notice import FirstUseNotice
from aedesk.gui.panels.erase.mask_controls import MaskControls
from aedesk.gui.panels.erase.mask_editor import MaskEditor, size_of
from aedesk.gui.panels.erase.mask_files import MaskFiles
from aedesk.gui.panels.erase.masks import Size
from aedesk.gui.panels.erase.mode_switch import FIND, PAINT, SHARED, ModeSwitch
from aedesk.gui.panels.erase.shared_mark import SharedMarkController
from aedesk.gui.panels.erase.shared_mark_controls import SharedMarkControls
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.masks import Mask
from aedesk.jobs.picture_reader import Reads


class ErasePanel(Panel):
    """The controls of Erase."""

    run_title = "Erase"
    captions: ClassVar = {"result": "Cleaned"}
    placeholders: ClassVar = {"result": "Nothing erased yet"}

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("erasePanel")
        settings = workspace.settings
        self._active = False
        self._counts = (0, 0)
        self.editor = MaskEditor(workspace, viewer, self)
        self.editor.set_brush_px(float(settings["erase_brush_px"]))
        self.controller = EraseController(workspace, self)
        self._notice = FirstUseNotice()
        self._modes = ModeSwitch(str(settings["erase_mode"]))
        self._sensitivity = LabeledSlider("Sensitivity", 0, 100, 100 * settings["erase_sensitivity"], unit="%")
        self._sensitivity.setObjectName("eraseSensitivity")
        self._sensitivity.setToolTip("Higher values find fainter watermarks, with more false detections")
        self._find = QPushButton("Find water&mark")
        self._find.setObjectName("findMarkButton")
        self._find.setToolTip("Show the watermark in red so that you can correct the mask before erasing")
        self._see_through = QCheckBox("Semi-transparent: recover the picture &below")
        self._see_through.setObjectName("eraseSeeThrough")
        self._see_through.setToolTip("For watermarks through which the picture is visible; otherwise the masked area is filled in")
        self._see_through.setChecked(bool(settings["erase_see_through"]))
        self._searching = False
        self._mask_controls = MaskControls(self.editor, MaskFiles(workspace, self.editor, self))
        self._shared_controls = SharedMarkControls(workspace)
        self._shared = SharedMarkController(workspace, self)
        self._run = QPushButton("E&rase")
        self._run.setObjectName("eraseButton")
        self._run.setProperty("primary", True)
        self._run_all = QPushButton("Erase from &all")
        self._run_all.setObjectName("eraseAllButton")
        self._lay_out()
        self._notice.setVisible(not settings["erase_notice_read"])  # only now: without a parent it would be a window
        self._mask_controls.one_for_all.setChecked(bool(settings["erase_one_mask"]))
        self._connect()
        self._on_mode()

    @property
    def mode(self) -> str:
        """The current mode: find, paint or shared."""
        return self._modes.name

    @property
    def undo_stack(self) -> UndoStack:
        return self.editor

    def spec(self) -> EraseSpec:
        """Returns the current settings.

        In paint mode the user decides whether the mark is semi-transparent: a network that takes a scratch for a watermark would
        leave half of it.
        """
        method = "inpaint" if self.mode == PAINT and not self._see_through.isChecked() else "auto"
        return EraseSpec(method=method, sensitivity=self._sensitivity.value / 100, device=self.workspace.inventory.device)

    def run(self, documents: list[Document]) -> None:
        """Queues the pictures. With one mask for all, the sizes of pictures that are not in memory are read first."""
        if self.mode == SHARED:
            self._shared.clean(documents, self._shared_controls.saved_mark)
            return
        unread = [document for document in documents if size_of(document) is None] if self.editor.masks.one_for_all else []
        if not unread:
            self._erase(documents, {})
            return
        paths = {document.id: document.path for document in unread}
        self.workspace.pool.run(lambda: _sizes(paths, self.workspace.reader), lambda sizes: self._erase(documents, sizes))

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self._counts = (chosen, all_pictures)
        self._refresh()

    def set_active(self, active: bool) -> None:
        if active == self._active:
            return
        self._active = active
        self.editor.set_active(active and self.mode != SHARED)

    def save_settings(self) -> None:
        settings = self.workspace.settings
        settings["erase_mode"] = self.mode
        settings["erase_sensitivity"] = self._sensitivity.value / 100
        settings["erase_see_through"] = self._see_through.isChecked()
        settings["erase_brush_px"] = round(self.editor.brush_px)
        settings["erase_one_mask"] = self.editor.masks.one_for_all

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(6)
        parts: tuple[QWidget, ...] = (self._notice, self._modes, self._sensitivity, self._find, self._see_through)
        for widget in parts:
            column.addWidget(widget)
        column.addWidget(self._mask_controls)
        column.addWidget(self._shared_controls)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._run, 2)
        buttons.addWidget(self._run_all, 1)
        lay_out_with_foot(self, body, buttons)

    def _connect(self) -> None:
        self._notice.read.connect(self._on_notice_read)
        self._modes.changed.connect(self._on_mode)
        self._find.clicked.connect(self._on_find)
        self._run.clicked.connect(self.run_requested)
        self._run_all.clicked.connect(self.run_all_requested)
        self.editor.changed.connect(self._refresh)
        self.editor.changed.connect(self.undo_changed)
        self.controller.found.connect(self._on_found)
        self.controller.search_ended.connect(self._on_search_ended)
        self.controller.erased.connect(self._on_erased)

    def _erase(self, documents: list[Document], sizes: dict[int, Size | None]) -> None:
        wanted: list[tuple[Document, Mask | None, int]] = []
        frozen: dict[EditedMask, Mask] = {}  # copies, which later strokes do not change; pictures that share a mask share a copy
        for document in documents:
            mask = self.editor.mask_of(document, size_of(document) or sizes.get(document.id))
            if mask is not None:
                if mask not in frozen:
                    frozen[mask] = mask.pixels.copy()
                wanted.append((document, frozen[mask], mask.revision))
            elif self.mode == FIND:
                wanted.append((document, None, 0))
        if not wanted:
            self.workspace.notify("Nothing is marked. Paint over what you want to erase, or press Find watermark.", "info")
            return
        left_out = len(documents) - len(wanted)
        if left_out:
            pictures = "1 picture has" if left_out == 1 else f"{left_out} pictures have"
            self.workspace.notify(f"{pictures} no mask of the same size and will not be changed.", "info")
        self.controller.erase(wanted, self.spec())

    @Slot()
    def _refresh(self) -> None:
        """Updates the texts and enabled states of the buttons."""
        chosen, everything = self._counts
        if self.mode == SHARED:
            self._run.setText("E&rase\N{HORIZONTAL ELLIPSIS}" if chosen < 2 else f"E&rase from {chosen}\N{HORIZONTAL ELLIPSIS}")
            self._run_all.setText("Erase from &all\N{HORIZONTAL ELLIPSIS}")
            self._run.setEnabled(chosen > 0)
            self._run_all.setEnabled(everything > 0)
            return
        self._run_all.setText("Erase from &all")
        finding, marked = self.mode == FIND, self.editor.marked is not None
        many = chosen if finding or self.editor.masks.one_for_all else min(chosen, 1)
        self._run.setText("E&rase" if many < 2 else f"E&rase from {many}")
        ready = chosen > 0 and (finding or marked)
        if not ready and self._run.hasFocus():
            self.viewer.setFocus()  # otherwise the focus would move to the next control
        self._run.setEnabled(ready)
        documents = self.workspace.library.documents
        self._run_all.setEnabled(everything > 0 and (finding or any(self.editor.mask_of(each, size_of(each)) for each in documents)))
        self._find.setEnabled(self.editor.mask is not None and not self._searching)
        self._find.setText("Searching\N{HORIZONTAL ELLIPSIS}" if self._searching else "Find water&mark")

    @Slot()
    def _on_mode(self) -> None:
        finding, shared = self.mode == FIND, self.mode == SHARED
        self._mask_controls.setVisible(not shared)
        self._shared_controls.setVisible(shared)
        self.editor.set_active(self._active and not shared)
        for widget in (self._sensitivity, self._find):
            widget.setVisible(finding)
        self._see_through.setVisible(self.mode == PAINT)
        if finding:
            self._run.setToolTip("Erase the red area; without one, find the watermark first (Ctrl+R)")
            self._run_all.setToolTip("Find and erase the watermarks of all pictures in the library (Ctrl+Shift+R)")
        elif shared:
            self._run.setToolTip("Remove the watermark from the selected pictures and save them in a folder (Ctrl+R)")
            self._run_all.setToolTip("Remove the watermark from all pictures in the library and save them in a folder (Ctrl+Shift+R)")
        else:
            self._run.setToolTip("Erase the red area (Ctrl+R)")
            self._run_all.setToolTip("Erase the masked area of all pictures that have a mask (Ctrl+Shift+R)")
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
            self.controller.find(document, FindMarkSpec(sensitivity=self._sensitivity.value / 100, device=self.workspace.inventory.device))

    @Slot(object, object)
    def _on_found(self, document: Document, result: FindMarkResult) -> None:
        self.editor.set_mask(document, result.mask, "Find watermark")

    @Slot(object)
    def _on_search_ended(self, _document: Document) -> None:
        self._searching = False
        self._refresh()

    @Slot(object, int)
    def _on_erased(self, document: Document, revision: int) -> None:
        if revision:
            self.editor.mark_applied(document, revision)


def _sizes(paths: dict[int, Path], reader: Reads) -> dict[int, Size | None]:
    """Returns the sizes of files by document id; None for files that cannot be read. Any thread."""
    found: dict[int, Size | None] = {}
    for number, path in paths.items():
        try:
            info = reader.probe(path)
        except AedeskError:
            found[number] = None
        else:
            found[number] = (info.width, info.height)
    return found
