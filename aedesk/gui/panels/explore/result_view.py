"""What the views of the page have in common: a hint as long as there is nothing to see."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget


class ResultView(QStackedWidget):
    """Subclasses fill ``body`` and show results in it.

    Signals:
        picture_wanted(str): the person wants to see the picture of this path.
        again_wanted: the same once more, with other random numbers.
    """

    picture_wanted = Signal(str)
    again_wanted = Signal()

    def __init__(self, name: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._hint = QLabel(hint)
        self._hint.setObjectName(f"{name}Hint")
        self._hint.setProperty("quiet", True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(60, 0, 60, 0)
        self.addWidget(self._hint)
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(16, 12, 16, 12)
        self.column.setSpacing(10)
        self.addWidget(self.body)

    @property
    def has_result(self) -> bool:
        return self.currentIndex() == 1

    def show_result(self, result: Any) -> None:
        """Fill in a result and show it."""
        self.fill(result)
        self.setCurrentIndex(1)

    def clear(self) -> None:
        """What is shown belongs to another model or folder."""
        self.setCurrentIndex(0)

    def fill(self, result: Any) -> None:
        raise NotImplementedError
