"""The page of the Train panel with the tabs Setup, All settings, Network and Progress."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from aedesk.core.errors import AedeskError
from aedesk.gui.dialogs import files
from aedesk.gui.panels.train import saved_runs
from aedesk.gui.panels.train.data_source import DataSourceBox
from aedesk.gui.panels.train.goal_cards import GoalCards
from aedesk.gui.panels.train.network_page import NetworkPage
from aedesk.gui.panels.train.progress_page import ProgressPage, export_name
from aedesk.gui.panels.train.recipe_draft import RecipeDraft
from aedesk.gui.panels.train.recipe_form import RecipeForm
from aedesk.gui.panels.train.saved_runs import SavedRun
from aedesk.gui.panels.train.training_session import Run, TrainingSession
from aedesk.gui.widgets.labels import elide_middle
from aedesk.gui.workspace import Workspace
from aedesk.settings.places import runs_dir

MIN_CARDS_PX, CARDS_PX = 248, 330
TABS = ("setup", "settings", "network", "progress")


class TrainPage(QTabWidget):
    """Four tabs."""

    def __init__(self, workspace: Workspace, draft: RecipeDraft, session: TrainingSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainPage")
        self.setAccessibleName("Training")
        self.setDocumentMode(True)
        self._workspace, self._draft, self._session = workspace, draft, session
        settings = workspace.settings
        self.data_box = DataSourceBox(workspace, draft)
        self.form = RecipeForm(draft)
        self.network = NetworkPage()
        self.progress = ProgressPage(session, log_y=settings["train_log_y"], smoothing=settings["train_smoothing"])
        self.addTab(self._make_setup(), "Setup")
        self.addTab(self.form, "All settings")
        self.addTab(self.network, "Network")
        self.addTab(self.progress, "Progress")
        self.form.open_requested.connect(self._open_recipe)
        self.form.save_requested.connect(self._save_recipe)
        self.progress.compare.menu().aboutToShow.connect(self._fill_compare)
        for title, suffix, tip in (
            ("Curves as CSV\u2026", ".csv", "All metrics by step"),
            ("Plots as PNG\u2026", ".png", "As shown"),
        ):
            action = self.progress.export.menu().addAction(title)
            action.setObjectName(f"export_{suffix[1:]}")
            action.setToolTip(tip)
            action.triggered.connect(partial(self._export, suffix))
        self._compared: set[Path] = set()
        self._known: list[Path] = []
        session.began.connect(self._on_began)

    def show_tab(self, name: str) -> None:
        """Shows one of ``TABS``."""
        self.setCurrentIndex(TABS.index(name))

    def show_saved(self, saved: SavedRun) -> None:
        """Shows the run that can be resumed."""
        self.progress.show_history(saved.curves, saved.sheet)
        self.show_tab("progress")

    def refresh_runs(self) -> None:
        """Updates the runs for *Compare*."""
        self._workspace.pool.run(lambda: saved_runs.list_runs(runs_dir()), self._on_runs, background=True)

    def _make_setup(self) -> QWidget:
        page = QWidget()
        page.setObjectName("setupPage")
        cards = QScrollArea()
        cards.setObjectName("goalScroll")
        cards.setWidgetResizable(True)
        cards.setFrameShape(QFrame.Shape.NoFrame)
        cards.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        cards.setMinimumWidth(MIN_CARDS_PX)
        cards.setMaximumWidth(CARDS_PX)
        cards.setWidget(GoalCards(self._draft))
        row = QHBoxLayout(page)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(14)
        row.addWidget(cards, 1)
        right = QVBoxLayout()
        right.addWidget(self.data_box, 1)
        row.addLayout(right, 1)
        return page

    @Slot(object, bool)
    def _on_began(self, run: Run, resumed: bool) -> None:
        if resumed:
            self.progress.continue_from(self._session.step)
        else:
            self.progress.clear()
        self._compared.discard(run.folder)
        self.show_tab("progress")
        self.refresh_runs()

    def _on_runs(self, found: list[Path]) -> None:
        self._known = found

    @Slot()
    def _fill_compare(self) -> None:
        menu = self.progress.compare.menu()
        menu.clear()
        current = self._session.run.folder if self._session.run else None
        others = [folder for folder in self._known if folder != current]
        for folder in others:
            action = menu.addAction(elide_middle(folder.name, 48))
            action.setCheckable(True)
            action.setChecked(folder in self._compared)
            action.toggled.connect(partial(self._compare, folder))
        if not others:
            menu.addAction("No other runs yet").setEnabled(False)

    def _compare(self, folder: Path, on: bool) -> None:
        if not on:
            self._compared.discard(folder)
            self.progress.set_earlier(folder.name, {})
            return
        self._compared.add(folder)

        def show(curves: saved_runs.Curves) -> None:
            if folder in self._compared:
                self.progress.set_earlier(folder.name, curves)

        self._workspace.pool.run(lambda: saved_runs.read_curves(folder / "metrics.jsonl"), show)

    def _export(self, suffix: str, _checked: bool = False) -> None:
        run = self._session.run
        if run is None or not self.progress.losses.names:
            self._workspace.notify("There are no curves yet.", "info")
            return
        path = files.choose_target(self.window(), "Export curves", export_name(run.folder, suffix), suffix[1:].upper())
        if path is None:
            return
        if suffix == ".csv":
            curves = self.progress.curves()
            self._write(lambda: saved_runs.write_csv(curves, path))
        else:
            picture = self.progress.png()
            self._write(lambda: saved_runs.write_bytes(picture, path))

    def _write(self, work: object) -> None:
        pool, notify = self._workspace.pool, self._workspace.notify
        pool.run(work, lambda path: notify(f"Saved {path}.", "info"), lambda error: notify(str(error), "error"))  # type: ignore[arg-type]

    @Slot()
    def _open_recipe(self) -> None:
        path = files.choose_recipe(self.window(), str(self._workspace.settings["last_folder"]))
        if path is None:
            return
        try:
            self._draft.open(path)
        except AedeskError as error:
            self._workspace.notify(str(error), "error")

    @Slot()
    def _save_recipe(self) -> None:
        folder = Path(self._workspace.settings["last_folder"] or Path.home())
        path = files.choose_target(self.window(), "Save recipe", folder / f"{self._draft.table['name']}.toml", "TOML")
        if path is None:
            return
        try:
            self._draft.save(path)
            self._workspace.notify(f"Saved {path}.", "info")
        except AedeskError as error:
            self._workspace.notify(str(error), "error")
