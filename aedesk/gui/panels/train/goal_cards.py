"""The training goals as cards, and the choice of the autoencoder if the goal leaves it open."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QButtonGroup, QComboBox, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from aedesk.gui.panels.train.recipe_draft import RecipeDraft
from aedesk.training.recipes.presets import FAMILY_NOTES, GOALS, Goal, families, family_title, goals


class GoalCard(QToolButton):
    """One goal. It is a button, so that it works with the keyboard and screen readers."""

    def __init__(self, goal: Goal, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"goal_{goal.name}")
        self.setAccessibleName(goal.title)
        self.setAccessibleDescription(goal.sentence)
        self.setCheckable(True)
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        title, sentence = QLabel(goal.title), QLabel(goal.sentence)
        title.setProperty("heading", True)
        sentence.setProperty("quiet", True)
        sentence.setWordWrap(True)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(2)
        for label in (title, sentence):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)

    def sizeHint(self) -> QSize:
        return self._column.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._column.minimumSize()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._column.totalHeightForWidth(width)


class GoalCards(QWidget):
    """Sets the goal of the draft."""

    def __init__(self, draft: RecipeDraft, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("goalCards")
        self._draft = draft
        self._cards = {goal.name: GoalCard(goal) for goal in GOALS}
        self._family = QComboBox()
        self._family.setObjectName("familyChoice")
        self._family.setAccessibleName("Kind of autoencoder")
        for family in families():
            title = family_title(family)
            self._family.addItem(title[:1].upper() + title[1:], family)
        self._note = QLabel()
        self._note.setObjectName("familyNote")
        self._note.setProperty("quiet", True)
        self._note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        group = QButtonGroup(self)
        for card in self._cards.values():
            group.addButton(card)
            column.addWidget(card)
        offered = {goal.name for goal in goals()}
        for name, card in self._cards.items():
            if name not in offered:
                card.hide()  # hidden, not omitted, because it may be the saved choice
        column.addWidget(self._family)
        column.addWidget(self._note)
        column.addStretch(1)
        for name, card in self._cards.items():
            card.clicked.connect(lambda _checked=False, name=name: self._draft.choose_goal(name))
        self._family.activated.connect(self._on_family)
        draft.rebuilt.connect(self._show)
        self._show()

    @Slot(int)
    def _on_family(self, _index: int) -> None:
        self._draft.choose_family(self._family.currentData())

    @Slot()
    def _show(self) -> None:
        self._cards[self._draft.goal].setChecked(True)
        free = self._draft.goal == "any"
        self._family.setCurrentIndex(max(self._family.findData(self._draft.family), 0))
        self._note.setText(FAMILY_NOTES.get(self._draft.family, ""))
        self._family.setVisible(free)
        self._note.setVisible(free)
