"""What the viewer shows, read off its pixels."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage

from aedesk.gui.widgets.viewer import CompareView

RED, GREEN, BLUE = (200, 0, 0), (0, 180, 0), (0, 0, 220)


def plain(colour: tuple[int, ...], width: int = 300, height: int = 200) -> np.ndarray:
    return np.full((height, width, len(colour)), colour, np.uint8)


def at(view: CompareView, x: float, y: float) -> tuple[int, int, int]:
    image: QImage = view.grab().toImage()
    dpr = image.devicePixelRatio()
    colour: QColor = image.pixelColor(int(x * dpr), int(y * dpr))
    return colour.red(), colour.green(), colour.blue()
