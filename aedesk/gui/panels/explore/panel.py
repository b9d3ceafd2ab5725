"""The Explore panel: model, activity and its parameters. The results are shown in the middle of the window."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from aedesk.core.errors import AedeskError
from aedesk.core.explore_specs import DecodeSpec, UnpackSpec
from aedesk.core.specs import ModelInfo
from aedesk.gui.dialogs import explore
from aedesk.gui.documents.library import Document
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.explore.activity import Activity, ExploreContext
from aedesk.gui.panels.explore.folder_activities import ExportActivity, MapActivity, OutliersActivity, PcaActivity, ProbeActivity
from aedesk.gui.panels.explore.folder_controls import SET_TITLES, FolderControls
from aedesk.gui.panels.explore.page import NO_MODEL, ExplorePage
from aedesk.gui.panels.explore.picture_activities import CodeActivity, InterpolateActivity, SampleActivity
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.inputs.forms import add_row, combo, make_form
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.models.autoencoders.latent import has_latent, is_generative, takes_one_size
from aedesk.settings.places import data_dir

log = logging.getLogger(__name__)

ACTIVITIES: tuple[type[Activity], ...] = (
    CodeActivity,
    InterpolateActivity,
    SampleActivity,
    MapActivity,
    OutliersActivity,
    PcaActivity,
    ProbeActivity,
    ExportActivity,
)
MARGIN_PX = 16


class ExplorePanel(Panel):
    """The controls of Explore."""

    run_title = "Explore"

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("explorePanel")
        settings = workspace.settings
        self._active = False
        self._shown_key: tuple[Any, ...] | None = None  # identifies the picture whose code is shown
        self._running: Activity | None = None
        self._page: ExplorePage | None = None
        self._runner, self._decoder, self._unpacker = (LatestJob(workspace.bridge, self) for _ in range(3))
        self.models = combo("exploreModel", "Model")
        self._about_model = quiet_label("exploreModelAbout")
        self.activity_choice = combo("exploreActivity", "Activity")
        self._about = quiet_label("exploreAbout")
        self.fit = combo("exploreFit", "Pictures")
        self.fit.addItem("Scale to fit", "scale")
        self.fit.addItem("Crop the centre", "crop")
        self.fit.setToolTip("How pictures larger than the input of the network are reduced")
        self.folder = FolderControls(str(settings["explore_folder"]))
        self.activities = [kind(workspace) for kind in ACTIVITIES]
        self.begin = QPushButton()
        self.begin.setObjectName("exploreBegin")
        self.begin.setProperty("primary", True)
        self._missing = quiet_label("exploreMissing")
        for activity in self.activities:
            self.activity_choice.addItem(activity.title, activity.name)
        self._lay_out()
        self.activity_choice.setCurrentIndex(max(self.activity_choice.findData(settings["explore_activity"]), 0))
        self._fill_models()
        self._on_activity()
        self._connect()

    @property
    def activity(self) -> Activity:
        """The selected activity."""
        return self.activities[self.activity_choice.currentIndex()]

    @property
    def model(self) -> ModelInfo | None:
        """The selected model; None if there is none."""
        chosen = self.models.currentData()
        return next((model for model in self.workspace.inventory.models if model.name == chosen), None)

    def page(self) -> QWidget:
        if self._page is None:
            self._page = ExplorePage()
            self._page.view_made.connect(self._on_view_made)
            for runner in (self._runner, self._unpacker):
                self._page.cancel_requested.connect(runner.cancel)
                runner.progressed.connect(self._page.show_progress)
                runner.busy_changed.connect(self._page.set_busy)
            self._show_activity()
        return self._page

    def set_active(self, active: bool) -> None:
        self._active = active
        if active:
            self._refresh()
            self._begin_if_live()

    def shutdown(self) -> None:
        for runner in (self._runner, self._decoder, self._unpacker):
            runner.cancel()

    def save_settings(self) -> None:
        settings = self.workspace.settings
        settings["explore_activity"] = self.activity.name
        settings["explore_folder"] = self.folder.folder.text()
        settings["explore_model"] = self.models.currentData() or settings["explore_model"]

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, 8)
        column.setSpacing(8)
        fit = make_form()
        add_row(fit, "Pict&ures", self.fit)
        for text, box, about in (("&Model", self.models, self._about_model), ("Act&ivity", self.activity_choice, self._about)):
            label = QLabel(text)
            label.setBuddy(box)
            label.setProperty("heading", True)
            for widget in (label, box, about):
                column.addWidget(widget)
            column.addSpacing(6)
        column.addWidget(self.folder)
        for activity in self.activities:
            column.addWidget(activity)
        column.addLayout(fit)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("exploreScroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        below = QVBoxLayout()
        below.setContentsMargins(MARGIN_PX, 4, MARGIN_PX, MARGIN_PX)
        below.addWidget(self._missing)
        below.addWidget(self.begin)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addLayout(below)

    def _connect(self) -> None:
        workspace = self.workspace
        self.activity_choice.currentIndexChanged.connect(self._on_activity)
        self.models.currentIndexChanged.connect(self._on_model)
        self.fit.currentIndexChanged.connect(self._on_input_changed)
        self.folder.changed.connect(self._refresh)
        self.folder.set_requested.connect(self._on_set_requested)
        self._unpacker.finished.connect(self.folder.set_folder)
        self._unpacker.failed.connect(self._on_failed)
        self.begin.clicked.connect(self._begin)
        for activity in self.activities:
            activity.changed.connect(self._on_input_changed)
        self._runner.finished.connect(self._on_finished)
        self._runner.failed.connect(self._on_failed)
        self._runner.logged.connect(self._on_logged)
        self._decoder.finished.connect(self._on_decoded)
        self._decoder.failed.connect(self._on_failed)
        workspace.inventory.models_changed.connect(self._fill_models)
        workspace.library.current_changed.connect(self._on_picture)
        workspace.library.changed.connect(self._on_picture)
        for signal in (workspace.library.added, workspace.library.removed):
            signal.connect(self._refresh)

    @Slot()
    def _fill_models(self) -> None:
        chosen = self.models.currentData() or str(self.workspace.settings["explore_model"])
        self.models.blockSignals(True)
        self.models.clear()
        for model in self.workspace.inventory.models:
            if has_latent(model.card):
                self.models.addItem(model.title or model.name, model.name)
        self.models.setCurrentIndex(max(self.models.findData(chosen), 0))
        self.models.blockSignals(False)
        if self.models.currentData() != chosen or self._shown_key is None:
            self._on_model()
        else:
            self._refresh()

    @Slot()
    def _on_model(self, _index: int = 0) -> None:
        model = self.model
        card = model.card if model is not None else {}
        if model is not None:
            trained_on = card.get("recipe", {}).get("data", {}).get("fit", "crop")
            self.fit.blockSignals(True)
            self.fit.setCurrentIndex(self.fit.findData(trained_on if takes_one_size(card) and trained_on == "crop" else "scale"))
            self.fit.blockSignals(False)
        about = ". ".join(str(part).rstrip(".") for part in (card.get("family", "").capitalize(), card.get("description")) if part)
        self._about_model.setText(about)
        self._about_model.setVisible(bool(about))
        for activity in self.activities:
            activity.set_model(card)
        self._runner.cancel()
        self._decoder.cancel()
        self._shown_key = None
        if self._page is not None:
            self._page.clear()
        self._on_activity()

    @Slot()
    def _on_activity(self, _index: int = 0) -> None:
        activity, card = self.activity, self.model.card if self.model is not None else {}
        self._about.setText(activity.about)
        for each in self.activities:
            each.setVisible(each is activity)
        self.folder.setVisible(activity.uses_folder)
        self.folder.set_kind(activity.uses_edge and not takes_one_size(card), activity.uses_features)
        self.begin.setText(activity.button)
        self._show_activity()
        self._refresh()
        self._begin_if_live()

    @Slot(object)
    def _on_picture(self, _document: Document | None) -> None:
        self._refresh()
        self._begin_if_live()

    @Slot()
    def _on_input_changed(self, _value: object = None) -> None:
        self._shown_key = None
        self._begin_if_live()

    @Slot()
    def _refresh(self, _about: object = None) -> None:
        context = self._context()
        missing = "" if context is None else self.activity.missing(context)
        self._missing.setText(missing)
        self._missing.setVisible(bool(missing))
        self.begin.setEnabled(context is not None and not missing)
        self.models.setEnabled(self.models.count() > 0)
        self.models.setPlaceholderText("No model with a latent yet")
        self.activity_choice.setEnabled(context is not None)
        self._show_activity()

    def _context(self) -> ExploreContext | None:
        model = self.model
        if model is None:
            return None
        folder = self.folder
        return ExploreContext(
            model.name,
            self.workspace.inventory.device,
            self.fit.currentData(),
            folder.folder.text().strip(),
            folder.limit.value(),
            folder.edge.value(),
            folder.pooling.currentData(),
            is_generative(model.card),
        )

    def _show_activity(self) -> None:
        if self._page is not None:
            self._page.show_activity(self.activity if self.model is not None else None)

    def _begin_if_live(self) -> None:
        current = self.workspace.library.current
        if current is None or not (self._active and self.activity.live and self.begin.isEnabled()):
            return
        if self._key(current) != self._shown_key:
            self._begin()

    def _key(self, document: Document) -> tuple[Any, ...]:
        """Returns what the code of a picture depends on, apart from parameters."""
        return (self.models.currentData(), document, document.step.noisy)

    @Slot()
    def _begin(self) -> None:
        context, activity = self._context(), self.activity
        if context is None:
            self.workspace.notify(NO_MODEL.replace("\n\n", " "), "info")
            return
        documents = activity.documents()
        if activity.live and documents:
            self._shown_key = self._key(documents[0])  # set now, because loading the picture emits changes, too
        self._with_pictures(activity, context, documents)

    def _with_pictures(self, activity: Activity, context: ExploreContext, documents: list[Document]) -> None:
        """Loads the pictures one after the other, then starts."""
        unread = next((document for document in documents if document.input is None), None)
        if unread is not None:
            self.workspace.loader.ensure(unread, lambda _: self._with_pictures(activity, context, documents))
            return
        if activity is not self.activity or documents != activity.documents():
            return  # the choice has changed meanwhile
        try:
            spec = activity.spec(context)
        except AedeskError as error:
            self._on_failed(str(error))
            return
        if spec is not None:
            self._running = activity
            self._decoder.cancel()
            self._runner.run(spec, *(document.input for document in documents))

    @Slot(object)
    def _on_finished(self, result: Any) -> None:
        if self._running is not None and self._page is not None:
            self._page.show_result(self._running, result)

    @Slot(str, str)
    def _on_logged(self, text: str, level: str) -> None:
        log.log(logging.WARNING if level == "warning" else logging.INFO, text)

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self.workspace.notify(text, "error")

    @Slot(str, object)
    def _on_view_made(self, name: str, view: ResultView) -> None:
        from aedesk.gui.panels.explore.code_view import CodeView

        view.picture_requested.connect(self._on_picture_requested)
        view.again_requested.connect(self._on_again)
        if isinstance(view, CodeView):
            view.edited.connect(self._on_edited)

    @Slot(object, object)
    def _on_edited(self, code: object, original: object) -> None:
        context = self._context()
        if context is not None:
            self._decoder.follow(DecodeSpec(context.model, context.device, context.fit), code, original)

    @Slot(object)
    def _on_decoded(self, result: Any) -> None:
        from aedesk.gui.panels.explore.code_view import CodeView

        view = None if self._page is None else self._page.view(self.activities[0])
        if isinstance(view, CodeView) and view.has_result:
            view.show_decoded(result)

    @Slot()
    def _on_again(self) -> None:
        activity = self.activity
        if isinstance(activity, SampleActivity):
            activity.draw()
        self._begin()

    @Slot(str)
    def _on_set_requested(self, name: str) -> None:
        folder = data_dir() / "datasets" / "pictures" / name
        download = explore.ask_download(self, SET_TITLES[name], folder)
        if download is not None:
            self._unpacker.run(UnpackSpec(name, str(folder), download=download))

    @Slot(str)
    def _on_picture_requested(self, path: str) -> None:
        """Opens a picture of the map or the outliers and shows its code."""
        documents = self.workspace.library.add([Path(path)])
        self.activity_choice.setCurrentIndex(self.activity_choice.findData(CodeActivity.name))
        self.workspace.library.set_current(documents[0])
