"""The Compress panel in the whole window, with a scripted worker: what is compressed, shown and said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compress_script import compress_play
from compress_window import Open
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from aedesk.core.codec_specs import CompressSpec
from aedesk.core.events import Failed
from aedesk.core.formatting import format_bytes
from aedesk.gui.panels.compress import live_preview
from aedesk.gui.panels.compress.comparison import fidelity
from aedesk.imaging import other_codecs
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit


def test_the_current_picture_is_compressed_at_once_and_shown_beside_the_original(
    open_compress: Open, make_file: Callable[..., Path]
) -> None:
    opened = open_compress(make_file("a.png"), view_mode="split")
    now = opened.settle()
    assert (now.whole, now.request.spec.quality, now.request.spec.evaluate, now.request.spec.model) == (True, 50, True, "codec-photo")
    opened.wait(lambda: set(opened.window.viewer.values_at(5, 5)) == {"original", "result"})
    assert opened.window.viewer.values_at(5, 5)["result"] == tuple(now.encoded.decoded.pixels[5, 5])
    size = len(now.encoded.data)
    assert format_bytes(size) in opened.figures
    assert f"{psnr(now.source.pixels, now.encoded.decoded.pixels):.2f} dB" in opened.figures


def test_the_slider_compresses_again_and_of_many_requests_the_last_counts(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png"))
    opened.settle()
    opened.client.hold = (CompressSpec,)
    slider = opened.find(QWidget, "compressQuality")
    slider.set_value(10)
    opened.wait(lambda: len(opened.specs) == 2)
    opened.client.hold = ()
    for quality in (20, 30, 90):
        slider.set_value(quality)
    opened.wait(lambda: opened.panel.live.current is not None and opened.panel.live.current.request.spec.quality == 90)
    assert [spec.quality for spec in opened.specs] == [50, 10, 90]
    assert opened.client.cancelled


def test_the_psnr_is_that_of_the_visible_part(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png", 400, 300), view_mode="single")
    now = opened.settle()
    viewer = opened.window.viewer
    viewer.zoom_to(8.0)
    opened.wait(lambda: "visible part" in opened.remark)
    part: QRect = viewer.visible_region().toAlignedRect().intersected(QRect(0, 0, 400, 300))
    rows, columns = slice(part.top(), part.bottom() + 1), slice(part.left(), part.right() + 1)
    expected = psnr(now.source.pixels[rows, columns], now.encoded.decoded.pixels[rows, columns])
    assert f"{expected:.2f} dB" in opened.figures


def test_a_large_picture_is_compressed_in_a_box_that_can_be_moved_and_its_size_is_estimated(
    open_compress: Open, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WHOLE_PX", "FIRST_PX", "MIN_PX", "MAX_PX"):
        monkeypatch.setattr(live_preview, name, 4 * 64 * 64)
    opened = open_compress(make_file("a.png", 400, 300))
    now = opened.settle()
    assert (now.whole, now.request.box.size().toTuple(), now.source.pixels.shape) == (False, (64, 64), (64, 64, 3))
    assert now.request.box.contains(QPoint(200, 150))
    assert opened.window.viewer.preview_box == now.request.box
    assert "\N{ALMOST EQUAL TO}" in opened.figures
    assert now.file_bytes == pytest.approx(now.encoded.bpp * 400 * 300 / 8)
    box = QRect(100, 50, 64, 64)
    opened.window.viewer.set_preview_box(box)
    opened.window.viewer.preview_box_moved.emit(box)
    opened.wait(lambda: opened.panel.live.current is not None and opened.panel.live.current.request.box == box)
    assert np.array_equal(opened.panel.live.current.source.pixels, opened.current.source.pixels[50:114, 100:164])
    opened.press("panel_restore")
    assert opened.window.viewer.preview_box is None


def test_with_another_picture_no_figure_of_the_last_one_stays(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png"), make_file("b.png"), view_mode="side-by-side")
    opened.settle()
    opened.wait(lambda: "dB" in opened.window.viewer.accessibleDescription())
    opened.client.hold = (CompressSpec,)
    opened.window.actions_by_name["next"].trigger()
    opened.wait(lambda: len(opened.specs) == 2)
    assert opened.figures == ""
    assert opened.window.viewer.accessibleDescription() == "side-by-side view of Original, Compressed"


@pytest.mark.parametrize(
    ("aim", "spin", "value", "said"),
    [
        ("size", "compressSize", 2.0, "target_bytes"),
        ("bpp", "compressBpp", 1.5, "target_bpp"),
        ("psnr", "compressPsnr", 33.0, "target_psnr"),
    ],
)
def test_a_target_finds_the_quality_and_the_panel_says_which(
    open_compress: Open, make_file: Callable[..., Path], aim: str, spin: str, value: float, said: str
) -> None:
    opened = open_compress(make_file("a.png"))
    opened.settle()
    opened.choose("compressTargetKind", aim)
    opened.find(QWidget, spin).setValue(value)
    expected = 2000 if aim == "size" else value
    opened.wait(lambda: opened.panel.live.current is not None and getattr(opened.panel.live.current.request.spec, said) == expected)
    verb = "reaches" if aim == "psnr" else "stays within"
    opened.wait(lambda: f"Quality {opened.panel.live.current.encoded.quality} {verb}" in opened.remark)


def test_a_target_out_of_reach_is_said(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png"), compress_target="psnr")
    opened.find(QWidget, "compressPsnr").setValue(60.0)
    opened.wait(lambda: "60.0 dB cannot be reached" in opened.remark)


@pytest.mark.parametrize("by", ["size", "psnr"])
def test_another_codec_stands_beside_ours_at_the_same_size_or_the_same_psnr(
    open_compress: Open, make_file: Callable[..., Path], by: str
) -> None:
    opened = open_compress(make_file("a.png", 200, 150), compress_by=by)
    now = opened.settle()
    opened.choose("compressOther", "JPEG")
    opened.wait(lambda: "JPEG" in opened.figures)
    ours = (len(now.encoded.data), psnr(now.source.pixels, now.encoded.decoded.pixels))
    find = other_codecs.nearest_in_size if by == "size" else other_codecs.nearest_in_psnr
    found = find("JPEG", now.source, ours[by == "psnr"])
    assert found is not None
    assert f"JPEG at quality {found.quality}" in opened.remark
    assert opened.remark.startswith("At the same size" if by == "size" else "At the same PSNR")
    assert f"{found.psnr:.2f} dB" in opened.figures
    viewer = opened.window.viewer
    opened.wait(lambda: len(viewer.values_at(3, 3)) == 3)
    assert viewer.values_at(3, 3)["noisy"] == tuple(found.picture.pixels[3, 3])
    assert viewer.pair == ("noisy", "result")
    opened.choose("compressOther", "")
    opened.wait(lambda: set(viewer.values_at(3, 3)) == {"original", "result"})
    assert viewer.pair == ("original", "result")


def test_the_bits_of_each_position_are_laid_over_the_picture(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png", 160, 96), view_mode="single")
    opened.settle()
    before = opened.window.viewer.grab().toImage()
    opened.press("compressBitCosts")
    assert "Bits per 16" in opened.find(QLabel, "compressLegend").text()
    assert opened.window.viewer.grab().toImage() != before
    opened.press("compressBitCosts")
    assert opened.find(QLabel, "compressLegend").isHidden()
    assert opened.window.viewer.grab().toImage() == before


def test_other_panels_show_their_own_versions_and_words(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png"), view_mode="side-by-side", compress_bit_costs=True)
    opened.settle()
    viewer = opened.window.viewer
    opened.wait(lambda: "aedesk" in viewer.accessibleDescription())
    opened.press("panel_restore")
    opened.wait(lambda: set(viewer.values_at(3, 3)) == {"original"})
    assert "Compressed" not in viewer.accessibleDescription()
    assert "aedesk" not in viewer.accessibleDescription()
    opened.press("panel_compress")
    opened.wait(lambda: set(viewer.values_at(3, 3)) == {"original", "result"})


def test_a_restored_picture_is_what_gets_compressed(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    opened.window.actions_by_name["run"].trigger()
    opened.wait(lambda: opened.current.step.restored is not None)
    opened.press("panel_compress")
    assert opened.settle().source is opened.current.step.restored


def test_a_failure_stands_in_the_panel_and_is_not_tried_again_by_itself(open_compress: Open, make_file: Callable[..., Path]) -> None:
    broken = [True]

    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        if isinstance(spec, CompressSpec) and broken[0]:
            return [Failed("There is no model 'codec-photo'.", "Install aedesk again.", "ModelError")]
        return compress_play(spec, inputs)

    opened = open_compress(make_file("a.png"), script=script)
    opened.wait(lambda: "Install aedesk again" in opened.remark)
    opened.qtbot.wait(3 * live_preview.SETTLE_MS)
    tried = len(opened.specs)
    opened.qtbot.wait(3 * live_preview.SETTLE_MS)
    assert len(opened.specs) == tried
    broken[0] = False
    opened.press("compressAgain")
    opened.settle()
    assert opened.find(QAbstractButton, "compressAgain").isHidden()


def test_what_came_back_without_colour_or_with_fewer_bits_is_measured_all_the_same(make_pixels: Callable[..., np.ndarray]) -> None:
    colour, deep = make_pixels(20, 30), make_pixels(20, 30, dtype=np.uint16)
    gray = colour[:, :, 1:2]
    assert fidelity(Picture(colour), Picture(gray)) == pytest.approx(psnr(colour, np.repeat(gray, 3, axis=2)))
    assert fidelity(Picture(deep), Picture(colour)) == pytest.approx(psnr(to_8_bit(deep), colour))


def test_the_split_can_be_dragged_between_original_and_compressed(open_compress: Open, make_file: Callable[..., Path]) -> None:
    opened = open_compress(make_file("a.png", 320, 200), view_mode="split")
    opened.settle()
    viewer = opened.window.viewer
    opened.wait(lambda: len(viewer.panes()) == 2)
    middle = QPoint(viewer.width() // 2, viewer.height() // 2)
    opened.qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=middle)
    opened.qtbot.mouseMove(viewer, middle + QPoint(80, 0))
    opened.qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=middle + QPoint(80, 0))
    assert viewer.split == pytest.approx(0.5 + 80 / viewer.width(), abs=0.02)
