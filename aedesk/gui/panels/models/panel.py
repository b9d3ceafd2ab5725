"""The Models panel: commands for models. The list and the cards are in the middle of the window."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QFile, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from aedesk.core.errors import AedeskError
from aedesk.core.model_specs import ExportOnnxSpec, ImportModelSpec, OnnxExport
from aedesk.core.specs import ModelInfo
from aedesk.gui.dialogs import files, models
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.models import descriptions
from aedesk.gui.widgets.busy_label import BusyLabel
from aedesk.gui.widgets.labels import WrappedLabel, quiet_label
from aedesk.gui.widgets.style.icons import icon
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.models.autoencoders.latent import has_latent
from aedesk.models.files.library import rename

if TYPE_CHECKING:
    from aedesk.gui.panels.models.page import ModelsPage

NO_MODEL = "No model selected."
SHIPPED = "Models shipped with aedesk cannot be renamed or deleted."
BROKEN = "This model cannot be used; its card shows the reason."
RESTORE, COMPRESS = "Restore", "Compress"
_SETTINGS = {RESTORE: "model", COMPRESS: "compress_model"}


class ModelsPanel(Panel):
    """The commands for models."""

    run_title = "Models"

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("modelsPanel")
        self._page: ModelsPage | None = None
        self._waiting: deque[Path] = deque()
        self._runner = LatestJob(workspace.bridge, self)
        self._activity = ""  # the text for the running job
        self._import = _button("importModel", "I&mport\u2026", "Import a model file", "open")
        self._import_hint = quiet_label(
            "importHint", text="Or drop files on the page: aedesk models, or restoration networks of other programs."
        )
        self._busy = BusyLabel()
        self._busy.setObjectName("modelsBusy")
        self._cancel = _button("modelsCancel", "Cancel", "Stop the import or export", "cancel")
        self._title = WrappedLabel()
        self._title.setObjectName("chosenModel")
        self._title.setAccessibleName("Selected model")
        self._title.setProperty("heading", True)
        self._about = quiet_label("chosenModelAbout")
        self._use = _button("useModel", "&Use in Restore", "Use this model in its panel", "restore")
        self._rename = _button("renameModel", "Re&name\u2026", "Change the title (F2)", "rename")
        self._export = _button("exportOnnx", "E&xport as ONNX\u2026", "Export it for other programs and verify the output", "export")
        self._show = _button("showModel", "Show in f&older", "Open the folder that contains the file", "folder")
        self._trash = _button("trashModel", "Move to &trash\u2026", "Move the file to the system's trash (Delete)", "remove")
        self._why = quiet_label("whyNot")
        self._lay_out()
        self._connect()
        self._show_chosen(None)
        self._on_busy(False)

    def page(self) -> ModelsPage:
        if self._page is None:
            from aedesk.gui.panels.models.page import ModelsPage  # not needed for the first paint

            self._page = ModelsPage(self.workspace)
            self._page.chosen.connect(self._show_chosen)
            self._page.files_dropped.connect(self.import_files)
            for key, slot in ((QKeySequence("F2"), self._on_rename), (QKeySequence("Delete"), self._on_trash)):
                QShortcut(key, self._page.list, slot).setContext(Qt.ShortcutContext.WidgetShortcut)
        return self._page

    def set_active(self, active: bool) -> None:
        if active:
            self.page().refresh()

    @Slot(list)
    def import_files(self, paths: Sequence[Path]) -> None:
        """Imports files one after the other; files that cannot be imported are reported and do not stop the others."""
        self._waiting.extend(paths)
        if not self._runner.busy:
            self._import_next()

    def _import_next(self) -> None:
        if self._waiting:
            path = self._waiting.popleft()
            self._begin(ImportModelSpec(str(path)), f"Importing {path.name}")

    def _begin(self, spec: Any, activity: str) -> None:
        self._activity = activity
        self._runner.run(spec)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        for widget in (self._import, self._import_hint, self._busy, self._cancel):
            column.addWidget(widget)
        column.addSpacing(14)
        column.addWidget(self._title)
        column.addWidget(self._about)
        for button in (self._use, self._rename, self._export, self._show, self._trash):
            column.addWidget(button)
        column.addWidget(self._why)
        column.addStretch(1)

    def _connect(self) -> None:
        self._import.clicked.connect(self._on_import)
        self._cancel.clicked.connect(self._on_cancel)
        self._use.clicked.connect(self._on_use)
        self._rename.clicked.connect(self._on_rename)
        self._export.clicked.connect(self._on_export)
        self._show.clicked.connect(self._on_show)
        self._trash.clicked.connect(self._on_trash)
        self._runner.busy_changed.connect(self._on_busy)
        self._runner.finished.connect(self._on_finished)
        self._runner.failed.connect(self._on_failed)
        self.workspace.inventory.models_changed.connect(self._on_inventory)
        self.workspace.inventory.model_chosen.connect(self._on_inventory)
        self.workspace.inventory.codec_chosen.connect(self._on_inventory)

    @property
    def _model(self) -> ModelInfo | None:
        return self._page.current if self._page is not None else None

    @Slot(object)
    def _show_chosen(self, model: ModelInfo | None) -> None:
        own, sound = model is not None and model.origin == "own", model is not None and not model.problem
        self._title.setText(model.title if model is not None else NO_MODEL)
        self._about.setText(descriptions.sentence(descriptions.purpose(model), descriptions.origin(model)) if model is not None else "")
        self._about.setVisible(model is not None)
        panel = _used_in(model)
        in_use = model is not None and model.name == self.workspace.settings[_SETTINGS.get(panel, "model")]
        self._use.setVisible(bool(panel))
        self._use.setEnabled(not in_use)
        self._use.setText(f"In use in {panel}" if in_use else f"&Use in {panel}")
        self._rename.setEnabled(own and (sound or bool(model and model.card)))
        self._export.setEnabled(sound and not self._runner.busy)
        self._show.setEnabled(model is not None)
        self._trash.setEnabled(own)
        why = "" if model is None or (own and sound) else SHIPPED if not own else BROKEN
        self._why.setText(why)
        self._why.setVisible(bool(why))
        for button in (self._rename, self._trash):
            button.setToolTip(str(button.property("tip")) if button.isEnabled() else why)

    @Slot()
    def _on_inventory(self, _about: object = None) -> None:
        """Refreshes the list: another panel may have added or chosen a model."""
        if self._page is not None and self._page.isVisible():
            self._page.refresh()

    @Slot()
    def _on_import(self) -> None:
        self.import_files(models.choose_model_files(self, str(self.workspace.settings["last_folder"])))

    @Slot()
    def _on_cancel(self) -> None:
        self._waiting.clear()
        self._runner.cancel()

    @Slot(bool)
    def _on_busy(self, busy: bool) -> None:
        self._busy.setVisible(busy)
        self._busy.set_busy(busy, self._activity if busy else "")
        self._cancel.setVisible(busy)
        self._export.setEnabled(not busy and self._model is not None and not self._model.problem)

    @Slot(object)
    def _on_finished(self, result: ModelInfo | OnnxExport) -> None:
        if isinstance(result, OnnxExport):
            names = " and ".join(Path(path).name for path in result.paths)
            self.workspace.notify(f"Saved {names}. The output differs from aedesk's by at most {result.difference:.0e}.", "info")
        else:
            self.workspace.notify(f"{result.title} was added to your models.", "info")
            self._changed(result.path)
        self._import_next()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self.workspace.notify(text, "error")
        self._import_next()

    def _changed(self, path: str = "") -> None:
        """Updates this page at once and the other panels through the worker."""
        if self._page is not None:
            self._page.refresh(path)
        self.workspace.inventory.refresh()

    @Slot()
    def _on_use(self) -> None:
        if (model := self._model) is not None:
            inventory, panel = self.workspace.inventory, _used_in(model)
            inventory.choose_codec(model.name) if panel == COMPRESS else inventory.choose_model(model.name)
            self.workspace.notify(f"{panel} now uses {model.title}.", "info")
            self._show_chosen(model)

    @Slot()
    def _on_rename(self) -> None:
        model = self._model
        if model is None or not self._rename.isEnabled():
            return
        title = models.ask_title(self, model.title)
        if title is not None:
            path = Path(model.path)
            self.workspace.pool.run(lambda: rename(path, title), lambda new: self._on_renamed(model, new), self._on_refused)

    def _on_renamed(self, old: ModelInfo, new: ModelInfo) -> None:
        if self.workspace.settings["model"] == old.name:
            self.workspace.inventory.choose_model(new.name)
        if self.workspace.settings["compress_model"] == old.name:
            self.workspace.inventory.choose_codec(new.name)
        self._changed(new.path)

    def _on_refused(self, error: AedeskError) -> None:
        self.workspace.notify(str(error), "error")
        self._changed()

    @Slot()
    def _on_trash(self) -> None:
        model = self._model
        if model is None or not self._trash.isEnabled() or not models.ask_trash(self, model.title):
            return
        if move_to_trash(model.path):
            self.workspace.notify(f"{model.title} was moved to the trash.", "info")
        else:
            self.workspace.notify(f"{model.path} could not be moved to the trash. Press Show in folder and delete it there.", "error")
        self._changed()

    @Slot()
    def _on_export(self) -> None:
        model = self._model
        if model is None:
            return
        folder = str(self.workspace.settings["last_folder"]) or str(Path.home())
        path = files.choose_target(self, "Export as ONNX", Path(folder) / f"{model.name}.onnx", "ONNX")
        if path is not None:
            try:
                spec = ExportOnnxSpec(model.name, str(path), overwrite=path.exists())
            except AedeskError as error:
                self.workspace.notify(str(error), "error")
            else:
                self._begin(spec, f"Exporting {model.title}")

    @Slot()
    def _on_show(self) -> None:
        if (model := self._model) is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(model.path).parent)))


def move_to_trash(path: str) -> bool:
    """Moves a file to the system's trash. Returns whether it worked."""
    return bool(QFile(path).moveToTrash())


def _button(name: str, text: str, tip: str, picture: str) -> QPushButton:
    button = QPushButton(icon(picture), text)
    button.setObjectName(name)
    button.setAccessibleName(text.replace("&", "").replace("\u2026", ""))
    button.setToolTip(tip)
    button.setProperty("tip", tip)
    return button


def _used_in(model: ModelInfo | None) -> str:
    """Returns the title of the panel that uses a model; empty if none does."""
    if model is None or model.problem:
        return ""
    if model.purpose == "denoise":
        return RESTORE
    return COMPRESS if model.purpose == "codec" or has_latent(model.card) else ""
