"""A plot in the colours of the theme."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

HUES = ("#2b8a94", "#c2701a", "#7a5cc4", "#2f8a4c", "#b8487a", "#5f7d16", "#4a78c8", "#a8532f", "#8a8f2a", "#6d6d6d")


class Plot(pg.PlotWidget):
    """A pyqtgraph plot that follows the palette."""

    _dressed = False  # true from the end of __init__ to close, while there are axes to colour

    def __init__(self, name: str, title: str, bottom: str, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setLabel("bottom", bottom)
        self.setLabel("left", left)
        for side in ("bottom", "left"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.setMenuEnabled(False)
        self.hideButtons()
        self._dress()
        self._dressed = True

    def ink(self) -> QColor:
        """Returns the colour of axes and texts."""
        return self.palette().color(QPalette.ColorRole.Text)

    def dress(self) -> None:
        """Recolours the items of a subclass. Called with every change of the theme."""

    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 140)

    def close(self) -> bool:
        """Marks the plot as unusable: pyqtgraph destroys it here, although Qt may show the widget again."""
        self._dressed = False
        return bool(super().close())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._dressed:
            self._dress()
            self.dress()

    def _dress(self) -> None:
        self.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(self.ink()))
            axis.setTextPen(pg.mkPen(self.ink()))
