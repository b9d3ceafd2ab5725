"""The ways of saying what is to be erased, and the switch between them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

FIND, PAINT, SHARED = "find", "paint", "shared"


@dataclass(frozen=True)
class Way:
    """``about`` says in one line what it is for, ``tip`` how it goes."""

    name: str
    title: str
    about: str
    tip: str


WAYS = (
    Way(FIND, "Find it for &me", "Looks for see-through text, logos and patterns.", "What was found can be corrected before it is erased"),
    Way(PAINT, "I pa&int it", "Paint over dates, scratches, folds and dust.", "Paint over whatever should not be there, then erase it"),
    Way(
        SHARED,
        "Same mark on man&y pictures",
        "Found from all of them together.",
        "For a folder whose pictures carry the same mark: what repeats is the mark",
    ),
)


class WaySwitch(QWidget):
    """``changed`` when another way is chosen."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("eraseWays")
        self.setAccessibleName("How the mark is found")
        self.name = name
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        grid = QGridLayout()
        for place, way in enumerate(WAYS):
            button = QRadioButton(way.title)
            button.setObjectName(f"eraseWay_{way.name}")
            button.setToolTip(way.tip)
            button.setChecked(way.name == name)
            self._group.addButton(button)
            grid.addWidget(button, place // 2, place % 2, 1, 2 if place == 2 else 1)  # the third has the longest words
        column.addLayout(grid)
        self._about = QLabel()
        self._about.setObjectName("eraseAbout")
        self._about.setProperty("quiet", True)
        self._about.setWordWrap(True)
        column.addWidget(self._about)
        self._show()
        self._group.buttonToggled.connect(self._on_toggled)

    def _show(self) -> None:
        self._about.setText(next(way.about for way in WAYS if way.name == self.name))

    @Slot(QAbstractButton, bool)
    def _on_toggled(self, button: QAbstractButton, checked: bool) -> None:
        if checked:
            self.name = button.objectName().removeprefix("eraseWay_")
            self._show()
            self.changed.emit()
