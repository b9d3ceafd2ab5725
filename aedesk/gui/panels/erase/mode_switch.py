"""The modes of the Erase panel and the switch between them."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QLabel, QRadioButton, QVBoxLayout, QWidget

FIND, PAINT, SHARED = "find", "paint", "shared"


@dataclass(frozen=True)
class EraseMode:
    """One mode; ``description`` is shown below the switch."""

    name: str
    title: str
    description: str
    tip: str


MODES = (
    EraseMode(
        FIND, "Find automaticall&y", "Finds semi-transparent text, logos and patterns.", "You can correct the result before it is erased"
    ),
    EraseMode(PAINT, "Paint a mas&k", "For date stamps, scratches, folds and dust.", "Paint over what you want to remove, then erase it"),
    EraseMode(
        SHARED,
        "Same watermark on many pict&ures",
        "Estimates the watermark from all pictures together.",
        "For pictures with the same watermark: what repeats is the watermark",
    ),
)


class ModeSwitch(QWidget):
    """Emits ``changed`` when another mode is chosen."""

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("eraseModes")
        self.setAccessibleName("Mode")
        self.name = name
        self._group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        grid = QGridLayout()
        for place, mode in enumerate(MODES):
            button = QRadioButton(mode.title)
            button.setObjectName(f"eraseMode_{mode.name}")
            button.setToolTip(mode.tip)
            button.setChecked(mode.name == name)
            self._group.addButton(button)
            grid.addWidget(button, place // 2, place % 2, 1, 2 if place == 2 else 1)  # the third has the longest label
        column.addLayout(grid)
        self._about = QLabel()
        self._about.setObjectName("eraseAbout")
        self._about.setProperty("quiet", True)
        self._about.setWordWrap(True)
        column.addWidget(self._about)
        self._show()
        self._group.buttonToggled.connect(self._on_toggled)

    def _show(self) -> None:
        self._about.setText(next(mode.description for mode in MODES if mode.name == self.name))

    @Slot(QAbstractButton, bool)
    def _on_toggled(self, button: QAbstractButton, checked: bool) -> None:
        if checked:
            self.name = button.objectName().removeprefix("eraseMode_")
            self._show()
            self.changed.emit()
