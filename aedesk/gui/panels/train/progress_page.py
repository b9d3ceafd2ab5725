"""The progress of a training run: metrics, curves and validation pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QMenu, QSplitter, QToolButton, QVBoxLayout, QWidget

from aedesk.gui.panels.train.curve_names import SIDE_CURVES, SIDE_PLOTS, TITLES, is_loss, title
from aedesk.gui.panels.train.metrics_strip import MetricsStrip
from aedesk.gui.panels.train.training_session import TrainingSession
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.pictures.picture_sheet import PictureSheet
from aedesk.gui.widgets.plots.loss_plot import LossPlot

ROWS = ("Original", "Degraded", "Restored")
MAIN = ("loss", "val_loss")


class ProgressPage(QWidget):
    """Follows a training session. Earlier runs can be shown below the curves."""

    def __init__(self, session: TrainingSession, *, log_y: bool, smoothing: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("progressPage")
        self._session = session
        self.metrics = MetricsStrip()
        self.losses = _plot("losses", "loss")
        self.side = _plot("sidePlot", SIDE_PLOTS[0].label, legend_below=True)
        self._earlier: dict[str, Mapping[str, tuple[Iterable[float], Iterable[float]]]] = {}
        self._log = QCheckBox("Lo&garithmic")
        self._log.setObjectName("logScale")
        self._smoothing = LabeledSlider("Smoothing", 0, 99, 100 * smoothing, unit="%")
        self._smoothing.setObjectName("smoothing")
        self._smoothing.setToolTip("Decay of the exponential moving average")
        self._smoothing.setMaximumWidth(260)
        self.terms = _menu_button("termsMenu", "&Curves", "Choose the loss terms to plot")
        self.compare = _menu_button("compareMenu", "Co&mpare", "Compare with earlier runs")
        self.export = _menu_button("exportMenu", "E&xport", "Export the curves")
        self._which = QComboBox()
        self._which.setObjectName("sideChoice")
        self._which.setAccessibleName("Content of the second plot")
        for side in SIDE_PLOTS:
            self._which.addItem(side.title)
        self.sheet = PictureSheet("previewSheet", ROWS, "Validation pictures appear here during the training")
        self._lay_out()
        self._log.setChecked(log_y)
        self._on_log(log_y)
        self._on_smoothing(self._smoothing.value)
        self._on_side(0)
        self._log.toggled.connect(self._on_log)
        self._smoothing.value_changed.connect(self._on_smoothing)
        self._which.currentIndexChanged.connect(self._on_side)
        self.terms.menu().aboutToShow.connect(self._fill_terms)
        session.measured.connect(self._on_measured)
        session.pictured.connect(self._on_pictured)
        session.changed.connect(self._on_changed)

    @property
    def log_y(self) -> bool:
        """Whether the loss axis is logarithmic."""
        return self._log.isChecked()

    @property
    def smoothing(self) -> float:
        """Decay of the moving average, 0 to below 1."""
        return self._smoothing.value / 100

    def clear(self) -> None:
        """Clears the curves for a new run; compared runs stay."""
        self.losses.clear_curves()
        self.side.clear_curves()
        self.metrics.clear()
        self.sheet.set_image(None)

    def continue_from(self, step: int) -> None:
        """Removes points beyond the checkpoint from which a run is resumed, because they are measured again."""
        self.losses.drop_after(step)
        self.side.drop_after(step)

    def show_history(self, curves: Mapping[str, tuple[Iterable[float], Iterable[float]]], sheet: Any) -> None:
        """Shows the curves and pictures of a saved run."""
        self.clear()
        for name, (steps, values) in curves.items():
            (self.losses if is_loss(name) else self.side).extend(name, steps, values)
        self._on_side(self._which.currentIndex())
        if sheet is not None:
            self.sheet.set_image(sheet)

    def curves(self) -> dict[str, tuple[list[float], list[float]]]:
        """Returns a copy of all curves as (steps, values) by name."""
        made = {}
        for plot in (self.losses, self.side):
            for name in plot.names:
                steps, values = plot.points(name)
                made[name] = (steps.tolist(), values.tolist())
        return made

    def png(self) -> bytes:
        """Returns both plots as a PNG file."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._plots.grab().save(buffer, "PNG")
        return bytes(buffer.data().data())

    def set_earlier(self, run: str, curves: Mapping[str, tuple[Iterable[float], Iterable[float]]]) -> None:
        """Shows an earlier run below the current one; empty curves remove it."""
        self._earlier.pop(run, None)
        if curves:
            self._earlier[run] = curves
        for name in MAIN:
            self.losses.set_older(f"{run}: {title(name)}", *curves.get(name, ((), ())))
        self._show_earlier_beside(run, curves)

    def _show_earlier_beside(self, run: str, curves: Mapping[str, tuple[Iterable[float], Iterable[float]]]) -> None:
        shown = SIDE_PLOTS[self._which.currentIndex()].names[:2]
        for name in sorted(SIDE_CURVES):
            self.side.set_older(f"{run}: {name}", *(curves.get(name, ((), ())) if name in shown else ((), ())))

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(10)
        bar.addWidget(self._log)
        bar.addWidget(self._smoothing)
        bar.addStretch(1)
        menus = QHBoxLayout()  # a row of its own: in one row the page would not fit a window of 1024 pixels
        menus.setSpacing(4)
        menus.addWidget(self._which)
        menus.addStretch(1)
        for button in (self.terms, self.compare, self.export):
            menus.addWidget(button)
        left, right = QWidget(), QWidget()
        for page, plot in ((left, self.losses), (right, self.side)):
            column = QVBoxLayout(page)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(plot, 1)
        self._plots = QSplitter(Qt.Orientation.Horizontal)
        self._plots.setObjectName("plots")
        self._plots.addWidget(left)
        self._plots.addWidget(right)
        self._plots.setStretchFactor(0, 3)
        self._plots.setStretchFactor(1, 2)
        self._plots.setChildrenCollapsible(False)
        both = QSplitter(Qt.Orientation.Vertical)
        both.setObjectName("liveSplitter")
        both.addWidget(self._plots)
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 8, 0, 0)
        inner.addWidget(self.sheet)
        both.addWidget(below)
        both.setSizes([400, 300])
        both.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(8)
        column.addWidget(self.metrics)
        column.addLayout(bar)
        column.addLayout(menus)
        column.addWidget(both, 1)

    @Slot(int, object)
    def _on_measured(self, step: int, metrics: dict[str, float]) -> None:
        self.losses.add(step, {name: value for name, value in metrics.items() if is_loss(name)})
        aside = {name: value for name, value in metrics.items() if not is_loss(name)}
        new = set(aside) - set(self.side.names)
        self.side.add(step, aside)
        if new:
            self._on_side(self._which.currentIndex())
        self.metrics.show_metrics(metrics)

    @Slot(object, str)
    def _on_pictured(self, image: Any, label: str) -> None:
        self.sheet.set_image(image, f"Original, degraded and restored, {label}")

    @Slot()
    def _on_changed(self) -> None:
        self.metrics.show_time_left(self._session.seconds_left)

    @Slot(bool)
    def _on_log(self, on: bool) -> None:
        self.losses.set_log_y(on)

    @Slot(float)
    def _on_smoothing(self, per_cent: float) -> None:
        self.losses.set_smoothing(per_cent / 100)
        self.side.set_smoothing(per_cent / 100)

    @Slot(int)
    def _on_side(self, index: int) -> None:
        side = SIDE_PLOTS[index]
        self.side.set_label(side.label)
        self.side.set_log_y(side.log_y)
        self.side.set_shown(side.names)
        for run, curves in self._earlier.items():
            self._show_earlier_beside(run, curves)

    @Slot()
    def _fill_terms(self) -> None:
        menu = self.terms.menu()
        menu.clear()
        for name in self.losses.names:
            action = menu.addAction(title(name))
            action.setObjectName(f"term_{name}")
            action.setCheckable(True)
            action.setChecked(self.losses.is_shown(name))
            action.toggled.connect(partial(self._show_term, name))
        menu.setEnabled(bool(self.losses.names))

    def _show_term(self, name: str, on: bool) -> None:
        self.losses.hide_curve(name, not on)


def _plot(name: str, label: str, *, legend_below: bool = False) -> LossPlot:
    plot = LossPlot(label=label, legend_below=legend_below, plain=[figure for figure in TITLES if figure.startswith("val_")])
    plot.setObjectName(name)
    for figure in (*MAIN, *SIDE_CURVES):
        plot.set_title_of(figure, title(figure))
    return plot


def _menu_button(name: str, text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setAccessibleName(text.replace("&", ""))
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setMenu(QMenu(button))
    return button


def export_name(folder: Path, suffix: str) -> Path:
    """Returns the suggested file for an export: the run's name in the run's folder."""
    return folder / f"{folder.name}-curves{suffix}"
