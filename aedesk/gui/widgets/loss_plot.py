"""Curves of a training run: fed at any pace, painted at most fifteen times a second."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, QTimer, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

PERIOD_MS = 67
CAPACITY = 200_000
_HUES = ("#2b8a94", "#c2701a", "#7a5cc4", "#2f8a4c", "#b8487a", "#5f7d16")


class _Ring:
    """The latest ``capacity`` points of a curve, as two arrays that are ready to be drawn.

    Twice the room: points are appended, and the second half moves to the front when the room is full.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._points = np.empty((2, 2 * capacity))
        self._end = 0

    def append(self, x: float, y: float) -> None:
        if self._end == self._points.shape[1]:
            self._points[:, : self._capacity] = self._points[:, self._capacity :]
            self._end = self._capacity
        self._points[:, self._end] = x, y
        self._end += 1

    @property
    def xy(self) -> tuple[np.ndarray, np.ndarray]:
        x, y = self._points[:, max(0, self._end - self._capacity) : self._end]
        return x, y


class LossPlot(pg.PlotWidget):
    """One curve per name. ``add`` costs an array write; a timer draws what is new and rests when nothing is.

    Args:
        capacity: points kept per curve; the oldest leave.
    """

    _dressed = False  # there are axes to colour: from the end of __init__ to close

    def __init__(self, parent: QWidget | None = None, *, label: str = "loss", capacity: int = CAPACITY) -> None:
        super().__init__(parent)
        self.setObjectName("lossPlot")
        self.setAccessibleName(f"Plot of {label} by step")
        self._capacity = capacity
        self._rings: dict[str, _Ring] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._stale: set[str] = set()
        self._log_y = False
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self._draw)
        self.draw_count = 0
        self.setLabel("bottom", "step")
        self.setLabel("left", label)
        for side in ("bottom", "left"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self.showGrid(x=True, y=True, alpha=0.15)
        self.addLegend(offset=(-12, 12))
        self.setMenuEnabled(False)
        self._dress()
        self._dressed = True

    def add(self, step: float, values: Mapping[str, float]) -> None:
        """The values of one step by curve name; not-a-number and infinity leave a gap."""
        for name, value in values.items():
            if name not in self._rings:
                self._make_curve(name)
            self._rings[name].append(step, value)
            self._stale.add(name)
        if not self._timer.isActive():
            self._timer.start()

    def clear_curves(self) -> None:
        """Forget everything: a new run begins."""
        self._timer.stop()
        for curve in self._curves.values():
            self.removeItem(curve)
        self._rings.clear()
        self._curves.clear()
        self._stale.clear()

    @property
    def log_y(self) -> bool:
        return self._log_y

    def set_log_y(self, on: bool) -> None:
        """A logarithmic scale for the values; those at or below zero leave a gap."""
        self._log_y = on
        self.setLogMode(x=False, y=on)
        self._stale = set(self._rings)
        self._draw()

    def points(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """(steps, values) that a curve keeps; views, valid until the next ``add``."""
        return self._rings[name].xy

    @Slot()
    def _draw(self) -> None:
        if not self._stale:
            self._timer.stop()
            return
        for name in self._stale:
            x, y = self._rings[name].xy
            if self._log_y:
                y = np.where(y > 0, y, np.nan)
            self._curves[name].setData(x, y)
        self._stale.clear()
        self.draw_count += 1

    def _make_curve(self, name: str) -> None:
        self._rings[name] = _Ring(self._capacity)
        self._curves[name] = self.plot(
            name=name,
            pen=pg.mkPen(_HUES[len(self._curves) % len(_HUES)], width=1),
            antialias=False,
            connect="finite",
            clipToView=True,
            autoDownsample=True,
            downsampleMethod="peak",
            skipFiniteCheck=False,
        )

    def _dress(self) -> None:
        ground = self.palette().color(QPalette.ColorRole.Base)
        ink = self.palette().color(QPalette.ColorRole.Text)
        self.setBackground(ground)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(ink))
            axis.setTextPen(pg.mkPen(ink))
        legend = self.getPlotItem().legend
        legend.setLabelTextColor(ink)
        for _, label in legend.items:
            label.setText(label.text, color=ink)

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def close(self) -> bool:
        """pyqtgraph takes its plot apart here, though Qt may show the widget again."""
        self._dressed = False
        self._timer.stop()
        return bool(super().close())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._dressed:
            self._dress()
