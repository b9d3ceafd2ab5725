"""The training pictures: chosen or dropped, then inspected and shown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from aedesk.core.training_specs import DataSummary, InspectDataSpec
from aedesk.gui.dialogs import files
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.train.recipe_draft import SOURCES, RecipeDraft
from aedesk.gui.widgets.busy_label import BusyLabel
from aedesk.gui.widgets.drops import dropped_paths
from aedesk.gui.widgets.labels import WrappedLabel
from aedesk.gui.widgets.pictures.picture_sheet import PictureSheet
from aedesk.gui.workspace import Workspace
from aedesk.training.recipes.presets import has_classic_sets
from aedesk.training.recipes.recipe import DATASETS

SETTLE_MS = 200
SHOWN_PROBLEMS = 4


class DataSourceBox(QFrame):
    """Takes a folder or files, which the worker inspects.

    Signals:
        found(DataSummary or None): the summary of the pictures, None while it is unknown.
    """

    found = Signal(object)

    def __init__(self, workspace: Workspace, draft: RecipeDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataBox")
        self.setProperty("drop", True)
        self.setAcceptDrops(True)
        self._workspace, self._draft = workspace, draft
        self._inspected: InspectDataSpec | None = None
        self._active = False
        self.summary: DataSummary | None = None
        self._source = _label("dataSource")
        self._source.setProperty("heading", True)
        self._facts = _label("dataFacts")
        self._problems = _label("dataProblems")
        self._busy = BusyLabel()
        self._busy.setObjectName("dataBusy")
        self._folder = QPushButton("Choose f&older\u2026")
        self._folder.setObjectName("dataFolder")
        self._folder.setToolTip("Train on the pictures in a folder and its subfolders")
        self._named = QPushButton("Standard data set\u2026")
        self._named.setObjectName("dataNamed")
        self._named.setToolTip("Train on a standard data set: " + ", ".join(DATASETS))
        if not has_classic_sets():
            self._named.hide()
        self._download = QCheckBox("Do&wnload it if it is not on this computer")
        self._download.setObjectName("dataDownload")
        self._sheet = PictureSheet("dataSheet", empty="Drop a folder of pictures here")
        buttons = QVBoxLayout()
        buttons.addWidget(self._folder)
        buttons.addWidget(self._named)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        for widget in (self._source, self._facts, self._busy, self._problems, self._download):
            column.addWidget(widget)
        column.addWidget(self._sheet, 1)
        column.addLayout(buttons)
        self._inspector = LatestJob(workspace.bridge, self, settle_ms=SETTLE_MS)
        self._inspector.finished.connect(self._on_inspected)
        self._inspector.failed.connect(self._on_failed)
        self._inspector.busy_changed.connect(self._on_busy)
        self._folder.clicked.connect(self._choose_folder)
        self._named.clicked.connect(self._choose_named)
        self._download.toggled.connect(self._on_download)
        draft.pictures_changed.connect(self._show_source)
        self._show_source()

    def set_active(self, active: bool) -> None:
        """Enables the inspection: folders are only searched while the panel is active."""
        self._active = active
        if active:
            self._inspect()
        else:
            self._inspected = None
            self._inspector.cancel()

    @Slot()
    def _show_source(self) -> None:
        data = self._draft.data
        self._source.setText(describe_source(data))
        self._download.setVisible(bool(data.get("dataset")))
        self._download.blockSignals(True)
        self._download.setChecked(bool(data.get("download")))
        self._download.blockSignals(False)
        if not self._draft.has_pictures:
            self._inspector.cancel()
            self._inspected = None
            self._show(None)
        elif self._active:
            self._inspect()

    def _inspect(self) -> None:
        spec = InspectDataSpec(self._draft.data)
        if self._draft.has_pictures and spec != self._inspected:
            self._inspected = spec
            self._show(None)
            self._inspector.run(spec)
        else:
            self.found.emit(self.summary)

    @Slot(object)
    def _on_inspected(self, summary: DataSummary) -> None:
        self._show(summary)

    @Slot(str)
    def _on_failed(self, words: str) -> None:
        self._show(None)
        self._problems.setText(words)
        self._problems.setProperty("wrong", True)
        self._polish()

    @Slot(bool)
    def _on_busy(self, busy: bool) -> None:
        self._busy.set_busy(busy, "Inspecting the pictures\N{HORIZONTAL ELLIPSIS}" if busy else "")
        self._busy.setVisible(busy)

    def _show(self, summary: DataSummary | None) -> None:
        self.summary = summary
        self.found.emit(summary)
        self._facts.setText(describe_pictures(summary) if summary is not None else "")
        self._facts.setVisible(summary is not None)
        lines = summary.problems[:SHOWN_PROBLEMS] if summary is not None else ()
        more = summary.problem_count - len(lines) if summary is not None else 0
        self._problems.setText("\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]))
        self._problems.setProperty("wrong", summary is not None and summary.count == 0)
        self._polish()
        self._sheet.set_image(summary.sheet if summary is not None else None, describe_pictures(summary) if summary is not None else "")

    def _polish(self) -> None:
        self._problems.setVisible(bool(self._problems.text()))
        self._problems.style().unpolish(self._problems)
        self._problems.style().polish(self._problems)

    @Slot()
    def _choose_folder(self) -> None:
        start = str(self._draft.data.get("folder") or self._workspace.settings["last_folder"])
        path = files.choose_folder(self.window(), "Choose training pictures", start)
        if path is not None:
            self._draft.choose_pictures({"folder": str(path)})

    @Slot()
    def _choose_named(self) -> None:
        name = files.choose_one(self.window(), "Standard data set", "Data set", DATASETS, str(self._draft.data.get("dataset", "")))
        if name:
            self._draft.choose_pictures({"dataset": name})

    @Slot(bool)
    def _on_download(self, on: bool) -> None:
        self._draft.set(("data", "download"), on or None)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._set_over(False)
        self.choose(dropped_paths(event.mimeData()))

    def choose(self, paths: list[Path]) -> None:
        """Chooses one folder, or files; of several folders only the first."""
        folder = next((path for path in paths if path.is_dir()), None)
        if folder is not None:
            self._draft.choose_pictures({"folder": str(folder)})
        elif paths:
            self._draft.choose_pictures({"files": [str(path) for path in paths]})

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._sheet.update()

    def _set_over(self, over: bool) -> None:
        self.setProperty("over", over)
        self.style().unpolish(self)
        self.style().polish(self)


def describe_source(data: dict[str, object]) -> str:
    """Returns where the pictures are."""
    chosen = {key: data[key] for key in SOURCES if data.get(key)}
    if "dataset" in chosen:
        return f"Data set {chosen['dataset']}"
    if "folder" in chosen:
        return f"Pictures in {chosen['folder']}"
    if "files" in chosen:
        listed = chosen["files"]
        return f"{len(listed) if isinstance(listed, (list, tuple)) else 0} chosen files"
    if "noisy" in chosen:
        return f"Pairs from {chosen['noisy']} and {chosen.get('clean', '')}"
    return "No pictures chosen"


def describe_pictures(summary: DataSummary) -> str:
    """Returns number and sizes of the pictures on one line."""
    things = "pair" if summary.pairs else "picture"
    if summary.count == 0:
        return "There are no usable pictures."
    count = f"{summary.count:,} {things}{'' if summary.count == 1 else 's'}"
    kept = f"{summary.held_out:,} for validation" if summary.held_out else ""
    sizes = [f"{width} \N{MULTIPLICATION SIGN} {height}" for width, height in (summary.smallest, summary.largest) if width]
    size = " to ".join(dict.fromkeys(sizes))
    gray = f"{summary.gray:,} gray" if summary.gray else ""
    area = f"{summary.megapixels:,.0f} MP" if summary.megapixels >= 1 else ""
    classes = f"{len(summary.classes)} classes" if len(summary.classes) > 1 else ""
    return " \N{MIDDLE DOT} ".join(filter(None, [count, kept, size, area, gray, classes]))


def _label(name: str) -> QLabel:
    label = WrappedLabel(max_word=60)
    label.setObjectName(name)
    return label
