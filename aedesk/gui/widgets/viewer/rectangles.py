"""Rectangles of the widget that have to be repainted."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF


def around(centre: QPointF, radius: float) -> QRect:
    """Returns the rectangle that contains a circle and its outline."""
    return QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius).toAlignedRect().adjusted(-3, -3, 3, 3)


def scaled(rect: QRect, factor: float) -> QRect:
    """Converts logical to device pixels; adjacent rectangles stay adjacent."""
    left, top = round(rect.left() * factor), round(rect.top() * factor)
    return QRect(left, top, round((rect.right() + 1) * factor) - left, round((rect.bottom() + 1) * factor) - top)
