"""On screens with scaled pixels. The scale belongs to a process, so these run in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from aedesk.gui.widgets.viewer import CompareView

app = QApplication([])
pixels = np.random.default_rng(0).integers(0, 256, (1500, 2500, 3), np.uint8)
view = CompareView()
view.resize(402, 301)
view.set_pictures(noisy=pixels)
view.show()
view.zoom_100()
view.pan(13, -29)
image = view.grab().toImage()
corner = view.visible_region().topLeft().toPoint()
for x, y in ((150, 120), (256, 255), (300, 301)):
    colour = image.pixelColor(x, y)
    assert (colour.red(), colour.green(), colour.blue()) == tuple(pixels[corner.y() + y, corner.x() + x]), (x, y)
dpr = view.devicePixelRatioF()
under = view.map_to_picture(QPointF(150 / dpr, 120 / dpr))
assert abs(under.x() - corner.x() - 150) < 1e-6 and abs(under.y() - corner.y() - 120) < 1e-6
print("dpr", dpr)
view.shutdown()
"""


@pytest.mark.parametrize("scale", ["1.5", "2"])
def test_100_percent_is_one_picture_pixel_per_device_pixel_on_scaled_screens(scale: str) -> None:
    environment = os.environ | {"QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"dpr {float(scale)}"
