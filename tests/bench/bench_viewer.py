"""How fast the viewer paints a large picture: run it, read the numbers. Not a test: a loaded machine proves nothing.

Zooms and pans are given in processor time of the window's thread (what they would take on an idle machine) and in wall time.

    QT_QPA_PLATFORM=offscreen python tests/bench/bench_viewer.py [--megapixels 100] [--size 1920x1080]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from PySide6.QtWidgets import QApplication

from aedesk.gui.widgets.viewer import MODES, CompareView


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=100)
    parser.add_argument("--size", default="1920x1080")
    arguments = parser.parse_args()
    app = QApplication([])
    height = round((arguments.megapixels * 1e6 / 1.5) ** 0.5)
    tile = np.random.default_rng(0).integers(0, 256, (512, 512, 3), np.uint8)
    noisy = np.tile(tile, (height // 512 + 1, height * 3 // 2 // 512 + 1, 1))[:height, : height * 3 // 2].copy()
    reconstructed = noisy // 2

    view = CompareView()
    view.resize(*map(int, arguments.size.split("x")))
    view.show()
    app.processEvents()
    start = time.perf_counter()
    view.set_pictures(noisy=noisy, result=reconstructed)
    view.repaint()
    print(f"{noisy.shape[1]} x {noisy.shape[0]} px in {arguments.size}: first look after {_ms(start)}")
    lateness = []
    view.set_mode("difference")
    view.set_mode("split")
    layers = [layer for name in ("noisy", "result", "difference") for layer in view._content.stack(name, view.pair)]
    while not all(layer.pyramid.complete for layer in layers):
        tick = time.perf_counter()
        app.processEvents()
        time.sleep(0.001)
        lateness.append(time.perf_counter() - tick)
    print(f"pyramids after {_ms(start)}; longest pause of the window meanwhile {max(lateness) * 1e3:.1f} ms")
    for mode in MODES:
        view.set_mode(mode)
        view.fit()
        for name, scale in (("fit", view.scale), ("25 %", 0.25), ("40 %", 0.4), ("100 %", 1.0), ("300 %", 3.0)):
            view.zoom_to(scale)
            first = _paint(view)
            frames = []
            for step in range(60):
                view.pan(-24, -9 if step % 2 else 6)
                frames.append(_paint(view))
            (cpu, wall), (worst_cpu, worst_wall) = np.median(frames, axis=0), np.max(frames, axis=0)
            pan = f"pan: median {cpu:5.1f} ({wall:5.1f}) ms, worst {worst_cpu:5.1f} ({worst_wall:5.1f}) ms"
            print(f"{mode:13} {name:6} after a zoom {first[0]:6.1f} ({first[1]:6.1f}) ms   {pan}")
    view.shutdown()


def _paint(view: CompareView) -> tuple[float, float]:
    """Milliseconds of one repaint: processor, wall."""
    cpu, wall = time.thread_time(), time.perf_counter()
    view.repaint()
    return (time.thread_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


def _ms(start: float) -> str:
    return f"{(time.perf_counter() - start) * 1e3:.1f} ms"


if __name__ == "__main__":
    main()
