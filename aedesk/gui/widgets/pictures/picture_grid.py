"""A grid of small pictures of one size, as large as fits: channel maps, samples, interpolation steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from aedesk.gui.widgets.pictures.picture_box import fitted
from aedesk.gui.widgets.viewer.painting import qimage

GAP_PX = 6
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class PictureGrid(QWidget):
    """One picture is selected, by mouse or arrow keys.

    Args:
        noun: name of one picture for assistive technology: "channel 3 of 16".
        one_row: all pictures in one row.

    Signals:
        chosen(int): another picture was selected.
    """

    chosen = Signal(int)

    def __init__(self, name: str, title: str, noun: str, *, one_row: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._noun, self._one_row = noun, one_row
        self._images: list[QImage] = []
        self._current = 0

    def __len__(self) -> int:
        return len(self._images)

    @property
    def current(self) -> int:
        """Index of the selected picture."""
        return self._current

    def set_pictures(self, pictures: Sequence[np.ndarray] | np.ndarray) -> None:
        """Sets (n, H, W, 1 or 3) uint8 pictures. The selected index is kept if possible."""
        self._images = [qimage(pixels) for pixels in pictures]
        self._current = min(self._current, max(len(self._images) - 1, 0))
        self._describe()
        self.update()

    def choose(self, index: int) -> None:
        """Selects a picture; emits ``chosen`` if it is another one."""
        if 0 <= index < len(self._images) and index != self._current:
            self._current = index
            self._describe()
            self.update()
            self.chosen.emit(index)

    def index_at(self, x: float, y: float) -> int:
        """Returns the index of the picture at a point of the widget, -1 for none."""
        return next((index for index in range(len(self._images)) if self._cell(index).contains(int(x), int(y))), -1)

    def sizeHint(self) -> QSize:
        return QSize(400, 84 if self._one_row else 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        for index, image in enumerate(self._images):
            place = fitted(image, self._cell(index))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, place.width() < 2 * image.width())
            painter.drawImage(place, image)
            if index == self._current:
                painter.setPen(QPen(accent, 3 if self.hasFocus() else 2))
                painter.drawRect(place.adjusted(-2, -2, 1, 1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.choose(self.index_at(event.position().x(), event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns = self._columns()
        step = {**_STEPS, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.choose(self._current + step)

    def _columns(self) -> int:
        """Returns the number of columns that makes the pictures largest."""
        count = max(len(self._images), 1)
        if self._one_row or not self._images:
            return count
        shape = self._images[0].height() / self._images[0].width()

        def width(columns: int) -> float:
            return min(self.width() / columns, self.height() / -(-count // columns) / shape)

        return max(range(1, count + 1), key=width)

    def _cell(self, index: int) -> QRect:
        columns = self._columns()
        rows = -(-max(len(self._images), 1) // columns)
        shape = self._images[0].height() / self._images[0].width() if self._images else 1.0
        width = min(self.width() / columns, self.height() / rows / shape)
        left = (self.width() - columns * width) / 2
        row, column = divmod(index, columns)
        whole = QRect(round(left + column * width), round(row * width * shape), round(width), round(width * shape))
        gap = GAP_PX // 2 if width > 8 * GAP_PX else 1
        return whole.adjusted(gap, gap, -gap, -gap)

    def _describe(self) -> None:
        self.setAccessibleDescription(f"{self._noun} {self._current + 1} of {len(self._images)}" if self._images else "")
