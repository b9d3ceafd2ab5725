"""The middle of the window while the Train panel is in front: set up, settings, network, progress."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QTabWidget, QVBoxLayout, QWidget

from aedesk.core.errors import AedeskError
from aedesk.gui.dialogs import files
from aedesk.gui.panels.train import saved_runs
from aedesk.gui.panels.train.data_source import DataBox
from aedesk.gui.panels.train.goal_cards import GoalCards
from aedesk.gui.panels.train.network_page import ModelPage
from aedesk.gui.panels.train.progress_page import LivePage, export_name
from aedesk.gui.panels.train.recipe_draft import Draft
from aedesk.gui.panels.train.recipe_form import AdvancedForm
from aedesk.gui.panels.train.saved_runs import OldRun
from aedesk.gui.panels.train.training_session import Run, Session
from aedesk.gui.widgets.labels import elide_middle
from aedesk.gui.workspace import Workspace
from aedesk.settings.places import runs_dir

CARDS_PX = 330
TABS = ("setup", "settings", "network", "progress")


class TrainPage(QTabWidget):
    """Four pages, made at the first look."""

    def __init__(self, workspace: Workspace, draft: Draft, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainPage")
        self.setAccessibleName("Training")
        self.setDocumentMode(True)
        self._workspace, self._draft, self._session = workspace, draft, session
        settings = workspace.settings
        self.data_box = DataBox(workspace, draft)
        self.form = AdvancedForm(draft)
        self.network = ModelPage()
        self.live = LivePage(session, log_y=settings["train_log_y"], smoothing=settings["train_smoothing"])
        self.addTab(self._make_setup(), "Set up")
        self.addTab(self.form, "All settings")
        self.addTab(self.network, "Network")
        self.addTab(self.live, "Progress")
        self.form.open_wanted.connect(self._open_recipe)
        self.form.save_wanted.connect(self._save_recipe)
        self.live.compare.menu().aboutToShow.connect(self._fill_compare)
        for title, suffix, tip in (
            ("Curves as CSV\u2026", ".csv", "Every figure by step"),
            ("Plots as PNG\u2026", ".png", "As they are seen"),
        ):
            action = self.live.export.menu().addAction(title)
            action.setObjectName(f"export_{suffix[1:]}")
            action.setToolTip(tip)
            action.triggered.connect(partial(self._export, suffix))
        self._compared: set[Path] = set()
        self._known: list[Path] = []
        session.began.connect(self._on_began)

    def show_tab(self, name: str) -> None:
        """Bring one of ``TABS`` to the front."""
        self.setCurrentIndex(TABS.index(name))

    def show_old(self, old: OldRun) -> None:
        """The run that is offered for resuming."""
        self.live.show_history(old.curves, old.sheet)
        self.show_tab("progress")

    def refresh_runs(self) -> None:
        """Look which runs there are, for *Compare*."""
        self._workspace.pool.run(lambda: saved_runs.list_runs(runs_dir()), self._on_runs, background=True)

    def _make_setup(self) -> QWidget:
        page = QWidget()
        page.setObjectName("setupPage")
        cards = QScrollArea()
        cards.setObjectName("goalScroll")
        cards.setWidgetResizable(True)
        cards.setFrameShape(QFrame.Shape.NoFrame)
        cards.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        cards.setFixedWidth(CARDS_PX)
        cards.setWidget(GoalCards(self._draft))
        row = QHBoxLayout(page)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(14)
        row.addWidget(cards)
        right = QVBoxLayout()
        right.addWidget(self.data_box, 1)
        row.addLayout(right, 1)
        return page

    @Slot(object, bool)
    def _on_began(self, run: Run, resumed: bool) -> None:
        if resumed:
            self.live.go_on_from(self._session.step)
        else:
            self.live.clear()
        self._compared.discard(run.folder)
        self.show_tab("progress")
        self.refresh_runs()

    def _on_runs(self, found: list[Path]) -> None:
        self._known = found

    @Slot()
    def _fill_compare(self) -> None:
        menu = self.live.compare.menu()
        menu.clear()
        current = self._session.run.folder if self._session.run else None
        others = [folder for folder in self._known if folder != current]
        for folder in others:
            action = menu.addAction(elide_middle(folder.name, 48))
            action.setCheckable(True)
            action.setChecked(folder in self._compared)
            action.toggled.connect(partial(self._compare, folder))
        if not others:
            menu.addAction("There are no other runs yet").setEnabled(False)

    def _compare(self, folder: Path, on: bool) -> None:
        if not on:
            self._compared.discard(folder)
            self.live.set_older(folder.name, {})
            return
        self._compared.add(folder)

        def show(curves: saved_runs.Curves) -> None:
            if folder in self._compared:
                self.live.set_older(folder.name, curves)

        self._workspace.pool.run(lambda: saved_runs.read_curves(folder / "metrics.jsonl"), show)

    def _export(self, suffix: str, _checked: bool = False) -> None:
        run = self._session.run
        if run is None or not self.live.losses.names:
            self._workspace.tell("There are no curves yet.", "info")
            return
        path = files.choose_target(self.window(), "Export the curves", export_name(run.folder, suffix), suffix[1:].upper())
        if path is None:
            return
        if suffix == ".csv":
            curves = self.live.curves()
            self._write(lambda: saved_runs.write_csv(curves, path))
        else:
            picture = self.live.png()
            self._write(lambda: saved_runs.write_bytes(picture, path))

    def _write(self, work: object) -> None:
        pool, tell = self._workspace.pool, self._workspace.tell
        pool.run(work, lambda path: tell(f"Saved {path}.", "info"), lambda error: tell(str(error), "error"))  # type: ignore[arg-type]

    @Slot()
    def _open_recipe(self) -> None:
        path = files.choose_recipe(self.window(), str(self._workspace.settings["last_folder"]))
        if path is None:
            return
        try:
            self._draft.open(path)
        except AedeskError as error:
            self._workspace.tell(str(error), "error")

    @Slot()
    def _save_recipe(self) -> None:
        folder = Path(self._workspace.settings["last_folder"] or Path.home())
        path = files.choose_target(self.window(), "Save the recipe", folder / f"{self._draft.table['name']}.toml", "TOML")
        if path is None:
            return
        try:
            self._draft.save(path)
            self._workspace.tell(f"Saved {path}.", "info")
        except AedeskError as error:
            self._workspace.tell(str(error), "error")
