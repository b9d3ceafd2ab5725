"""The base class of the views, which shows a hint until there is a result."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget


class ResultView(QStackedWidget):
    """Subclasses fill ``body`` and show results in it.

    Signals:
        picture_requested(str): the user wants to open the picture at this path.
        again_requested: the user wants another result with other random numbers.
    """

    picture_requested = Signal(str)
    again_requested = Signal()

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
        """Whether a result is shown."""
        return self.currentIndex() == 1

    def show_result(self, result: Any) -> None:
        """Shows a result."""
        self.fill(result)
        self.setCurrentIndex(1)

    def clear(self) -> None:
        """Hides the result, which belongs to another model or folder."""
        self.setCurrentIndex(0)

    def fill(self, result: Any) -> None:
        """Fills the widgets with a result."""
        raise NotImplementedError
