"""Cached tiles of the screen: panning moves them, and only parts that become visible are painted.

Rejected: QGraphicsView with pixmap items (a 100-megapixel QPixmap is 400 MB per version, its zoom resamples everything in
view on each pan) and OpenGL textures (drivers of remote and virtual desktops).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QBrush, QColor, QImage, QPainter

from aedesk.gui.widgets.viewer.painting import Layer
from aedesk.gui.widgets.viewer.transform import ViewTransform

TILE_PX = 256
_CACHE_TILES = 768  # of 256 KiB: three panes on a 4K screen, twice over
_CHECKER_PX = 8
_CHECKER = (QColor(0x8A, 0x8A, 0x8A), QColor(0xA6, 0xA6, 0xA6))

_Key = tuple[tuple[int, ...], tuple[float, ...], float, int, int]


class TilePainter:
    """Paints stacks of layers into a frame of device pixels, keeping finished tiles in a least-recently-used cache."""

    def __init__(self) -> None:
        self._tiles: OrderedDict[_Key, QImage] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tiles)

    def discard(self, layer: Layer) -> None:
        """Drops the tiles that show ``layer``, whose pyramid has changed or is no longer shown."""
        for key in [key for key in self._tiles if layer.serial in key[0]]:
            del self._tiles[key]

    def clear(self) -> None:
        """Drops all tiles."""
        self._tiles.clear()

    def draw(self, painter: QPainter, layers: Sequence[Layer], view: ViewTransform, pane: QPoint, clip: QRect) -> None:
        """Draws ``layers`` from bottom to top.

        Args:
            painter: on the frame; coordinates are device pixels.
            pane: top left corner of the pane in the frame.
            clip: the rectangle of the frame to paint.
        """
        left, top = view.origin
        corner = pane + QPoint(left, top)
        width, height = (math.ceil(length * view.scale - 0.5) for length in (view.width, view.height))  # pixels whose centre is covered
        seen = QRect(corner.x(), corner.y(), width, height).intersected(clip)
        if seen.isEmpty():
            return
        painter.save()
        painter.setClipRect(seen)
        for row in range((seen.top() - corner.y()) // TILE_PX, (seen.bottom() - corner.y()) // TILE_PX + 1):
            for column in range((seen.left() - corner.x()) // TILE_PX, (seen.right() - corner.x()) // TILE_PX + 1):
                tile = self._tile(layers, view, column, row)
                painter.drawImage(corner + QPoint(column * TILE_PX, row * TILE_PX), tile)
        painter.restore()

    def _tile(self, layers: Sequence[Layer], view: ViewTransform, column: int, row: int) -> QImage:
        key = (tuple(layer.serial for layer in layers), tuple(layer.gain for layer in layers), view.scale, column, row)
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
            return tile
        tile = QImage(TILE_PX, TILE_PX, QImage.Format.Format_RGB32)
        tile.fill(_CHECKER[0])  # rounding may leave the last row of pixels unpainted
        painter = QPainter(tile)
        if any(layer.has_alpha for layer in layers):
            _draw_checkers(painter)
        painter.translate(-column * TILE_PX, -row * TILE_PX)
        painter.scale(view.scale, view.scale)
        edge = TILE_PX / view.scale
        area = QRectF(column * edge, row * edge, edge, edge)
        for layer in layers:
            layer.paint(painter, view.scale, area)
        painter.end()
        self._tiles[key] = tile
        while len(self._tiles) > _CACHE_TILES:
            self._tiles.popitem(last=False)
        return tile


def _draw_checkers(painter: QPainter) -> None:
    """Draws the background of transparent pictures; a tile's edge is a multiple of two squares, so that tiles join."""
    painter.fillRect(0, 0, TILE_PX, TILE_PX, _CHECKER[0])
    step = _CHECKER_PX
    for top in range(0, TILE_PX, step):
        for left in range(top // step % 2 * step, TILE_PX, 2 * step):
            painter.fillRect(left, top, step, step, QBrush(_CHECKER[1]))
