"""Decorations over the picture: captions, split handle, preview box, frame of the loupe, messages.

They are light with a dark outline instead of taking the palette's colours, because they are drawn over pictures.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPolygonF

BACKGROUND_DARK = QColor(0x26, 0x26, 0x26)
BACKGROUND_LIGHT = QColor(0xC9, 0xC9, 0xC9)
_INK = QColor(255, 255, 255)
_PLATE = QColor(20, 20, 20, 190)
_RIM = QColor(0, 0, 0, 130)
_MARGIN = 10
HANDLE_REACH_PX = 12


def background(palette: QPalette) -> QColor:
    """Returns a neutral gray for the surroundings, dark or light like the window: a colour would bias the eye."""
    dark = palette.color(QPalette.ColorRole.Window).lightness() < 128
    return BACKGROUND_DARK if dark else BACKGROUND_LIGHT


def draw_caption(painter: QPainter, area: QRect, text: str, *, right: bool = False, bottom: bool = False) -> QRect:
    """Draws ``text`` on a plate in a corner of ``area``. Returns its rectangle, empty if there is no room for it."""
    metrics = QFontMetrics(painter.font())
    width, height = metrics.horizontalAdvance(text) + 20, metrics.height() + 8
    if area.width() < width + 2 * _MARGIN or area.height() < height + 2 * _MARGIN:
        return QRect()
    x = area.right() + 1 - _MARGIN - width if right else area.left() + _MARGIN
    y = area.bottom() + 1 - _MARGIN - height if bottom else area.top() + _MARGIN
    plate = QRect(x, y, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, height / 2, height / 2)
    painter.setPen(_INK)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    return plate


def draw_split_handle(painter: QPainter, area: QRect, x: int, *, focused: bool) -> None:
    """Draws the line between before and after with its grip."""
    painter.setPen(QPen(_RIM, 4))
    painter.drawLine(x, area.top(), x, area.bottom())
    painter.setPen(QPen(_INK, 2))
    painter.drawLine(x, area.top(), x, area.bottom())
    middle = QPointF(x, area.center().y())
    painter.setPen(QPen(_RIM, 1))
    painter.setBrush(_INK)
    painter.drawEllipse(middle, 17, 17)
    painter.setPen(QPen(QColor(40, 40, 40), 2.5 if focused else 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for side in (-1, 1):
        tip = middle + QPointF(side * 10, 0)
        for up in (-1, 1):
            painter.drawLine(tip, middle + QPointF(side * 5, up * 5))


def draw_preview_box(painter: QPainter, rect: QRectF) -> None:
    """Draws the outline of the preview; ``rect`` in logical pixels."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_RIM, 3))
    painter.drawRect(rect)
    painter.setPen(QPen(_INK, 1, Qt.PenStyle.DashLine))
    painter.drawRect(rect)


def draw_loupe_frame(painter: QPainter, rect: QRectF) -> None:
    """Draws the circle around the loupe."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_RIM, 4))
    painter.drawEllipse(rect)
    painter.setPen(QPen(_INK, 2))
    painter.drawEllipse(rect)


def draw_ring(painter: QPainter, middle: QPointF, radius: float) -> None:
    """Draws the circle of a brush, visible on any background."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(_RIM, 3), QPen(_INK, 1.2)):
        painter.setPen(pen)
        painter.drawEllipse(middle, radius, radius)


def draw_outline(painter: QPainter, corners: list[QPointF]) -> None:
    """Draws the closed line of a tool; in logical pixels."""
    if len(corners) < 2:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(_RIM, 3), QPen(_INK, 1.2, Qt.PenStyle.DashLine)):
        painter.setPen(pen)
        painter.drawPolygon(QPolygonF(corners))


def draw_message(painter: QPainter, area: QRect, text: str, palette: QPalette, detail: str = "") -> None:
    """Draws a message in the middle of a pane, with an optional second, smaller line."""
    dark = background(palette) == BACKGROUND_DARK
    painter.setPen(QColor(0xC4, 0xC4, 0xC4) if dark else QColor(0x3A, 0x3A, 0x3A))
    font = painter.font()
    painter.save()
    if detail:
        font.setPointSizeF(font.pointSizeF() * 1.5)
        painter.setFont(font)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    room = area.adjusted(16, 16, -16, -16)
    needed = painter.boundingRect(room, int(flags), text)
    top = room.center().y() - needed.height() / 2
    painter.drawText(QRectF(room.left(), top, room.width(), needed.height() + 4), int(flags), text)
    painter.restore()
    if detail:
        painter.drawText(QRectF(room.left(), top + needed.height() + 12, room.width(), 60), int(flags), detail)


def draw_drop_frame(painter: QPainter, area: QRect, palette: QPalette) -> None:
    """Draws the frame that is shown while files are dragged over the widget."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 3, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(area.adjusted(12, 12, -12, -12), 14, 14)


def draw_focus_frame(painter: QPainter, area: QRect, palette: QPalette) -> None:
    """Draws the frame of the keyboard focus."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 2))
    painter.drawRect(area.adjusted(1, 1, -1, -1))
