"""The Train panel: a summary of the recipe, and the buttons that start, pause, resume and stop the training."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

from aedesk.core.errors import AedeskError
from aedesk.core.specs import ModelInfo
from aedesk.core.training_specs import DataSummary, DescribeSpec, ModelSummary
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.base import Panel, lay_out_with_foot
from aedesk.gui.panels.train import saved_runs
from aedesk.gui.panels.train.recipe_draft import RecipeDraft
from aedesk.gui.panels.train.saved_runs import SavedRun
from aedesk.gui.panels.train.training_session import Run, State, TrainingSession
from aedesk.gui.widgets.labels import WrappedLabel
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.models.files.library import adopt
from aedesk.training.recipes.presets import BY_NAME, FAMILY_NOTES, family_title

if TYPE_CHECKING:
    from aedesk.gui.panels.train.page import TrainPage

CHECK_MS = 150
DESCRIBE_MS = 300


class TrainPanel(Panel):
    """The controls of Train."""

    run_title = "Train"

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("trainPanel")
        self.draft = RecipeDraft(self)
        self.session = TrainingSession(workspace, self)
        self._page: TrainPage | None = None
        self._saved_run: SavedRun | None = None
        self._problem = ""
        self._described: DescribeSpec | None = None
        self._active = False
        self._describer = LatestJob(workspace.bridge, self, settle_ms=DESCRIBE_MS)
        self._check = QTimer(self)
        self._check.setSingleShot(True)
        self._check.setInterval(CHECK_MS)
        self._check.timeout.connect(self._on_checked)
        self._make_widgets()
        self._lay_out()
        self.draft.restore(workspace.settings["train_goal"], workspace.settings["train_recipe"])
        self._connect()
        self._on_pictures()
        self._show_draft()
        self._on_checked()
        self._look_for_unfinished()

    def page(self) -> TrainPage:
        if self._page is None:
            from aedesk.gui.panels.train.page import TrainPage  # importing pyqtgraph takes time, which the first paint must not wait for

            self._page = TrainPage(self.workspace, self.draft, self.session)
            self._describer.finished.connect(self._page.network.show_summary)
            self._describer.failed.connect(self._page.network.show_problem)
            self._page.data_box.found.connect(self._on_found)
            if self._saved_run is not None:
                self._page.show_saved(self._saved_run)
        return self._page

    def set_active(self, active: bool) -> None:
        self._active = active
        if self._page is not None:
            self._page.data_box.set_active(active)
        if active:
            self._describe()
            if self._page is not None:
                self._page.refresh_runs()
        else:
            self._described = None
            self._describer.cancel()

    def save_settings(self) -> None:
        settings = self.workspace.settings
        settings["train_goal"] = self.draft.goal
        settings["train_recipe"] = self.draft.text()
        if self._page is not None:
            settings["train_log_y"] = self._page.progress.log_y
            settings["train_smoothing"] = self._page.progress.smoothing

    def _make_widgets(self) -> None:
        self._goal = _label("trainGoal", heading=True)
        self._sentence = _label("trainSentence", quiet=True)
        self._pictures = _label("trainPictures", quiet=True)
        self._network = _label("trainNetwork", quiet=True)
        self._name = QLineEdit()
        self._name.setObjectName("runName")
        self._name.setAccessibleName("Name")
        self._name.setToolTip("Name of the model in lists")
        self._advanced = QPushButton("&Advanced\u2026")
        self._advanced.setObjectName("advancedButton")
        self._advanced.setToolTip("Show all settings")
        self._state = _label("trainState")
        self._bar = QProgressBar()
        self._bar.setObjectName("trainProgress")
        self._bar.setAccessibleName("Training progress")
        self._bar.setTextVisible(False)
        self._start = _button("trainStart", "&Train", "Start a new run with these settings", primary=True)
        self._pause = _button("trainPause", "&Pause", "Save a checkpoint and pause; the run can be resumed later")
        self._resume = _button("trainResume", "&Resume", "Continue from the last checkpoint", primary=True)
        self._stop = _button("trainStop", "&Stop", "End the run and keep the model")
        self._use = _button("useNow", "&Use now", "Add the model to your models and use it in Restore or Compress")

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 14, 16, 8)
        column.setSpacing(4)
        for widget in (self._goal, self._sentence):
            column.addWidget(widget)
        for title, value in (("Pictures", self._pictures), ("Network", self._network)):
            column.addSpacing(8)
            heading = QLabel(title)
            heading.setProperty("heading", True)
            column.addWidget(heading)
            column.addWidget(value)
        column.addSpacing(8)
        name = QLabel("&Name")
        name.setBuddy(self._name)
        name.setProperty("heading", True)
        column.addWidget(name)
        column.addWidget(self._name)
        column.addSpacing(6)
        column.addWidget(self._advanced)
        column.addStretch(1)
        foot = QVBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self._state)
        foot.addWidget(self._bar)
        buttons = QHBoxLayout()
        for button in (self._start, self._pause, self._resume, self._stop):
            buttons.addWidget(button, 2 if button.property("primary") else 1)
        foot.addWidget(self._use)
        foot.addLayout(buttons)
        lay_out_with_foot(self, body, foot)

    def _connect(self) -> None:
        self._name.textEdited.connect(self._on_name)
        self._advanced.clicked.connect(lambda: self.page().show_tab("settings"))
        self._start.clicked.connect(self.start)
        self._pause.clicked.connect(self.session.pause)
        self._resume.clicked.connect(self.session.resume)
        self._stop.clicked.connect(self.session.stop)
        self._use.clicked.connect(self.use_now)
        self.draft.changed.connect(self._on_draft)
        self.draft.pictures_changed.connect(self._on_pictures)
        self.session.changed.connect(self._show_state)
        self._describer.finished.connect(self._on_described)
        self._describer.failed.connect(self._network.setText)

    @Slot()
    def start(self) -> None:
        """Starts a new run if the recipe has no problems."""
        self._on_checked()
        if self._problem:
            return
        run = Run(copy.deepcopy(self.draft.table), self.draft.new_folder())
        self.page()
        self.save_settings()
        self.session.begin(run)

    @Slot()
    def use_now(self) -> None:
        """Adds the model to the user's models and uses it: a denoiser in Restore, a codec in Compress."""
        run = self.session.run
        weights = run.weights() if run is not None else None
        if run is None or weights is None:
            return
        self._use.setEnabled(False)
        self.workspace.pool.run(lambda: adopt(weights, run.title, trained=True), self._on_adopted, self._on_not_adopted)

    def _on_adopted(self, model: ModelInfo) -> None:
        self._use.setEnabled(True)
        if model.purpose == "denoise":
            self.workspace.inventory.choose_model(model.name)
            self.workspace.notify(f"{model.title} was added to your models. Restore now uses it.", "info")
        elif model.purpose == "codec":
            self.workspace.inventory.choose_codec(model.name)
            self.workspace.notify(f"{model.title} was added to your models. Compress now uses it.", "info")
        else:
            self.workspace.notify(f"{model.title} was added to your models as {model.name}.", "info")
        self.workspace.inventory.refresh()

    def _on_not_adopted(self, error: AedeskError) -> None:
        self._use.setEnabled(True)
        self.workspace.notify(str(error), "error")

    @Slot(str)
    def _on_name(self, text: str) -> None:
        self.draft.rename(text.strip())

    @Slot()
    def _on_draft(self) -> None:
        self._check.start()
        self._show_draft()

    @Slot()
    def _on_pictures(self) -> None:
        self._pictures.setText("Not inspected yet." if self.draft.has_pictures else "Choose a folder first.")

    @Slot(object)
    def _on_found(self, summary: DataSummary | None) -> None:
        if summary is None:
            self._on_pictures()
            return
        from aedesk.gui.panels.train.data_source import describe_pictures

        self._pictures.setText(describe_pictures(summary))

    @Slot()
    def _on_checked(self) -> None:
        problems = self.draft.problems()
        missing = "" if self.draft.has_pictures else "Choose training pictures."
        self._problem = next(iter(problems.values()), missing)
        self._show_state()
        if not problems:
            self._describe()

    def _describe(self) -> None:
        spec = DescribeSpec(copy.deepcopy(self.draft.table["model"]), int(self.draft.table["stage"][-1].get("patch_px", 64)))
        if self._active and spec != self._described:
            self._described = spec
            self._describer.run(spec)

    @Slot(object)
    def _on_described(self, summary: ModelSummary) -> None:
        from aedesk.gui.panels.train.network_page import describe_network

        self._network.setText(describe_network(summary))

    def _show_draft(self) -> None:
        goal = BY_NAME[self.draft.goal]
        family = family_title(self.draft.family)
        self._goal.setText(goal.title if goal.name != "any" else family[:1].upper() + family[1:])
        self._sentence.setText(goal.sentence if goal.name != "any" else FAMILY_NOTES.get(self.draft.family, ""))
        if not self._name.hasFocus():
            self._name.setText(str(self.draft.table.get("title") or self.draft.table["name"]))

    @Slot()
    def _show_state(self) -> None:
        session, state = self.session, self.session.state
        idle = state is State.IDLE
        self._state.setText((self._problem or "Ready to train.") if idle else session.description)
        wrong = state is State.FAILED
        if bool(self._state.property("wrong")) != wrong:
            self._state.setProperty("wrong", wrong)
            self._state.style().unpolish(self._state)
            self._state.style().polish(self._state)
        total = session.run.steps if session.run else 0
        self._bar.setVisible(not idle)
        self._bar.setRange(0, 0 if state is State.STARTING else max(total, 1))
        self._bar.setValue(min(session.step, total))
        paused = state is State.PAUSED
        self._start.setVisible(not session.working and not paused)
        self._start.setText("&Train" if idle else "&New run")
        self._start.setEnabled(not self._problem)
        self._start.setToolTip(self._problem or "Start a new run with these settings")
        self._pause.setVisible(state in (State.STARTING, State.RUNNING, State.PAUSING))
        self._pause.setEnabled(state is not State.PAUSING)
        self._resume.setVisible(session.can_resume)
        self._stop.setVisible(session.working or paused)
        self._stop.setEnabled(state is not State.STOPPING)
        weights = session.run.weights() if session.run is not None and not session.working else None
        self._use.setVisible(weights is not None)

    def _look_for_unfinished(self) -> None:
        folder = self.workspace.settings["train_run"]
        if folder:
            self.workspace.pool.run(lambda: saved_runs.read_run(Path(folder)), self._on_unfinished, self._on_no_run, background=True)

    def _on_unfinished(self, saved: SavedRun) -> None:
        if not saved.unfinished or self.session.working or self.session.run is not None:
            return
        self._saved_run = saved
        self.session.offer(saved.run, saved.step)
        if self._page is not None:
            self._page.show_saved(saved)
        self.workspace.notify(
            f"The training of {saved.run.title} was not finished. You can resume it at step {saved.step:,} in Train.", "info"
        )

    def _on_no_run(self, _error: AedeskError) -> None:
        self.workspace.settings["train_run"] = ""


def _label(name: str, *, heading: bool = False, quiet: bool = False) -> QLabel:
    label = WrappedLabel()
    label.setObjectName(name)
    label.setProperty("heading", heading)
    label.setProperty("quiet", quiet)
    return label


def _button(name: str, text: str, tip: str, *, primary: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setProperty("primary", primary)
    return button
