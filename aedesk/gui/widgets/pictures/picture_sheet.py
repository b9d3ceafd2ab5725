"""A contact sheet: samples of a folder, or original, degraded and restored pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

CAPTION_PX = 92
"""Width of the column with the names of the rows."""


class PictureSheet(QWidget):
    """Shows an image as large as fits; small ones are enlarged by whole factors, so that pixels stay sharp.

    Args:
        rows: names of the rows of the image from top to bottom; none for an image without rows.
        empty: text that is shown without an image.
    """

    def __init__(self, name: str, rows: Sequence[str] = (), empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._rows, self._empty = tuple(rows), empty
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(empty or "Pictures")

    @property
    def image_size(self) -> QSize:
        """Size of the image in its own pixels; (0, 0) without one."""
        return self._image.size() if self._image is not None else QSize(0, 0)

    def set_image(self, pixels: Any, description: str = "") -> None:
        """Shows (H, W, 1 or 3) uint8 pixels; None shows the empty text."""
        if pixels is None:
            self._image = None
        else:
            array = np.ascontiguousarray(pixels if pixels.shape[2] == 3 else np.repeat(pixels, 3, axis=2))
            height, width = array.shape[:2]
            self._image = QImage(array.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self.setAccessibleDescription(description or self._empty)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 100)

    def image_rect(self) -> QRect:
        """Returns the rectangle of the image."""
        if self._image is None:
            return QRect()
        left = CAPTION_PX if self._rows else 0
        room = QSize(max(self.width() - left, 1), max(self.height(), 1))
        size = self._image.size()
        times = min(room.width() / size.width(), room.height() / size.height())
        if times >= 2:
            times = int(times)
        shown = QSize(max(int(size.width() * times), 1), max(int(size.height() * times), 1))
        return QRect(left, 0, shown.width(), shown.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        if self._image is None:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty)
            painter.end()
            return
        place = self.image_rect()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() < 2 * self._image.width())
        painter.drawImage(place, self._image)
        if self._rows:
            height = place.height() / len(self._rows)
            for number, row in enumerate(self._rows):
                room = QRect(0, round(place.top() + number * height), CAPTION_PX - 8, round(height))
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, row)
        painter.end()
