"""Paints progress bars and buttons of the job list, so that a thousand jobs need no widgets."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from aedesk.gui.shell.job_list import model as jobs
from aedesk.gui.widgets.style.icons import icon

_BUTTON_PX = 24
Index = QModelIndex | QPersistentModelIndex


class JobsDelegate(QStyledItemDelegate):
    """Signals: pressed(row): the button of a row was clicked."""

    pressed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icons = {"cancel": icon("cancel"), "retry": icon("retry")}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width(), 34)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Elides file names in the middle and sentences at the end."""
        super().initStyleOption(option, index)
        if index.column() == jobs.NAME:
            option.textElideMode = Qt.TextElideMode.ElideMiddle

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.column() not in (jobs.PROGRESS, jobs.ACTION):
            super().paint(painter, option, index)
            return
        QApplication.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.column() == jobs.PROGRESS:
            _draw_progress(painter, option, index)
        else:
            self._draw_button(painter, option, index)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and index.column() == jobs.ACTION
            and button_rect(option.rect).contains(event.position().toPoint())
        ):
            self.pressed.emit(index.row())
            return True
        return super().editorEvent(event, model, option, index)

    def _draw_button(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        chosen = self._icons.get(index.data(jobs.ActionRole))
        if chosen is None:
            return
        rect = button_rect(option.rect)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_faded(option.palette.color(QPalette.ColorRole.Text), 0.1))
            painter.drawRoundedRect(rect, 5, 5)
        mode = QIcon.Mode.Selected if option.state & QStyle.StateFlag.State_Selected else QIcon.Mode.Normal
        chosen.paint(painter, rect.adjusted(3, 3, -3, -3), Qt.AlignmentFlag.AlignCenter, mode)


def button_rect(cell: QRect) -> QRect:
    """Returns the rectangle of the button in a cell."""
    return QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, Qt.AlignmentFlag.AlignCenter, QSize(_BUTTON_PX, _BUTTON_PX), cell)


def _draw_progress(painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
    selected = bool(option.state & QStyle.StateFlag.State_Selected)
    ink = option.palette.color(QPalette.ColorRole.HighlightedText if selected else QPalette.ColorRole.Text)
    fill = ink if selected else option.palette.color(QPalette.ColorRole.Highlight)
    room = option.rect.adjusted(8, 0, -8, 0)
    text_width = option.fontMetrics.horizontalAdvance("100 %") + 8
    bar = QRectF(room.left(), room.center().y() - 3, room.width() - text_width, 7)
    state, fraction = index.data(jobs.StateRole), index.data(jobs.FractionRole)
    if state == jobs.QUEUED:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_faded(ink, 0.18))
    painter.drawRoundedRect(bar, 3.5, 3.5)
    if state in (jobs.FAILED, jobs.CANCELLED):
        fill = _faded(ink, 0.45)
    if fraction:
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(bar.topLeft(), QSizeF(max(7, round(bar.width() * fraction)), 7)), 3.5, 3.5)
    painter.setPen(ink)
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, str(index.data()))


def _faded(colour: QColor, alpha: float) -> QColor:
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made
