"""The page of the Models panel: the list of models and the card of the selected one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from aedesk.core.specs import ModelInfo
from aedesk.core.training_specs import DescribeSpec
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.models.card_page import CardPage
from aedesk.gui.panels.models.model_list import ModelList
from aedesk.gui.panels.train.saved_runs import Curves, read_curves
from aedesk.gui.widgets.drops import dropped_paths
from aedesk.gui.workspace import Workspace
from aedesk.models.files.zoo import list_models
from aedesk.settings.places import runs_dir

MIN_LIST_PX, LIST_PX = 190, 270


class ModelsPage(QWidget):
    """Reads the models without the worker, so that the list is available at once.

    Signals:
        chosen(ModelInfo or None): another model was selected.
        files_dropped(list of Path): files to import.
    """

    chosen = Signal(object)
    files_dropped = Signal(list)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelsPage")
        self.setAcceptDrops(True)
        self._workspace = workspace
        self._choose = ""
        self.list = ModelList()
        self.list.setMinimumWidth(MIN_LIST_PX)
        self.list.setMaximumWidth(LIST_PX)
        self.card = CardPage()
        self._drop = QLabel("Drop to import")
        self._drop.setObjectName("modelsDrop")
        self._drop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._drop.setParent(self)
        self._drop.hide()
        line = QFrame()
        line.setObjectName("modelsLine")
        line.setFixedWidth(1)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.list, 2)
        row.addWidget(line)
        row.addWidget(self.card, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        self._describer = LatestJob(workspace.bridge, self)
        self._describer.finished.connect(self.card.show_summary)
        self.list.chosen.connect(self._on_chosen)

    @property
    def current(self) -> ModelInfo | None:
        """The selected model; None if there is none."""
        return self.list.current

    def refresh(self, choose: str = "") -> None:
        """Reads the list again and selects the model at the path ``choose``."""
        self._choose = choose or self._choose
        self._workspace.pool.run(list_models, self._on_listed, lambda error: self._workspace.notify(str(error), "error"))

    def _on_listed(self, models: tuple[ModelInfo, ...]) -> None:
        choose, self._choose = self._choose, ""
        self.list.show_models(models, choose)

    @Slot(object)
    def _on_chosen(self, model: ModelInfo | None) -> None:
        self.card.show_model(model)
        self.chosen.emit(model)
        self._describe(model)
        run = model.card.get("run") if model is not None else None
        if model is not None and isinstance(run, str) and Path(run).name == run:
            log, path = runs_dir() / run / "metrics.jsonl", model.path
            self._workspace.pool.run(lambda: read_curves(log), lambda curves: self._on_curves(path, curves), background=True)

    def _describe(self, model: ModelInfo | None) -> None:
        """Requests the summary of the network; not for networks of other programs, which only spandrel knows."""
        architecture = model.card.get("architecture") if model is not None and not model.problem else None
        if model is None or not isinstance(architecture, Mapping) or model.card["family"] == "foreign":
            self._describer.cancel()
            return
        self._describer.run(DescribeSpec({**architecture, "family": model.card["family"]}))  # without it the card is shorter

    def _on_curves(self, path: str, curves: Curves) -> None:
        if self.card.model is not None and self.card.model.path == path:
            self.card.show_curves(curves)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self._drop.setGeometry(self.rect().adjusted(12, 12, -12, -12))
            self._drop.raise_()
            self._drop.show()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop.hide()
        event.acceptProposedAction()
        self.files_dropped.emit(dropped_paths(event.mimeData()))
