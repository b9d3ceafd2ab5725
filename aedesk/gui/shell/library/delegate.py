"""Paints the pictures of the library: thumbnail, name and badge."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from aedesk.gui.shell.library import model as lib

THUMBNAIL_PX = 112
_PAD = 8
_BADGE_PX = 22
_COLOURS = {
    lib.WORKING: QColor(0x2F, 0x6D, 0xB5),
    lib.DONE: QColor(0x1F, 0x7A, 0x4A),
    lib.FAILED: QColor(0xB3, 0x2D, 0x2D),
    lib.MODIFIED: QColor(0x8A, 0x5A, 0x00),
}
_INK = QColor(255, 255, 255)


class LibraryDelegate(QStyledItemDelegate):
    """Paints one picture without creating objects for it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(THUMBNAIL_PX + 2 * _PAD, THUMBNAIL_PX + 3 * _PAD + option.fontMetrics.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        card = option.rect.adjusted(2, 2, -2, -2)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            fill = QColor(option.palette.color(QPalette.ColorRole.Highlight))
            fill.setAlphaF(0.22 if selected else 0.08)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(card, 8, 8)
        if selected or focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(option.palette.color(QPalette.ColorRole.Highlight), 2 if focused else 1))
            painter.drawRoundedRect(QRectF(card).adjusted(1, 1, -1, -1), 8, 8)
        field = QRect(card.left() + _PAD - 2, card.top() + _PAD - 2, card.width() - 2 * _PAD + 4, THUMBNAIL_PX)
        picture = _draw_thumbnail(painter, field, index.data(Qt.ItemDataRole.DecorationRole), option.palette)
        name = QRect(card.left() + 6, field.bottom() + 4, card.width() - 12, option.fontMetrics.height() + 2)
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))
        text = option.fontMetrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignCenter, text)
        badge = index.data(lib.BadgeRole)
        if badge:
            _draw_badge(painter, picture, badge, int(index.data(lib.PercentRole)))
        painter.restore()


def _draw_thumbnail(painter: QPainter, field: QRect, image: QImage | None, palette: QPalette) -> QRect:
    """Draws the picture centred in ``field``, or a placeholder while it is being read or if it cannot be read."""
    if image is None or image.isNull():
        size = QSize(field.height() * 4 // 5, field.height() * 3 // 5)
        plate = QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, Qt.AlignmentFlag.AlignCenter, size, field)
        ink = QColor(palette.color(QPalette.ColorRole.Text))
        ink.setAlphaF(0.12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawRoundedRect(plate, 4, 4)
        if image is not None:
            ink.setAlphaF(0.6)
            painter.setPen(QPen(ink, 2))
            middle = QPointF(plate.center())
            painter.drawLine(middle + QPointF(-8, -8), middle + QPointF(8, 8))
            painter.drawLine(middle + QPointF(-8, 8), middle + QPointF(8, -8))
        return plate
    size = image.size().scaled(field.size(), Qt.AspectRatioMode.KeepAspectRatio)
    if size.width() > image.width():
        size = image.size()
    target = QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, Qt.AlignmentFlag.AlignCenter, size, field)
    painter.drawImage(target, image)
    return target


def _draw_badge(painter: QPainter, picture: QRect, badge: str, percent: int) -> None:
    """Draws a badge with its own shape for each state, so that it does not depend on colour alone."""
    text = f"{percent} %" if badge == lib.WORKING else ""
    width = painter.fontMetrics().horizontalAdvance(text) + 14 if text else _BADGE_PX
    plate = QRectF(picture.right() - width + 5, picture.bottom() - _BADGE_PX + 5, width, _BADGE_PX)
    painter.setPen(QPen(_INK, 1.5))
    painter.setBrush(_COLOURS[badge])
    painter.drawRoundedRect(plate, _BADGE_PX / 2, _BADGE_PX / 2)
    painter.setPen(QPen(_INK, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    middle = plate.center()
    if badge == lib.WORKING:
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    elif badge == lib.DONE:
        painter.drawPolyline([middle + QPointF(-5, 0), middle + QPointF(-1.5, 4), middle + QPointF(5, -4)])
    elif badge == lib.FAILED:
        painter.drawLine(middle + QPointF(0, -5.5), middle + QPointF(0, 1.5))
        painter.drawPoint(middle + QPointF(0, 5.5))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_INK)
        painter.drawEllipse(middle, 4, 4)
