"""A code vector as bars that can be dragged."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

MARGIN_PX = 8
SCALE_PX = 36
"""Width of the column with the limits."""
_NUDGES = {Qt.Key.Key_Up: 0.02, Qt.Key.Key_Down: -0.02, Qt.Key.Key_PageUp: 0.1, Qt.Key.Key_PageDown: -0.1}


class CodeBars(QWidget):
    """One bar per entry, from zero up or down; a thin line marks the original value.

    A click selects an entry and sets its value; the arrow keys select and change entries.

    Signals:
        chosen(int): another entry was selected.
        pulled(int, float): the value of an entry was changed.
    """

    chosen = Signal(int)
    pulled = Signal(int, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codeBars")
        self.setAccessibleName("Code")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Drag a bar to change the picture, or use the arrow keys")
        self._values = self._before = np.zeros(0, np.float32)
        self._low, self._high = -1.0, 1.0
        self._current = 0

    @property
    def current(self) -> int:
        """Index of the selected entry."""
        return self._current

    @property
    def values(self) -> np.ndarray:
        """The current values."""
        return self._values

    def set_code(self, code: np.ndarray, low: float, high: float) -> None:
        """Sets the code of a new picture; the bars range from ``low`` to ``high``."""
        self._before, self._values = code.copy(), code.copy()
        self._low, self._high = low, high
        self._current = min(self._current, len(code) - 1)
        self._describe()
        self.update()

    def set_values(self, values: np.ndarray) -> None:
        """Sets the values without changing the original ones."""
        self._values = values.copy()
        self._describe()
        self.update()

    def choose(self, index: int) -> None:
        """Selects an entry."""
        if 0 <= index < len(self._values) and index != self._current:
            self._current = index
            self._describe()
            self.update()
            self.chosen.emit(index)

    def pull(self, index: int, value: float) -> None:
        """Sets an entry, within the range; emits ``pulled``."""
        self._values[index] = np.clip(value, self._low, self._high)
        self._describe()
        self.update()
        self.pulled.emit(index, float(self._values[index]))

    def sizeHint(self) -> QSize:
        return QSize(400, 180)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        zero = self._y(0.0)
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), 1))
        painter.drawLine(QPointF(MARGIN_PX, zero), QPointF(self.width() - MARGIN_PX, zero))
        step = self._step()
        body = palette.color(QPalette.ColorRole.Highlight)
        other = QColor(body)
        other.setAlphaF(0.45)
        for index, (value, before) in enumerate(zip(self._values, self._before, strict=True)):
            left, y = MARGIN_PX + index * step, self._y(float(value))
            width = max(step - 2, step * 0.7)
            bar = QRectF(left, min(y, zero), width, max(abs(y - zero), 1.0))
            painter.fillRect(bar, body if index == self._current else other)
            mark = self._y(float(before))
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 1))
            if width > 3:
                painter.drawLine(QPointF(left, mark), QPointF(left + width, mark))
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        edges = self.rect().adjusted(MARGIN_PX, 2, -MARGIN_PX, -2)
        painter.drawText(edges, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, f"{self._high:.3g}")
        painter.drawText(edges, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, f"{self._low:.3g}")
        if self.hasFocus():
            painter.setPen(QPen(body, 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and len(self._values):
            place = int(np.clip((event.position().x() - MARGIN_PX) / self._step(), 0, len(self._values) - 1))
            self.choose(place)
            self.pull(self._current, self._value(event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and len(self._values):
            self.pull(self._current, self._value(event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.choose(self._current + (1 if key == Qt.Key.Key_Right else -1))
        elif key in _NUDGES and len(self._values):
            self.pull(self._current, float(self._values[self._current]) + _NUDGES[key] * (self._high - self._low))
        else:
            super().keyPressEvent(event)

    def _step(self) -> float:
        return (self.width() - 2 * MARGIN_PX - SCALE_PX) / max(len(self._values), 1)

    def _y(self, value: float) -> float:
        room = self.height() - 2 * MARGIN_PX
        return MARGIN_PX + room * (self._high - value) / (self._high - self._low)

    def _value(self, y: float) -> float:
        room = max(self.height() - 2 * MARGIN_PX, 1)
        return self._high - (y - MARGIN_PX) / room * (self._high - self._low)

    def _describe(self) -> None:
        if len(self._values):
            self.setAccessibleDescription(
                f"entry {self._current + 1} of {len(self._values)} is {self._values[self._current]:.2f}, "
                f"it was {self._before[self._current]:.2f}"
            )
