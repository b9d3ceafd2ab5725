"""A line of text with a spinner."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimerEvent
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPalette, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_RING_PX = 16
_TICK_MS = 60


class BusyLabel(QWidget):
    """The spinner turns only while it is busy and visible, so that an idle window uses no processor time."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("busyLabel")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._timer_id = 0
        self._angle = 0
        self._busy = False
        self._text = ""
        self.set_text(text)

    @property
    def text(self) -> str:
        return self._text

    @property
    def busy(self) -> bool:
        """Whether the spinner is shown."""
        return self._busy

    def set_text(self, text: str) -> None:
        """Sets the text."""
        self._text = text
        self.setAccessibleName(text or "Status")
        self.updateGeometry()
        self.update()

    def set_busy(self, busy: bool, text: str | None = None) -> None:
        """Starts or stops the spinner; None keeps the text."""
        self._busy = busy
        if text is not None:
            self.set_text(text)
        self._set_turning(busy and self.isVisible())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + (_RING_PX + 8 if self._busy else 0) + 4, max(_RING_PX, metrics.height()) + 6)

    def minimumSizeHint(self) -> QSize:
        return QSize(_RING_PX, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = 0
        if self._busy:
            top = (self.height() - _RING_PX) // 2
            pen = QPen(self.palette().color(QPalette.ColorRole.Highlight), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawArc(2, top + 2, _RING_PX - 4, _RING_PX - 4, -self._angle * 16, 270 * 16)
            left = _RING_PX + 8
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        room = self.rect().adjusted(left, 0, 0, 0)
        text = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()

    def timerEvent(self, event: QTimerEvent) -> None:
        self._angle = (self._angle + 18) % 360
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        self._set_turning(self._busy)

    def hideEvent(self, event: QHideEvent) -> None:
        self._set_turning(False)

    def _set_turning(self, turning: bool) -> None:
        if turning and not self._timer_id:
            self._timer_id = self.startTimer(_TICK_MS)
        elif not turning and self._timer_id:
            self.killTimer(self._timer_id)
            self._timer_id = 0
