"""A picture with a caption, as large as fits."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from aedesk.gui.widgets.viewer.painting import qimage

CAPTION_GAP_PX = 6


def fitted(image: QImage, room: QRect) -> QRectF:
    """Returns the largest rectangle with the image's aspect ratio, centred in ``room``."""
    if image.isNull() or room.isEmpty():
        return QRectF(room)
    scale = min(room.width() / image.width(), room.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    return QRectF(room.x() + (room.width() - width) / 2, room.y() + (room.height() - height) / 2, width, height)


def draw_fitted(painter: QPainter, image: QImage, room: QRect) -> QRectF:
    """Paints an image into ``room``, without smoothing if it is enlarged twice or more. Returns its rectangle."""
    place = fitted(image, room)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() < 2 * image.width())
    painter.drawImage(place, image)
    return place


class PictureBox(QWidget):
    """Shows (H, W, 3) uint8 pixels below a caption."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._title = title
        self._caption = title
        self._image = QImage()

    @property
    def image(self) -> QImage:
        """The picture; a null image without one."""
        return self._image

    @property
    def caption(self) -> str:
        """The text above the picture."""
        return self._caption

    def set_pixels(self, pixels: np.ndarray | None, detail: str = "") -> None:
        """Sets the picture; ``detail`` is added to the caption."""
        self._image = QImage() if pixels is None else qimage(pixels)
        self._caption = f"{self._title}   {detail}".rstrip()
        self.setAccessibleDescription(detail)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, 240)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 110)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        line = self.fontMetrics().height()
        text = self.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRect(0, 0, self.width(), line), Qt.AlignmentFlag.AlignHCenter, text)
        room = self.rect().adjusted(0, line + CAPTION_GAP_PX, 0, 0)
        if self._image.isNull():
            painter.fillRect(room, self.palette().color(QPalette.ColorRole.AlternateBase))
        else:
            draw_fitted(painter, self._image, room)
        painter.end()
