"""The Compress panel in the whole window, with a scripted worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compress_script import MODELS, compress_play, decode, encode
from fake_client import FakeClient
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QLabel, QSlider, QWidget
from pytestqt.qtbot import QtBot

from aedesk.core.codec_specs import CompressSpec, DecompressSpec, LatentsSpec
from aedesk.core.events import Failed, Finished
from aedesk.core.specs import ModelInfo, ModelsSpec
from aedesk.gui.app import Application
from aedesk.gui.compress import live
from aedesk.gui.compress.curves_page import CurvesPage, verdict
from aedesk.gui.compress.latent_page import LatentPage
from aedesk.gui.compress.rival import fidelity
from aedesk.gui.dialogs import files
from aedesk.gui.explore.picture_box import PictureBox
from aedesk.gui.explore.picture_grid import PictureGrid
from aedesk.gui.explore.plot import Plot
from aedesk.gui.main_window import MainWindow
from aedesk.gui.panels.compress import CompressPanel
from aedesk.imaging import other_codecs
from aedesk.imaging.io import read
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit
from aedesk.settings.store import Settings


@dataclass
class Shop:
    """The window with Compress in front."""

    qtbot: QtBot
    client: FakeClient
    window: MainWindow
    running: Application = field(repr=False)

    @property
    def panel(self) -> CompressPanel:
        panel = self.window.panel_stack.panel("compress")
        assert isinstance(panel, CompressPanel)
        return panel

    @property
    def current(self) -> Any:
        return self.window.workspace.library.current

    @property
    def told(self) -> str:
        return self.window.banner.text

    def find(self, kind: type, name: str) -> Any:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def press(self, name: str) -> None:
        self.qtbot.mouseClick(self.find(QAbstractButton, name), Qt.MouseButton.LeftButton)

    def choose(self, name: str, data: str) -> None:
        box = self.find(QComboBox, name)
        assert box.findData(data) >= 0, data
        box.setCurrentIndex(box.findData(data))

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=8000)

    def settle(self) -> Any:
        """Wait for a result that the panel shows, with all figures."""
        self.wait(lambda: self.panel.live.now is not None and "PSNR" in self.figures and not self.panel.live.busy)
        return self.panel.live.now

    @property
    def figures(self) -> str:
        label: QLabel = self.find(QLabel, "compressFigures")
        return "" if label.isHidden() else label.text()

    @property
    def remark(self) -> str:
        return str(self.find(QLabel, "compressRemark").text())

    @property
    def specs(self) -> list[CompressSpec]:
        return self.client.specs(CompressSpec)


Open = Callable[..., Shop]


@pytest.fixture
def shop(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    opened: list[Application] = []

    def open_window(*paths: Path, script: Any = compress_play, hold: tuple[type, ...] = (), **settings: object) -> Shop:
        file = tmp_path / "config" / "settings.json"
        written = Settings(file)
        for key, value in {"first_start": False, "confirm_close": False, "panel": "compress", **settings}.items():
            written[key] = value
        written.save()
        app, client = QApplication.instance(), FakeClient(script, hold)
        assert isinstance(app, QApplication)
        made = Application(app, paths, make_client=lambda: client, make_training_client=FakeClient, settings_file=file)
        opened.append(made)
        with qtbot.waitSignal(made.window.ready):
            made.show()
        qtbot.waitUntil(lambda: bool(made.workspace.catalog.models))
        return Shop(qtbot, client, made.window, made)

    yield open_window
    for each in opened:
        if each.window.isVisible():
            each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def make_aed(tmp_path: Path, make_pixels: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """``make_aed(name)``: a file that the scripted worker decodes, and that the window takes for an .aed file."""
    from compress_script import MAGIC

    from aedesk.gui import aed_files

    monkeypatch.setattr(aed_files, "MAGIC", MAGIC)

    def make(name: str, seed: int = 0, more: bytes = b"") -> Path:
        path = tmp_path / name
        path.write_bytes(encode(Picture(make_pixels(48, 64, seed=seed)), 90) + more)
        return path

    return make


def test_the_picture_in_sight_is_compressed_at_once_and_shown_beside_the_original(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"), view_mode="split")
    now = opened.settle()
    assert (now.whole, now.wish.spec.quality, now.wish.spec.preview, now.wish.spec.model) == (True, 50, True, "codec-photo")
    opened.wait(lambda: set(opened.window.viewer.values_at(5, 5)) == {"original", "reconstructed"})
    assert opened.window.viewer.values_at(5, 5)["reconstructed"] == tuple(now.result.decoded.pixels[5, 5])
    size = len(now.result.data)
    assert f"{size} B" in opened.figures or f"{size / 1000:.1f} KB" in opened.figures
    assert f"{psnr(now.given.pixels, now.result.decoded.pixels):.2f} dB" in opened.figures


def test_the_slider_compresses_again_and_of_many_wishes_the_last_counts(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"))
    opened.settle()
    opened.client.hold = (CompressSpec,)
    slider = opened.find(QWidget, "compressQuality")
    slider.set_value(10)
    opened.wait(lambda: len(opened.specs) == 2)
    opened.client.hold = ()
    for quality in (20, 30, 90):
        slider.set_value(quality)
    opened.wait(lambda: opened.panel.live.now is not None and opened.panel.live.now.wish.spec.quality == 90)
    assert [spec.quality for spec in opened.specs] == [50, 10, 90]
    assert opened.client.cancelled


def test_the_psnr_is_that_of_the_part_in_sight(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png", 400, 300), view_mode="single")
    now = opened.settle()
    viewer = opened.window.viewer
    viewer.zoom_to(8.0)
    opened.wait(lambda: "part in sight" in opened.remark)
    part: QRect = viewer.visible_region().toAlignedRect().intersected(QRect(0, 0, 400, 300))
    rows, columns = slice(part.top(), part.bottom() + 1), slice(part.left(), part.right() + 1)
    expected = psnr(now.given.pixels[rows, columns], now.result.decoded.pixels[rows, columns])
    assert f"{expected:.2f} dB" in opened.figures


def test_a_large_picture_is_compressed_in_a_box_that_can_be_moved_and_its_size_is_estimated(
    shop: Open, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WHOLE_PX", "FIRST_PX", "MIN_PX", "MAX_PX"):
        monkeypatch.setattr(live, name, 4 * 64 * 64)
    opened = shop(make_file("a.png", 400, 300))
    now = opened.settle()
    assert (now.whole, now.wish.box.size().toTuple(), now.given.pixels.shape) == (False, (64, 64), (64, 64, 3))
    assert now.wish.box.contains(QPoint(200, 150))
    assert opened.window.viewer.preview_box == now.wish.box
    assert "\N{ALMOST EQUAL TO}" in opened.figures
    assert now.file_bytes == pytest.approx(now.result.bpp * 400 * 300 / 8)
    box = QRect(100, 50, 64, 64)
    opened.window.viewer.set_preview_box(box)
    opened.window.viewer.preview_box_moved.emit(box)
    opened.wait(lambda: opened.panel.live.now is not None and opened.panel.live.now.wish.box == box)
    assert np.array_equal(opened.panel.live.now.given.pixels, opened.current.source.pixels[50:114, 100:164])
    opened.press("panel_restore")
    assert opened.window.viewer.preview_box is None


def test_with_another_picture_no_figure_of_the_last_one_stays(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"), make_file("b.png"), view_mode="side-by-side")
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
    shop: Open, make_file: Callable[..., Path], aim: str, spin: str, value: float, said: str
) -> None:
    opened = shop(make_file("a.png"))
    opened.settle()
    opened.choose("compressAimKind", aim)
    opened.find(QWidget, spin).setValue(value)
    expected = 2000 if aim == "size" else value
    opened.wait(lambda: opened.panel.live.now is not None and getattr(opened.panel.live.now.wish.spec, said) == expected)
    verb = "reaches" if aim == "psnr" else "stays within"
    opened.wait(lambda: f"Quality {opened.panel.live.now.result.quality} {verb}" in opened.remark)


def test_a_target_out_of_reach_is_said(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"), compress_aim="psnr")
    opened.find(QWidget, "compressPsnr").setValue(60.0)
    opened.wait(lambda: "60.0 dB cannot be reached" in opened.remark)


@pytest.mark.parametrize("by", ["size", "psnr"])
def test_another_codec_stands_beside_ours_at_the_same_size_or_the_same_psnr(shop: Open, make_file: Callable[..., Path], by: str) -> None:
    opened = shop(make_file("a.png", 200, 150), compress_by=by)
    now = opened.settle()
    opened.choose("compressOther", "JPEG")
    opened.wait(lambda: "JPEG" in opened.figures)
    ours = (len(now.result.data), psnr(now.given.pixels, now.result.decoded.pixels))
    find = other_codecs.nearest_in_size if by == "size" else other_codecs.nearest_in_psnr
    found = find("JPEG", now.given, ours[by == "psnr"])
    assert found is not None
    assert f"JPEG at quality {found.quality}" in opened.remark
    assert opened.remark.startswith("At the same size" if by == "size" else "At the same PSNR")
    assert f"{found.psnr:.2f} dB" in opened.figures
    viewer = opened.window.viewer
    opened.wait(lambda: len(viewer.values_at(3, 3)) == 3)
    assert viewer.values_at(3, 3)["noisy"] == tuple(found.picture.pixels[3, 3])
    assert viewer.pair == ("noisy", "reconstructed")
    opened.choose("compressOther", "")
    opened.wait(lambda: set(viewer.values_at(3, 3)) == {"original", "reconstructed"})
    assert viewer.pair == ("original", "reconstructed")


def test_the_bits_of_each_place_are_laid_over_the_picture(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png", 160, 96), view_mode="single")
    opened.settle()
    before = opened.window.viewer.grab().toImage()
    opened.press("compressHeat")
    assert "Per place of 16" in opened.find(QLabel, "compressLegend").text()
    assert opened.window.viewer.grab().toImage() != before
    opened.press("compressHeat")
    assert opened.find(QLabel, "compressLegend").isHidden()
    assert opened.window.viewer.grab().toImage() == before


def test_other_panels_show_their_own_versions_and_words(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"), view_mode="side-by-side", compress_heat=True)
    opened.settle()
    viewer = opened.window.viewer
    opened.wait(lambda: "aedesk" in viewer.accessibleDescription())
    opened.press("panel_restore")
    opened.wait(lambda: set(viewer.values_at(3, 3)) == {"original"})
    assert "Compressed" not in viewer.accessibleDescription()
    assert "aedesk" not in viewer.accessibleDescription()
    opened.press("panel_compress")
    opened.wait(lambda: set(viewer.values_at(3, 3)) == {"original", "reconstructed"})


def test_a_restored_picture_is_what_gets_compressed(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    opened.window.actions_by_name["run"].trigger()
    opened.wait(lambda: opened.current.step.restored is not None)
    opened.press("panel_compress")
    assert opened.settle().given is opened.current.step.restored


def test_a_failure_stands_in_the_panel_and_is_not_tried_again_by_itself(shop: Open, make_file: Callable[..., Path]) -> None:
    broken = [True]

    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        if isinstance(spec, CompressSpec) and broken[0]:
            return [Failed("There is no model 'codec-photo'.", "Install aedesk again.", "ModelError")]
        return compress_play(spec, inputs)

    opened = shop(make_file("a.png"), script=script)
    opened.wait(lambda: "Install aedesk again" in opened.remark)
    opened.qtbot.wait(3 * live.SETTLE_MS)
    tried = len(opened.specs)
    opened.qtbot.wait(3 * live.SETTLE_MS)
    assert len(opened.specs) == tried
    broken[0] = False
    opened.press("compressAgain")
    opened.settle()
    assert opened.find(QAbstractButton, "compressAgain").isHidden()


def test_one_picture_is_exported_under_the_name_that_is_chosen(
    shop: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = shop(make_file("a.png"), compress_quality=70)
    opened.settle()
    asked: list[Path] = []
    monkeypatch.setattr(files, "choose_target", lambda _parent, _title, suggested, _kind: asked.append(suggested) or tmp_path / "out.aed")
    opened.press("compressSlow")
    opened.press("compressButton")
    opened.wait(lambda: "Saved" in opened.told)
    assert asked == [tmp_path / "a.aed"]
    spec = opened.specs[-1]
    assert (spec.quality, spec.preset, spec.preview) == (70, "slow", False)
    decoded = decode((tmp_path / "out.aed").read_bytes())
    assert decoded.pixels.shape == opened.current.source.pixels.shape
    assert "quality 70" in opened.told
    assert opened.window.workspace.queue.tasks[0].state == "done"


def test_export_is_in_the_tool_bar_whatever_panel_is_in_front(
    shop: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = shop(make_file("a.png"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "out.aed")
    opened.press("tool_export_aed")
    opened.wait((tmp_path / "out.aed").exists)
    opened.wait(lambda: not opened.window.workspace.queue.busy)


def test_a_batch_with_a_target_goes_into_a_folder_and_says_what_it_saved(
    shop: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "b.png"
    broken.write_text("this is no picture")
    taken = tmp_path / "out" / "a.aed"
    taken.parent.mkdir()
    taken.write_bytes(b"mine")
    opened = shop(make_file("a.png"), broken, make_file("c.png", seed=3), compress_aim="bpp")
    opened.find(QWidget, "compressBpp").setValue(2.5)
    monkeypatch.setattr(files, "choose_folder", lambda *_: taken.parent)
    opened.press("compressAllButton")
    opened.wait(lambda: "saved in" in opened.told)
    assert {path.name for path in taken.parent.iterdir()} == {"a.aed", "a-2.aed", "c.aed"}
    assert taken.read_bytes() == b"mine"
    assert "2 pictures saved" in opened.told
    assert "1 could not be compressed" in opened.told
    assert [spec.target_bpp for spec in opened.specs if not spec.preview] == [2.5, 2.5]


def test_a_target_that_no_quality_reaches_is_named_after_the_export(
    shop: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = shop(make_file("a.png"), compress_aim="psnr")
    opened.find(QWidget, "compressPsnr").setValue(60.0)
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "a.aed")
    opened.press("compressButton")
    opened.wait(lambda: "cannot be reached" in opened.told)


def test_the_curves_of_a_picture_are_drawn_for_every_codec(
    shop: Open, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aedesk.gui.compress import curve_run

    monkeypatch.setattr(curve_run, "THEIR_QUALITIES", {"JPEG": (30, 80), "WebP": (30, 80)})
    monkeypatch.setattr(curve_run, "OUR_QUALITIES", (50, 10, 90))
    opened = shop(make_file("a.png", 160, 120), hold=(CompressSpec,))
    opened.press("compressShow_curves")
    page: CurvesPage = opened.find(CurvesPage, "curvesPage")
    assert page.isVisible()
    assert not opened.window.viewer.isVisible()
    opened.wait(lambda: bool(opened.specs))
    opened.press("curvesDraw")
    assert page.run.total == 0
    opened.client.hold = ()
    opened.client.release()
    opened.wait(lambda: page.run.total > 0 and not page.run.busy)
    assert {item.name(): len(item.getData()[0]) for item in page.plot.listDataItems() if item.name()} == {"aedesk": 3, "JPEG": 2, "WebP": 2}
    assert "aedesk's file is" in page.verdict.text()
    opened.press("compressShow_picture")
    assert opened.window.viewer.isVisible()


def test_the_verdict_reads_the_others_rate_at_our_fidelity() -> None:
    points = {"aedesk": [(0.5, 34.0, 50)], "JPEG": [(0.5, 30.0, 50), (2.0, 38.0, 90)], "AVIF": [(0.2, 20.0, 10), (0.3, 25.0, 20)]}
    assert verdict(points, 0.5, 34.0) == "At 34.0 dB, aedesk's file is 50\N{NO-BREAK SPACE}% smaller than JPEG."
    assert verdict(points, 0.5, float("inf")) == ""


def test_the_latent_shows_its_channels_the_strongest_first_and_can_be_exported(
    shop: Open, make_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = shop(make_file("a.png", 160, 96))
    opened.settle()
    opened.press("compressShow_latent")
    page: LatentPage = opened.find(LatentPage, "latentPage")
    opened.wait(lambda: page.result is not None)
    result = page.result
    assert result is not None
    assert len(page.grid) == 12
    assert "10 \N{MULTIPLICATION SIGN} 6 places" in opened.find(QLabel, "latentFacts").text()
    page.grid.setFocus()
    opened.qtbot.keyClick(page.grid, Qt.Key.Key_Right)
    assert page.channel.caption.startswith("Channel   1: symbols")
    monkeypatch.setattr(files, "choose_target", lambda *_: tmp_path / "codes.npz")
    opened.press("latentExport")
    opened.wait(lambda: "codes are in" in opened.told)
    with np.load(tmp_path / "codes.npz") as written:
        assert np.array_equal(written["symbols"], result.symbols)
        assert np.array_equal(written["bits"], result.bits)
        assert int(written["stride_px"]) == 16


def test_an_aed_file_opens_like_any_picture_and_can_be_saved_as_another_format(
    shop: Open, make_aed: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = shop(make_aed("a.aed"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    assert (opened.current.source.width, opened.current.modified) == (64, False)
    monkeypatch.setattr(files, "choose_save_path", lambda _parent, suggested: suggested)
    assert opened.window.actions_by_name["save"].isEnabled()
    opened.window.actions_by_name["save"].trigger()
    opened.wait(lambda: "Saved" in opened.told)
    assert np.array_equal(read(tmp_path / "a.png").pixels, opened.current.source.pixels)


def test_the_latent_of_an_aed_file_is_the_files_own(shop: Open, make_aed: Callable[..., Path]) -> None:
    path = make_aed("a.aed")
    opened = shop(path)
    opened.settle()
    opened.press("compressShow_latent")
    opened.wait(lambda: bool(opened.client.specs(LatentsSpec)))
    given = next(inputs[0] for _, spec, inputs in opened.client.submitted if isinstance(spec, LatentsSpec))
    assert given == path.read_bytes()
    opened.wait(lambda: opened.find(LatentPage, "latentPage").result is not None)


def test_a_damaged_file_is_shown_as_far_as_it_goes_and_said_to_be_damaged(shop: Open, make_aed: Callable[..., Path]) -> None:
    opened = shop(make_aed("a.aed", more=b"damaged"), panel="restore")
    opened.wait(lambda: opened.current is not None and opened.current.source is not None)
    assert "a.aed is damaged: a part of the picture" in opened.told
    assert opened.client.specs(DecompressSpec)[0].damaged


def test_a_file_that_the_worker_refuses_is_told(shop: Open, make_aed: Callable[..., Path]) -> None:
    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        if isinstance(spec, DecompressSpec):
            return [Failed("The model 0123456789abcdef that wrote this file is not here.", "Import it in Models.", "ModelError")]
        return compress_play(spec, inputs)

    opened = shop(make_aed("a.aed"), panel="restore", script=script)
    opened.wait(lambda: "Import it in Models" in opened.told)
    assert opened.current.badge == "failed"


def test_aed_files_that_are_not_opened_get_a_thumbnail_too(
    shop: Open, make_aed: Callable[..., Path], make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aedesk.gui.parts import aed_thumbnails

    class Small:
        width = height = 10

    monkeypatch.setattr(aed_thumbnails, "read_aed", lambda _data: Small())
    other = make_aed("b.aed", seed=4)
    opened = shop(make_file("a.png"), other, panel="restore")
    view = opened.window.library_view
    row = view.model().index(1, 0)
    opened.wait(lambda: (image := row.data(Qt.ItemDataRole.DecorationRole)) is not None and not image.isNull())
    assert opened.window.workspace.library.documents[1].source is None


def test_the_choices_are_remembered(shop: Open, make_file: Callable[..., Path], tmp_path: Path) -> None:
    opened = shop(make_file("a.png"))
    opened.settle()
    opened.choose("compressModel", "photos")
    opened.choose("compressOther", "WebP")
    opened.choose("compressBy", "psnr")
    opened.find(QWidget, "compressQuality").set_value(33)
    opened.window.close()
    again = Settings(tmp_path / "config" / "settings.json")
    assert [again[f"compress_{key}"] for key in ("model", "other", "by", "quality")] == ["photos", "WebP", "psnr", 33]


def test_what_came_back_without_colour_or_with_fewer_bits_is_measured_all_the_same(make_pixels: Callable[..., np.ndarray]) -> None:
    colour, deep = make_pixels(20, 30), make_pixels(20, 30, dtype=np.uint16)
    gray = colour[:, :, 1:2]
    assert fidelity(Picture(colour), Picture(gray)) == pytest.approx(psnr(colour, np.repeat(gray, 3, axis=2)))
    assert fidelity(Picture(deep), Picture(colour)) == pytest.approx(psnr(to_8_bit(deep), colour))


def test_every_control_of_the_panel_and_its_pages_has_names(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png"), compress_other="JPEG", compress_heat=True)
    opened.settle()
    for page in ("curves", "latent"):
        opened.press(f"compressShow_{page}")
    roots = [opened.panel, opened.find(QWidget, "curvesPage"), opened.find(QWidget, "latentPage")]
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider, PictureGrid, PictureBox, Plot)
    controls = [widget for root in roots for kind in kinds for widget in root.findChildren(kind)]
    shown = [widget for widget in controls if not widget.objectName().startswith("qt_")]
    assert len(shown) > 20
    assert [widget for widget in shown if not widget.objectName() or not (widget.accessibleName() or getattr(widget, "text", str)())] == []


def test_codecs_and_models_with_a_latent_are_offered(shop: Open, make_file: Callable[..., Path]) -> None:
    models = shop(make_file("a.png")).find(QComboBox, "compressModel")
    assert [models.itemText(index) for index in range(models.count())] == ["Photographs, all rates", "Own photos"]
    assert models.currentData() == "codec-photo"


def test_a_codec_that_was_chosen_elsewhere_is_used_as_soon_as_it_is_known(shop: Open, make_file: Callable[..., Path]) -> None:
    known = [MODELS]

    def script(spec: Any, inputs: tuple[Any, ...]) -> Any:
        return [Finished(known[0])] if isinstance(spec, ModelsSpec) else compress_play(spec, inputs)

    opened = shop(make_file("a.png"), script=script)
    opened.settle()
    catalog = opened.window.workspace.catalog
    catalog.choose_codec("fresh")
    assert opened.panel.spec().model == "codec-photo"
    known[0] = (*MODELS, ModelInfo("fresh", "", "codec", "A fresh one", {}))
    catalog.ask()
    opened.wait(lambda: opened.panel.live.now is not None and opened.panel.live.now.wish.spec.model == "fresh")


def test_the_split_can_be_dragged_between_original_and_compressed(shop: Open, make_file: Callable[..., Path]) -> None:
    opened = shop(make_file("a.png", 320, 200), view_mode="split")
    opened.settle()
    viewer = opened.window.viewer
    opened.wait(lambda: len(viewer.panes()) == 2)
    middle = QPoint(viewer.width() // 2, viewer.height() // 2)
    opened.qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, pos=middle)
    opened.qtbot.mouseMove(viewer, middle + QPoint(80, 0))
    opened.qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, pos=middle + QPoint(80, 0))
    assert viewer.split == pytest.approx(0.5 + 80 / viewer.width(), abs=0.02)
