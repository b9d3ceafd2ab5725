"""Comparison of a model with PCA: PSNR over code size."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QLabel

from aedesk.core.explore_specs import PcaResult
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.plots.scatter_plot import HUES, Plot


class PcaView(ResultView):
    """The plot of PSNR over code size."""

    def __init__(self) -> None:
        super().__init__(
            "pcaView", "Choose a folder on the right and press Compare to compare the model with principal components of every code size."
        )
        self.plot = Plot("pcaPlot", "PSNR over code size", "code size", "PSNR in dB")
        self.plot.setLogMode(x=True, y=False)
        self.plot.addLegend(offset=(12, 12))
        self._curve = self.plot.plot(
            name="PCA", pen=pg.mkPen(HUES[0], width=1), symbol="o", symbolSize=5, symbolBrush=HUES[0], symbolPen=None
        )
        self._point = self.plot.plot(name="this model", pen=None, symbol="d", symbolSize=15, symbolBrush=HUES[1], symbolPen=None)
        self.plot.dress = self._dress_legend  # type: ignore[method-assign]
        self._dress_legend()
        self.verdict = QLabel()
        self.verdict.setObjectName("pcaVerdict")
        self.verdict.setProperty("heading", True)
        self.verdict.setWordWrap(True)
        self.facts = quiet_label("pcaFacts")
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.plot, 1)
        self.column.addWidget(self.facts)

    def fill(self, result: PcaResult) -> None:
        self._curve.setData(np.array(result.sizes, float), [_db(mse) for mse in result.mse])
        self._point.setData([float(result.code_size)], [_db(result.model_mse)])
        self.plot.getAxis("bottom").setTicks([log_ticks(1, max(result.sizes[-1], result.code_size))])
        self.plot.autoRange()
        self.verdict.setText(verdict(result))
        self.facts.setText(f"{result.note} Mean squared error of the model: {result.model_mse:.3g} (values in [0, 1]).")

    def _dress_legend(self) -> None:
        for _, label in self.plot.getPlotItem().legend.items:
            label.setText(label.text, color=self.plot.ink())


def verdict(result: PcaResult) -> str:
    """Returns a sentence that compares the model with PCA at the same code size."""
    model = _db(result.model_mse)
    size = f"With a code of {result.code_size:,} values for {result.input_size:,}, the model reaches {model:.2f} dB"
    if result.pca_mse_at_code_size is None:
        return f"{size}. There are fewer than {result.code_size:,} principal components to compare it with."
    gap = model - _db(result.pca_mse_at_code_size)
    text = f"{size}, {abs(gap):.2f} dB {'more' if gap >= 0 else 'less'} than principal components of the same code size."
    equal = next((known for known, mse in zip(result.sizes, result.mse, strict=True) if mse <= result.model_mse), None)
    if gap > 0:
        text += f" PCA needs {equal:,} components for that." if equal else " No measured number of components reaches that."
    return text


def log_ticks(low: int, high: int) -> list[tuple[float, str]]:
    """Returns ticks at 1, 2 and 5 of every decade of a logarithmic axis, without exponents."""
    values = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
    return [(math.log10(value), f"{value:,}") for value in values if low <= value <= 2 * high]


def _db(mse: float) -> float:
    return -10 * math.log10(max(mse, 1e-12))
