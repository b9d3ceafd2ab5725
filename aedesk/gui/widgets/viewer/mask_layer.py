"""Paints a mask over the picture in translucent red.

Each smaller level holds the maximum of 2 x 2 pixels, so that a scratch one pixel wide stays visible when the picture is zoomed out.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, qRgba

from aedesk.gui.widgets.viewer.transform import ViewTransform
from aedesk.imaging.masks import NOWHERE, Box, Mask, bounds

_SMALLEST_EDGE_PX = 256
_COLOUR = QColor(235, 20, 50)
_OPACITY = 0.55
_TABLE = [qRgba(_COLOUR.red(), _COLOUR.green(), _COLOUR.blue(), round(value * _OPACITY)) for value in range(256)]


class MaskLayer:
    """The multi-resolution copies of a mask.

    Args:
        mask: (H, W) uint8; kept, not copied. Call ``refresh`` after every change.
    """

    def __init__(self, mask: Mask) -> None:
        self._levels = [mask]
        height, width = mask.shape
        while max(width, height) > _SMALLEST_EDGE_PX:
            width, height = (width + 1) // 2, (height + 1) // 2
            self._levels.append(np.zeros((height, width), np.uint8))
        self.refresh(bounds(mask))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in picture pixels."""
        height, width = self._levels[0].shape
        return width, height

    @property
    def covered(self) -> Box:
        """A box around all marked pixels, accurate to a pixel of the smallest level."""
        step = 1 << (len(self._levels) - 1)
        found = bounds(self._levels[-1])
        return NOWHERE if found.empty else Box(*(edge * step for edge in found)).within(self._levels[0])

    def refresh(self, box: Box) -> None:
        """Updates the smaller levels inside ``box``."""
        box = box.within(self._levels[0])
        if box.empty:
            return
        for fine, coarse in zip(self._levels, self._levels[1:], strict=False):
            box = Box(box.left // 2, box.top // 2, (box.right + 1) // 2, (box.bottom + 1) // 2)
            rows, columns = box.slices
            part = fine[2 * rows.start : 2 * rows.stop, 2 * columns.start : 2 * columns.stop]
            coarse[box.slices] = _halved(part)

    def paint(self, painter: QPainter, view: ViewTransform, pane: QPoint, clip: QRect) -> None:
        """Paints the visible part of the mask; arguments as in ``TilePainter.draw``."""
        left, top = view.origin
        corner = pane + QPoint(left, top)
        box = self.covered
        if box.empty:
            return
        marked = QRectF(box.left * view.scale, box.top * view.scale, box.width * view.scale, box.height * view.scale)
        seen = marked.toAlignedRect().translated(corner).intersected(clip)
        if seen.isEmpty():
            return
        level = min(max(0, math.floor(math.log2(1 / view.scale) + 1e-6)), len(self._levels) - 1)
        mask = self._levels[level]
        step = view.scale * (1 << level)
        columns = _sampled(seen.left() - corner.x(), seen.width(), step, mask.shape[1])
        rows = _sampled(seen.top() - corner.y(), seen.height(), step, mask.shape[0])
        part = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        shown = np.ascontiguousarray(part.take(rows - rows[0], axis=0).take(columns - columns[0], axis=1))
        image = QImage(shown.data, shown.shape[1], shown.shape[0], shown.shape[1], QImage.Format.Format_Indexed8)
        image.setColorTable(_TABLE)
        painter.save()
        painter.setClipRect(seen)
        painter.drawImage(seen.topLeft(), image)
        painter.restore()


def _sampled(first: int, count: int, step: float, length: int) -> np.ndarray:
    """Returns the indices of a level's pixels under the centres of ``count`` device pixels; one pixel is ``step`` of them."""
    middles = (np.arange(first, first + count) + 0.5) / step
    return np.clip(np.floor(middles).astype(np.int64), 0, length - 1)


def _halved(part: np.ndarray) -> np.ndarray:
    """Returns the maximum of each 2 x 2 block; an odd last row or column counts alone."""
    height, width = part.shape
    if height % 2 or width % 2:
        part = np.pad(part, ((0, height % 2), (0, width % 2)), mode="edge")
    rows = np.maximum(part[0::2], part[1::2])
    return np.maximum(rows[:, 0::2], rows[:, 1::2])
