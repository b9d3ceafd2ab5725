"""Paints one version of a picture at any scale, from the pyramid level that fits the screen."""

from __future__ import annotations

import itertools
import math

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from aedesk.gui.widgets.viewer.pyramid import Pyramid

NEAREST_ABOVE = 2.0
_FORMATS = {1: QImage.Format.Format_Grayscale8, 3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
_serials = itertools.count()


def qimage(pixels: np.ndarray) -> QImage:
    """Returns a deep copy of an (H, W, 1|3|4) uint8 array in the format that Qt paints fastest."""
    pixels = np.ascontiguousarray(pixels)
    height, width, channels = pixels.shape
    fast = QImage.Format.Format_ARGB32_Premultiplied if channels == 4 else QImage.Format.Format_RGB32
    return QImage(pixels.data, width, height, width * channels, _FORMATS[channels]).convertToFormat(fast)


class Layer:
    """A pyramid and the rectangle of picture pixels that it covers.

    Args:
        rect: in picture pixels; its size may differ from the array's (a preview at screen resolution).
        gain: factor for the values while painting, with clipping.
    """

    def __init__(self, pyramid: Pyramid, rect: QRectF | None = None, gain: float = 1.0) -> None:
        width, height = pyramid.size(0)
        self.pyramid = pyramid
        self.rect = QRectF(0, 0, width, height) if rect is None else rect
        self.serial = next(_serials)
        self.gain = gain

    @property
    def has_alpha(self) -> bool:
        """Whether the picture is partly transparent."""
        return self.pyramid.shape[2] == 4

    def paint(self, painter: QPainter, scale: float, area: QRectF) -> None:
        """Paints the part inside ``area``.

        Args:
            painter: its coordinates are picture pixels.
            scale: device pixels per picture pixel.
            area: in picture pixels.
        """
        area = area.intersected(self.rect)
        if area.isEmpty():
            return
        width, height = self.pyramid.size(0)
        own_x, own_y = self.rect.width() / width, self.rect.height() / height  # picture pixels per pixel of the array
        level = self.pyramid.best_level(1 / (scale * min(own_x, own_y)))
        level_width, level_height = self.pyramid.size(level)
        step_x, step_y = own_x * (1 << level), own_y * (1 << level)
        margin = 2  # neighbours for the smooth interpolation, so that tiles join without a seam
        left = max(0, math.floor((area.left() - self.rect.left()) / step_x) - margin)
        top = max(0, math.floor((area.top() - self.rect.top()) / step_y) - margin)
        right = min(level_width, math.ceil((area.right() - self.rect.left()) / step_x) + margin)
        bottom = min(level_height, math.ceil((area.bottom() - self.rect.top()) / step_y) + margin)
        if right <= left or bottom <= top:
            return
        part = self.pyramid.crop(level, left, top, right, bottom)
        if self.gain != 1.0:
            part = _gain_table(self.gain).take(part)
        painter.save()
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale * min(own_x, own_y) < NEAREST_ABOVE)
        target = QRectF(self.rect.left() + left * step_x, self.rect.top() + top * step_y, (right - left) * step_x, (bottom - top) * step_y)
        painter.drawImage(target, qimage(part))
        painter.restore()


def _gain_table(gain: float) -> np.ndarray:
    return np.minimum(np.arange(256) * gain + 0.5, 255).astype(np.uint8)
