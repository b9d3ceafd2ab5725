"""The rate-distortion plot of one picture, for our codec and others."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from aedesk.gui.panels.compress.curve_measurement import OURS, CurveMeasurement
from aedesk.gui.panels.compress.live_preview import PreviewResult
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.plots.scatter_plot import HUES, Plot
from aedesk.gui.workspace import Workspace

COLOURS = {OURS: HUES[0], "JPEG": HUES[1], "WebP": HUES[2], "AVIF": HUES[3], "JPEG XL": HUES[4]}
SYMBOLS = {OURS: "o", "JPEG": "s", "WebP": "t", "AVIF": "d", "JPEG XL": "t1"}
HINT = "Every codec at several qualities; higher and further left is better. Press Draw to measure this picture."


class CurvesPage(QWidget):
    """Adds points to the plot as they are measured.

    Signals:
        draw_requested: the user wants the curves of the current picture.
    """

    draw_requested = Signal()

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curvesPage")
        self.measurement = CurveMeasurement(workspace, self)
        self._points: dict[str, list[tuple[float, float, int]]] = {}
        self._preview: PreviewResult | None = None
        self.verdict = QLabel(HINT)
        self.verdict.setObjectName("curvesVerdict")
        self.verdict.setProperty("heading", True)
        self.verdict.setWordWrap(True)
        self.plot = Plot("curvesPlot", "PSNR over bits per pixel", "bits per pixel", "PSNR in dB")
        self.plot.setLogMode(x=True, y=False)
        self.plot.addLegend(offset=(14, 10))
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._show_default_range()
        self._mark = self.plot.plot(pen=None, symbol="star", symbolSize=20, symbolPen=pg.mkPen("#ffffff", width=1), symbolBrush=HUES[0])
        self._mark.setZValue(10)
        self.plot.dress = self._dress_legend  # type: ignore[method-assign]
        self.facts = quiet_label("curvesFacts")
        self.draw = QPushButton("Dr&aw")
        self.draw.setObjectName("curvesDraw")
        self.draw.setToolTip("Compress this picture at many qualities, with every codec")
        self._bar = QProgressBar()
        self._bar.setObjectName("curvesProgress")
        self._bar.setAccessibleName("Progress")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(180)
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("curvesCancel")
        foot = QHBoxLayout()
        foot.addWidget(self.facts, 1)
        for widget in (self._bar, self._cancel, self.draw):
            foot.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addWidget(self.verdict)
        column.addWidget(self.plot, 1)
        column.addLayout(foot)
        self._show_busy()
        self.draw.clicked.connect(self.draw_requested)
        self._cancel.clicked.connect(self._on_cancel)
        self.measurement.measured.connect(self._on_measured)
        self.measurement.ended.connect(self._show_busy)
        self.measurement.failed.connect(self.facts.setText)

    @property
    def about(self) -> PreviewResult | None:
        """The preview whose picture is plotted."""
        return self._preview

    def begin(self, preview: PreviewResult) -> None:
        """Measures the picture of ``preview``."""
        self._points.clear()
        for item in self._curves.values():
            self.plot.removeItem(item)
        self._curves.clear()
        self._curve(OURS)  # the first in the legend
        self.mark(preview)
        source = preview.source
        part = "" if preview.whole else ", the part inside the box"
        self.facts.setText(
            f"{preview.request.document.name}{part}: {source.width} \N{MULTIPLICATION SIGN} {source.height}. Sizes include headers."
        )
        self.measurement.begin(preview)
        self._show_busy()

    def wait(self) -> None:
        """Shows that the measurement starts later, after the first preview."""
        self.facts.setText("Starts after the first preview.")

    def mark(self, preview: PreviewResult) -> None:
        """Marks the current settings with a star on our curve."""
        self._preview = preview
        psnr = preview.encoded.psnr
        if psnr is not None and math.isfinite(psnr):
            self._mark.setData([preview.encoded.bpp], [psnr])
        self._update_verdict()

    def clear(self) -> None:
        """Removes the curves, which belong to another picture."""
        self.measurement.stop()
        self._preview = None
        self._points.clear()
        for item in self._curves.values():
            self.plot.removeItem(item)
        self._curves.clear()
        self._mark.setData([], [])
        self._show_default_range()
        self.verdict.setText(HINT)
        self.facts.setText("")
        self._show_busy()

    @Slot(str, float, float, int)
    def _on_measured(self, name: str, bpp: float, psnr: float, quality: int) -> None:
        if math.isfinite(psnr):
            points = self._points.setdefault(name, [])
            points.append((bpp, psnr, quality))
            points.sort()
            self._curve(name).setData([point[0] for point in points], [point[1] for point in points])
            self._ticks()
            self.plot.autoRange()
            self._update_verdict()
        self._show_busy()

    def _curve(self, name: str) -> pg.PlotDataItem:
        if name not in self._curves:
            colour = COLOURS[name]
            width = 2 if name == OURS else 1
            self._curves[name] = self.plot.plot(
                name=name, pen=pg.mkPen(colour, width=width), symbol=SYMBOLS[name], symbolSize=7, symbolBrush=colour, symbolPen=None
            )
            self._dress_legend()
        return self._curves[name]

    def _ticks(self) -> None:
        rates = [point[0] for points in self._points.values() for point in points]
        self.plot.getAxis("bottom").setTicks([rate_ticks(min(rates), max(rates))])

    def _show_default_range(self) -> None:
        """Sets the axes while there is nothing to fit them to."""
        self.plot.setRange(xRange=(-1, 0.6), yRange=(26, 44))
        self.plot.getAxis("bottom").setTicks([rate_ticks(0.1, 4)])

    def _update_verdict(self) -> None:
        if self._preview is not None and len(self._points) > 1:
            self.verdict.setText(verdict(self._points, self._preview.encoded.bpp, self._preview.encoded.psnr) or HINT)

    def _dress_legend(self) -> None:
        for _, label in self.plot.getPlotItem().legend.items:
            label.setText(label.text, color=self.plot.ink())

    @Slot()
    def _on_cancel(self) -> None:
        self.measurement.stop()
        self._show_busy()

    @Slot()
    def _show_busy(self) -> None:
        busy = self.measurement.busy
        self._bar.setVisible(busy)
        self._cancel.setVisible(busy)
        self.draw.setVisible(not busy)
        self._bar.setRange(0, max(self.measurement.total, 1))
        self._bar.setValue(self.measurement.done)


def verdict(points: dict[str, list[tuple[float, float, int]]], bpp: float, psnr: float | None) -> str:
    """Returns a sentence with the size of our file relative to the others at the same PSNR, interpolated on their curves.

    Empty if the curves do not reach that PSNR.

    Args:
        points: by codec: (bits per pixel, PSNR, quality), sorted.
        bpp, psnr: of the current settings.
    """
    if psnr is None or not math.isfinite(psnr):
        return ""
    parts = []
    for name, curve in points.items():
        rates, fidelities = np.array([point[0] for point in curve]), np.array([point[1] for point in curve])
        if name == OURS or len(curve) < 2 or not fidelities.min() <= psnr <= fidelities.max():
            continue
        order = np.argsort(fidelities)
        theirs = math.exp(np.interp(psnr, fidelities[order], np.log(rates[order])))
        change = bpp / theirs - 1
        parts.append(f"{abs(change):.0%} {'smaller' if change < 0 else 'larger'} than {name}".replace("%", "\N{NO-BREAK SPACE}%"))
    return f"At {psnr:.1f} dB, aedesk's file is {', '.join(parts)}." if parts else ""


def rate_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Returns ticks at 1, 2 and 5 of every decade of a logarithmic axis."""
    values = [digit * 10.0**power for power in range(-4, 4) for digit in (1, 2, 5)]
    return [(math.log10(value), f"{value:g}") for value in values if low / 2 <= value <= 2 * high]
