"""The texts of the status bar."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from aedesk.gui.documents.metrics import QualityMetrics
from aedesk.gui.shell.bars.status_bar import metrics_text, properties
from aedesk.imaging.picture import Picture

Pixels = Callable[..., np.ndarray]


def test_the_status_line_shows_before_and_after() -> None:
    assert metrics_text(QualityMetrics(20.8, 31.451, 0.2537, 0.8419)) == "PSNR 20.80 \u2192 31.45 dB   SSIM 0.254 \u2192 0.842"
    assert metrics_text(QualityMetrics(20.8)) == "PSNR 20.80 dB"


def test_the_status_line_says_what_the_picture_is() -> None:
    gray = Picture(np.zeros((40, 60, 1), np.uint16), np.zeros((40, 60), np.uint16))
    assert properties(gray) == "60 \u00d7 40 \u00b7 16 bit \u00b7 gray \u00b7 alpha \u00b7 sRGB"
