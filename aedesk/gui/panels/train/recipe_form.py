"""The form with all settings of the recipe, made from the fields of ``training.recipes.fields``."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QGroupBox, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from aedesk.gui.panels.train.recipe_draft import KeyPath, RecipeDraft
from aedesk.gui.panels.train.recipe_row import FIELD_PX, TITLE_PX, RecipeRow
from aedesk.training.recipes.fields import Section, sections
from aedesk.training.recipes.presets import FAMILY_NOTES, families

CHECK_MS = 150
"""The recipe is checked after a burst of typing, not after each key."""


class RecipeForm(QWidget):
    """Shows and edits the draft. It is built when it is first shown, and again when other settings exist.

    Signals:
        open_requested, save_requested: a button for recipe files was pressed.
    """

    open_requested = Signal()
    save_requested = Signal()

    def __init__(self, draft: RecipeDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipeForm")
        self._draft = draft
        self._rows: dict[KeyPath, RecipeRow] = {}
        self._stale = True
        self._writing = False
        self._checking = QTimer(self)
        self._checking.setSingleShot(True)
        self._checking.setInterval(CHECK_MS)
        self._checking.timeout.connect(self.check)
        self._summary = QLabel()
        self._summary.setObjectName("formProblem")
        self._summary.setWordWrap(True)
        self._summary.setProperty("wrong", True)
        self._area = QScrollArea()
        self._area.setObjectName("formScroll")
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        bar.addWidget(self._summary, 1)
        for name, text, tip, signal in (
            ("recipeOpen", "&Open recipe\u2026", "Load all settings from a TOML file", self.open_requested),
            (
                "recipeSave",
                "Save re&cipe\u2026",
                "Save all settings in a TOML file, also for the command line",
                self.save_requested,
            ),
        ):
            button = QPushButton(text)
            button.setObjectName(name)
            button.setToolTip(tip)
            button.clicked.connect(signal)
            bar.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._area, 1)
        draft.rebuilt.connect(self._on_rebuilt)
        draft.changed.connect(self._on_changed)

    def row(self, path: KeyPath) -> RecipeRow:
        """Returns the row of a setting. Raises KeyError if the recipe has no such setting."""
        return self._rows[path]

    @Slot()
    def check(self) -> None:
        """Marks invalid settings."""
        problems = self._draft.problems()
        for path, row in self._rows.items():
            row.show_problem(problems.get(path, ""))
        elsewhere = next((reason for path, reason in problems.items() if path not in self._rows), "")
        count = len(problems)
        marked = "" if not count else "1 setting is invalid, see below." if count == 1 else f"{count} settings are invalid, see below."
        self._summary.setText(elsewhere or marked)

    @Slot()
    def _on_rebuilt(self) -> None:
        self._stale = True
        if self.isVisible():
            QTimer.singleShot(0, self, self._build)  # not while a row is emitting

    @Slot()
    def _on_changed(self) -> None:
        if self._stale or not self.isVisible():
            return
        if not self._writing:
            self._fill()
        self._checking.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._build()
        else:
            self._fill()
            self.check()

    @Slot()
    def _build(self) -> None:
        if not self._stale:
            return
        self._stale = False
        at = self._area.verticalScrollBar().value()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 0, 16, 16)
        column.setSpacing(4)
        self._rows = {}
        for section in sections(self._draft.table):
            column.addWidget(self._make_section(section))
        column.addStretch(1)
        self._area.setWidget(page)
        self._fill()
        self.check()
        QTimer.singleShot(0, self, lambda: self._area.verticalScrollBar().setValue(at))

    def _make_section(self, section: Section) -> QGroupBox:
        box = QGroupBox(section.title)
        box.setObjectName("section_" + "_".join(map(str, section.path or ("run",))))
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 4, 0, 8)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        grid.setColumnMinimumWidth(0, TITLE_PX)
        grid.setColumnMinimumWidth(1, FIELD_PX)
        column.addLayout(grid)
        if section.path == ("model",):
            self._add_family(grid)
        for knob in section.knobs:
            path = (*section.path, knob.key)
            row = RecipeRow(knob, grid, "knob_" + "_".join(map(str, path)).replace("-", "_"))
            row.edited.connect(partial(self._on_edited, path))
            row.unreadable.connect(partial(self._draft.mark_unreadable, path))
            self._rows[path] = row
        if section.path[:1] == ("stage",) and section.path[1] == len(self._draft.table["stage"]) - 1:
            column.addLayout(self._stage_buttons())
        return box

    def _add_family(self, grid: QGridLayout) -> None:
        title, combo, note = QLabel("Autoencoder"), QComboBox(), QLabel(FAMILY_NOTES.get(self._draft.family, ""))
        combo.setObjectName("formFamily")
        combo.setAccessibleName("Autoencoder")
        combo.setToolTip("Choosing another one loads its default recipe")
        combo.setFixedWidth(FIELD_PX)
        note.setWordWrap(True)
        note.setProperty("quiet", True)
        title.setBuddy(combo)
        for family in families():
            combo.addItem(family, family)
        combo.setCurrentIndex(combo.findData(self._draft.family))
        combo.activated.connect(lambda _index: self._draft.choose_family(combo.currentData()))
        for column, widget in enumerate((title, combo, note)):
            grid.addWidget(widget, 0, column)

    def _stage_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for name, text, tip, act in (
            ("stageAdd", "Add sta&ge", "Add a stage with its own patches, batch size and loss", self._draft.add_stage),
            ("stageRemove", "Remove &last stage", "Remove the last stage", self._draft.remove_stage),
        ):
            button = QPushButton(text)
            button.setObjectName(name)
            button.setToolTip(tip)
            button.clicked.connect(act)
            button.setEnabled(name == "stageAdd" or len(self._draft.table["stage"]) > 1)
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _on_edited(self, path: KeyPath, value: object) -> None:
        self._writing = True
        try:
            self._draft.set(path, value)
        finally:
            self._writing = False

    def _fill(self) -> None:
        for path, row in self._rows.items():
            if not row.field.hasFocus() and not self._draft.is_unreadable(path):
                row.show_value(self._draft.get(path))
