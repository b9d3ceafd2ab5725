from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aedesk.gui.widgets.plots.loss_plot import PERIOD_MS, LossPlot
from aedesk.gui.widgets.style import theme


@pytest.fixture
def plot(qtbot: QtBot) -> LossPlot:
    made = LossPlot(capacity=1000)
    qtbot.addWidget(made)
    made.resize(400, 250)
    made.show()
    return made


def curves(plot: LossPlot) -> dict[str, pg.PlotDataItem]:
    return {item.name(): item for item in plot.getPlotItem().listDataItems()}


def test_many_points_are_painted_once_per_period(qtbot: QtBot, plot: LossPlot) -> None:
    assert PERIOD_MS >= 1000 / 15
    for step in range(800):
        plot.add(step, {"train": 1 / (step + 1)})
    assert plot.draw_count == 0
    qtbot.waitUntil(lambda: plot.draw_count > 0)
    assert plot.draw_count == 1
    assert len(curves(plot)) == 1
    assert (curves(plot)["train"].xData.size, curves(plot)["train"].yData[0]) == (800, 1.0)


def test_it_rests_when_nothing_comes(qtbot: QtBot, plot: LossPlot) -> None:
    plot.add(0, {"train": 1.0})
    qtbot.waitUntil(lambda: plot.draw_count == 1 and not plot._timer.isActive())
    plot.add(1, {"train": 0.5})
    qtbot.waitUntil(lambda: plot.draw_count == 2)


def test_curves_are_kept_and_only_their_data_change(qtbot: QtBot, plot: LossPlot) -> None:
    plot.add(0, {"train": 1.0})
    before = curves(plot)["train"]
    plot.add(1, {"train": 0.5, "validation": 0.7})
    assert curves(plot)["train"] is before
    assert set(curves(plot)) == {"train", "validation"}


def test_pens_are_thin_and_lines_are_not_antialiased(plot: LossPlot) -> None:
    plot.add(0, {"train": 1.0})
    options = curves(plot)["train"].opts
    assert options["pen"].width() == 1
    assert options["antialias"] is False
    assert options["connect"] == "finite"


def test_the_latest_points_are_kept(plot: LossPlot) -> None:
    for step in range(5321):
        plot.add(step, {"train": float(step)})
    x, y = plot.points("train")
    assert np.array_equal(x, np.arange(4321, 5321))
    assert np.array_equal(x, y)


def test_a_diverged_loss_leaves_a_gap_and_no_warning(qtbot: QtBot, plot: LossPlot) -> None:
    for step, value in enumerate((1.0, 0.5, math.nan, math.inf, 0.0, -1.0, 0.4)):
        plot.add(step, {"train": value})
    qtbot.waitUntil(lambda: plot.draw_count > 0)
    plot.set_log_y(True)
    plot.grab()
    assert plot.log_y
    y = curves(plot)["train"].getData()[1]
    assert np.isfinite(y[[0, 1, 6]]).all()
    assert not np.isfinite(y[2])
    plot.set_log_y(False)
    plot.grab()


def test_a_new_run_starts_empty(qtbot: QtBot, plot: LossPlot) -> None:
    plot.add(0, {"train": 1.0})
    plot.clear_curves()
    assert curves(plot) == {}
    plot.add(0, {"train": 2.0})
    qtbot.waitUntil(lambda: plot.draw_count == 1)
    assert curves(plot)["train"].yData.tolist() == [2.0]


def test_the_ground_follows_the_look(qtbot: QtBot, plot: LossPlot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    assert plot.backgroundBrush().color().name() == theme.colours("dark")["base"]
    theme.apply(qapp, "light")
    assert plot.backgroundBrush().color().name() == theme.colours("light")["base"]


def test_smoothing_draws_an_average_over_the_faint_values_and_leaves_plain_curves_alone(qtbot: QtBot) -> None:
    plot = LossPlot(plain=["validation"])
    qtbot.addWidget(plot)
    plot.show()
    steps = np.arange(200.0)
    plot.extend("train", steps, steps % 2)
    plot.extend("validation", steps[::50], steps[::50] % 3)
    plot.set_smoothing(0.9)
    drawn = curves(plot)
    assert drawn["train"].yData[-1] == pytest.approx(0.5, abs=0.05)
    assert drawn[None].yData.tolist() == (steps % 2).tolist()
    assert drawn["validation"].yData.tolist() == (steps[::50] % 3).tolist()
    plot.set_smoothing(0.0)
    assert drawn["train"].yData.tolist() == (steps % 2).tolist()


def test_a_hidden_curve_leaves_the_legend_and_is_still_fed(qtbot: QtBot, plot: LossPlot) -> None:
    plot.add(0, {"train": 1.0, "kl": 9.0})
    plot.hide_curve("kl")
    plot.add(1, {"kl": 8.0})
    legend = plot.getPlotItem().legend
    assert [label.text for _, label in legend.items] == ["train"]
    assert plot.points("kl")[1].tolist() == [9.0, 8.0]
    plot.hide_curve("kl", hidden=False)
    assert {label.text for _, label in legend.items} == {"train", "kl"}
    assert curves(plot)["kl"].yData.tolist() == [9.0, 8.0]


def test_an_earlier_run_is_drawn_below_the_curves_until_it_is_removed(qtbot: QtBot, plot: LossPlot) -> None:
    plot.set_older("old: train", [1, 2, 3], [3.0, 2.0, 1.0])
    assert curves(plot)["old: train"].yData.tolist() == [3.0, 2.0, 1.0]
    plot.clear_curves()
    assert "old: train" in curves(plot)
    plot.set_older("old: train", [], [])
    assert curves(plot) == {}


def test_a_logarithmic_axis_labels_one_two_and_five(plot: LossPlot) -> None:
    plot.add(0, {"train": 0.011})
    plot.add(1, {"train": 0.9})
    plot.set_log_y(True)
    plot.grab()
    axis = plot.getAxis("left")
    values = [-2.0, np.log10(0.02), np.log10(0.03), np.log10(0.05), -1.0]
    assert axis.tickStrings(values, 1, 1) == ["0.01", "0.02", "", "0.05", "0.1"]
