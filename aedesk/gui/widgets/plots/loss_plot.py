"""Curves of a training run, painted at most fifteen times a second however fast points arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, QTimer, Slot
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget

from aedesk.gui.widgets.plots.curve_data import CurveData

PERIOD_MS = 67
CAPACITY = 200_000
_HUES = ("#2b8a94", "#c2701a", "#7a5cc4", "#2f8a4c", "#b8487a", "#5f7d16", "#4a6fd0", "#8a6d3b")
_FAINT = 90
"""Opacity (of 255) of raw values under a smoothed curve and of earlier runs."""


class _ValueAxis(pg.AxisItem):
    """Labels of a logarithmic axis: all digits within a decade, else 1, 2 and 5, or only 1; pyqtgraph's own overlap."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if not self.logMode:
            return list(super().tickStrings(values, scale, spacing))
        low, high = self.range
        wanted = range(1, 10) if high - low < 0.8 else (1, 2, 5) if high - low < 3 else (1,)
        return [f"{10**value:.0e}" if value < -4 or value > 5 else f"{10**value:g}" if _digit(value) in wanted else "" for value in values]


def _digit(value: float) -> int:
    """Returns the leading digit of 10 ** value."""
    return round(10 ** (value - np.floor(value + 1e-9)))


class LossPlot(pg.PlotWidget):
    """One curve per name. ``add`` only writes to an array; a timer draws new points and stops when there are none.

    Drawing uses ``CurveData.envelope``, so a redraw takes the same time for a thousand points and for a million.

    Args:
        label: of the vertical axis.
        legend_below: places the legend in the lower corner, for rising curves.
        plain: curves with few points, which are never smoothed.
        capacity: points kept per curve; the oldest are dropped.
    """

    _dressed = False  # true from the end of __init__ to close, while there are axes to colour

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        label: str = "loss",
        capacity: int = CAPACITY,
        legend_below: bool = False,
        plain: Iterable[str] = (),
    ) -> None:
        super().__init__(parent, axisItems={"left": _ValueAxis("left")})
        self._plain = frozenset(plain)
        self.setObjectName("lossPlot")
        self._capacity = capacity
        self._data: dict[str, CurveData] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._faint: dict[str, pg.PlotDataItem] = {}
        self._titles: dict[str, str] = {}
        self._stale: set[str] = set()
        self._hidden: set[str] = set()
        self._older: dict[str, tuple[CurveData, pg.PlotDataItem]] = {}
        self._older_stale = False
        self._log_y = False
        self._share = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self._draw)
        self.draw_count = 0
        self.setLabel("bottom", "step")
        self.set_label(label)
        for side in ("bottom", "left"):
            self.getAxis(side).enableAutoSIPrefix(False)
            self.getAxis(side).setStyle(maxTickLevel=0)  # finer grid lines cost more than the curves
        self.showGrid(x=True, y=True, alpha=0.15)
        self.addLegend(offset=(-12, -12 if legend_below else 12))
        self.setMenuEnabled(False)
        self.getViewBox().sigXRangeChanged.connect(self._on_range)
        self._dress()
        self._dressed = True

    @property
    def names(self) -> list[str]:
        """All curves, shown or hidden, in the order of their first points."""
        return list(self._data)

    def set_label(self, label: str) -> None:
        """Sets the label of the vertical axis."""
        self.setAccessibleName(f"Plot of {label} by step")
        self.setLabel("left", label)

    def set_title_of(self, name: str, title: str) -> None:
        """Sets the name of a curve in the legend; call it before its first point."""
        self._titles[name] = title

    def add(self, step: float, values: Mapping[str, float]) -> None:
        """Adds the values of one step by curve name; not-a-number and infinity leave a gap."""
        for name, value in values.items():
            self._curve(name).append(step, value)
            self._touch(name)

    def extend(self, name: str, steps: Iterable[float], values: Iterable[float]) -> None:
        """Adds many points of one curve."""
        self._curve(name).extend(np.asarray(steps, float), np.asarray(values, float))
        self._touch(name)

    def drop_after(self, step: float) -> None:
        """Removes the points beyond a step, from which the run continues."""
        for name, data in self._data.items():
            data.drop_after(step)
            self._touch(name)

    def clear_curves(self) -> None:
        """Removes all curves except those of earlier runs."""
        self._timer.stop()
        for item in (*self._curves.values(), *self._faint.values()):
            self.removeItem(item)
        for known in (self._data, self._curves, self._faint, self._stale):
            known.clear()

    def set_shown(self, names: Iterable[str]) -> None:
        """Shows only these curves; the others still take points."""
        shown = set(names)
        self._hidden = {name for name in self._data if name not in shown}
        for name in self._data:
            self._show_items(name)
        self._colour_legend()
        self._draw_again()

    def is_shown(self, name: str) -> bool:
        """Returns whether a curve is not hidden."""
        return name not in self._hidden

    def hide_curve(self, name: str, hidden: bool = True) -> None:
        """Hides or shows a curve, even before its first point."""
        (self._hidden.add if hidden else self._hidden.discard)(name)
        self._show_items(name)
        self._colour_legend()
        self._draw_again()

    def set_older(self, name: str, steps: Iterable[float], values: Iterable[float]) -> None:
        """Shows a curve of an earlier run below the others; an empty one removes it."""
        if name in self._older:
            self.removeItem(self._older.pop(name)[1])
        x, y = np.asarray(steps, float), np.asarray(values, float)
        if not len(x):
            return
        data = CurveData(max(len(x), 1))
        data.extend(x, y)
        item = self._item(name, _HUES[(3 + len(self._older)) % len(_HUES)], _FAINT + 60)
        item.setZValue(-10)
        self._older[name] = (data, item)
        self._colour_legend()
        self._draw_again()

    @property
    def log_y(self) -> bool:
        """Whether the vertical axis is logarithmic."""
        return self._log_y

    def set_log_y(self, on: bool) -> None:
        """Sets a logarithmic vertical axis; values at or below zero leave a gap."""
        self._log_y = on
        self.getAxis("left").setStyle(maxTickLevel=1 if on else 0)  # within a decade only the second level has labels
        self.setLogMode(x=False, y=on)
        self._draw_again()

    def set_smoothing(self, share: float) -> None:
        """Draws an exponential moving average with decay ``share`` (0 to below 1) over the faint raw values."""
        self._share = share
        for name in self._data:
            self._show_items(name)
        self._draw_again()

    def points(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns (steps, values) of a curve; views, valid until the next ``add``."""
        return self._data[name].xy

    @Slot()
    def _draw(self) -> None:
        if not self._stale and not self._older_stale:
            self._timer.stop()
            return
        box = self.getViewBox()
        x_from, x_to = (-np.inf, np.inf) if box.autoRangeEnabled()[0] else box.viewRange()[0]
        buckets = max(int(box.width()), 100)
        for name in self._stale - self._hidden:
            data = self._data[name]
            self._put(self._curves[name], *data.envelope(x_from, x_to, buckets, 0.0 if name in self._plain else self._share))
            if self._share and name in self._faint:
                self._put(self._faint[name], *data.envelope(x_from, x_to, buckets))
        if self._older_stale:
            self._older_stale = False
            for older, item in self._older.values():
                self._put(item, *older.envelope(x_from, x_to, buckets, self._share))
        self._stale.clear()
        self.draw_count += 1

    def _put(self, item: pg.PlotDataItem, x: np.ndarray, y: np.ndarray) -> None:
        item.setData(x, np.where(y > 0, y, np.nan) if self._log_y else y)

    def _touch(self, name: str) -> None:
        self._stale.add(name)
        if not self._timer.isActive():
            self._timer.start()

    def _draw_again(self) -> None:
        """Redraws everything at once after a change of the display options."""
        self._stale = set(self._data)
        self._older_stale = True
        self._draw()

    @Slot()
    def _on_range(self) -> None:
        """Redraws the visible range, which has its own points, with the next tick of the timer."""
        if not self.getViewBox().autoRangeEnabled()[0]:
            self._stale = set(self._data)
            self._older_stale = True
            if not self._timer.isActive():
                self._timer.start()

    def _curve(self, name: str) -> CurveData:
        if name not in self._data:
            self._data[name] = CurveData(self._capacity)
            hue = _HUES[(len(self._data) - 1) % len(_HUES)]
            self._curves[name] = self._item(self._titles.get(name, name), hue, 255)
            self._show_items(name)
            self._colour_legend()
        return self._data[name]

    def _item(self, name: str | None, hue: str, opacity: int) -> pg.PlotDataItem:
        colour = pg.mkColor(hue)
        colour.setAlpha(opacity)
        return self.plot(name=name, pen=pg.mkPen(colour, width=1), antialias=False, connect="finite", skipFiniteCheck=False)

    def _show_items(self, name: str) -> None:
        if name not in self._curves:
            return
        shown = name not in self._hidden
        if self._share and name not in self._faint and name not in self._plain:
            self._faint[name] = self._item(None, self._curves[name].opts["pen"].color().name(), _FAINT)
            self._faint[name].setZValue(-5)
        items = [(self._curves[name], shown)] + [(item, shown and self._share > 0) for item in [self._faint.get(name)] if item is not None]
        for item, on in items:
            item.setVisible(on)
            if not on:
                item.setData([], [])  # the range of an axis includes hidden items
        legend, title = self.getPlotItem().legend, self._titles.get(name, name)
        legend.removeItem(self._curves[name])
        if shown:
            legend.addItem(self._curves[name], title)

    def _colour_legend(self) -> None:
        ink = self.palette().color(QPalette.ColorRole.Text)
        for _, label in self.getPlotItem().legend.items:
            label.setText(label.text, color=ink)

    def _dress(self) -> None:
        ground = self.palette().color(QPalette.ColorRole.Base)
        ink = self.palette().color(QPalette.ColorRole.Text)
        self.setBackground(ground)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(ink))
            axis.setTextPen(pg.mkPen(ink))
        self.getPlotItem().legend.setLabelTextColor(ink)
        self._colour_legend()

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def close(self) -> bool:
        """Marks the plot as unusable: pyqtgraph destroys it here, although Qt may show the widget again."""
        self._dressed = False
        self._timer.stop()
        return bool(super().close())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._dressed:
            self._dress()
