"""How long a redraw of a curve of 1,000,000 points takes: ``python tests/bench/bench_plot.py [POINTS]``.

Feeds a plot of 900 x 500 pixels, then adds a point and draws, 60 times, as a running training does: choosing what is drawn, handing it to
the plot, and painting the widget. Then the same while a part of the curve is looked at, and with smoothing. Must stay below 30 ms; the
goal is 8 ms. The time of the process is given beside the time on the wall, for machines that do other work at the same time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
REDRAWS = 60


def measure(title: str, redraw: Callable[[], None]) -> None:
    walls, cpus = [], []
    for _ in range(REDRAWS):
        wall, cpu = time.perf_counter(), time.process_time()
        redraw()
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    walls.sort()
    cpus.sort()
    half, most = REDRAWS // 2, int(0.95 * REDRAWS)
    print(f"{title}: median {walls[half]:.1f} ms, p95 {walls[most]:.1f} ms (processor: {cpus[half]:.1f} and {cpus[most]:.1f} ms)")


def main() -> int:
    import numpy as np
    from PySide6.QtWidgets import QApplication

    from aedesk.gui.widgets.plots.loss_plot import LossPlot

    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    app = QApplication(["bench"])
    plot = LossPlot(capacity=count)
    plot.resize(900, 500)
    plot.show()
    random = np.random.default_rng(0)
    steps = np.arange(count, dtype=float)
    begun = time.perf_counter()
    plot.extend("loss", steps, np.exp(-steps / count * 4) + 0.05 * random.standard_normal(count))
    plot._draw()
    plot.grab()
    print(f"{count:,} points, the first drawing: {1000 * (time.perf_counter() - begun):.0f} ms")
    at = [float(count)]

    def redraw() -> None:
        at[0] += 1
        plot.add(at[0], {"loss": 0.02 + 0.01 * random.random()})
        plot._draw()
        plot.grab()

    measure("whole curve", redraw)
    plot.set_log_y(True)
    measure("logarithmic", redraw)
    plot.set_log_y(False)
    plot.set_smoothing(0.9)
    plot.grab()
    measure("smoothed, over the values themselves", redraw)
    plot.set_smoothing(0.0)

    def pan() -> None:
        left = random.uniform(0, 0.8 * count)
        plot.getViewBox().setXRange(left, left + 0.1 * count, padding=0)
        plot._draw()
        plot.grab()

    measure("a tenth of it, moving", pan)
    plot.close()
    app.processEvents()
    return 0


if __name__ == "__main__":
    sys.exit(main())
