"""The Compress panel's pages in the middle: curves and latent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from compress_window import Open
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from aedesk.core.codec_specs import CompressSpec
from aedesk.gui.dialogs import files
from aedesk.gui.panels.compress.curves_page import CurvesPage, verdict
from aedesk.gui.panels.compress.latent_page import LatentPage


def test_the_curves_of_a_picture_are_drawn_for_every_codec(
    open_compress: Open, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aedesk.gui.panels.compress import curve_measurement

    monkeypatch.setattr(curve_measurement, "THEIR_QUALITIES", {"JPEG": (30, 80), "WebP": (30, 80)})
    monkeypatch.setattr(curve_measurement, "OUR_QUALITIES", (50, 10, 90))
    opened = open_compress(make_file("a.png", 160, 120), hold=(CompressSpec,))
    opened.press("compressShow_curves")
    page: CurvesPage = opened.find(CurvesPage, "curvesPage")
    assert page.isVisible()
    assert not opened.window.viewer.isVisible()
    opened.wait(lambda: bool(opened.specs))
    opened.press("curvesDraw")
    assert page.measurement.total == 0
    opened.client.hold = ()
    opened.client.release()
    opened.wait(lambda: page.measurement.total > 0 and not page.measurement.busy)
    assert {item.name(): len(item.getData()[0]) for item in page.plot.listDataItems() if item.name()} == {"aedesk": 3, "JPEG": 2, "WebP": 2}
    assert "aedesk's file is" in page.verdict.text()
    opened.press("compressShow_picture")
    assert opened.window.viewer.isVisible()


def test_the_verdict_reads_the_others_rate_at_our_fidelity() -> None:
    points = {"aedesk": [(0.5, 34.0, 50)], "JPEG": [(0.5, 30.0, 50), (2.0, 38.0, 90)], "AVIF": [(0.2, 20.0, 10), (0.3, 25.0, 20)]}
    assert verdict(points, 0.5, 34.0) == "At 34.0 dB, aedesk's file is 50\N{NO-BREAK SPACE}% smaller than JPEG."
    assert verdict(points, 0.5, float("inf")) == ""


def test_the_latent_shows_its_channels_the_strongest_first_and_can_be_exported(
    open_compress: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_compress(make_file("a.png", 160, 96))
    opened.settle()
    opened.press("compressShow_latent")
    page: LatentPage = opened.find(LatentPage, "latentPage")
    opened.wait(lambda: page.result is not None)
    result = page.result
    assert result is not None
    assert len(page.grid) == 12
    assert "10 \N{MULTIPLICATION SIGN} 6 positions" in opened.find(QLabel, "latentFacts").text()
    page.grid.setFocus()
    opened.qtbot.keyClick(page.grid, Qt.Key.Key_Right)
    assert page.channel.caption.startswith("Channel   1: symbols")
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "codes.npz")
    opened.press("latentExport")
    opened.wait(lambda: "codes.npz" in opened.notification)
    with np.load(tmp_path / "codes.npz") as written:
        assert np.array_equal(written["symbols"], result.symbols)
        assert np.array_equal(written["bits"], result.bits)
        assert int(written["stride_px"]) == 16
