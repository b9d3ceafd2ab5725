"""What stands between the widgets and the files: figures, opening, loading, saving, the log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from aedesk.core.errors import AedeskError, PictureError
from aedesk.gui.figures import Figures, add_ssim, measure_psnr
from aedesk.gui.history import Step
from aedesk.gui.loader import clean_partner, reference_for
from aedesk.gui.log_setup import MAX_BYTES, Logging, install_exception_hooks
from aedesk.gui.opening import find_pictures
from aedesk.gui.parking import park
from aedesk.gui.parts.status import facts, figures_line
from aedesk.gui.saving import save_name, write_beside
from aedesk.gui.workspace import Workspace
from aedesk.imaging.io import write
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture

Pixels = Callable[..., np.ndarray]


def test_figures_compare_with_the_reference_in_the_depth_of_the_picture(make_pixels: Pixels) -> None:
    clean, noisy = make_pixels(64, 80), make_pixels(64, 80, seed=1)
    eight = measure_psnr(Picture(clean), Picture(noisy), None)
    sixteen = measure_psnr(Picture(clean), Picture(noisy.astype(np.uint16) * 257), None)
    assert eight.psnr_input == pytest.approx(psnr(clean, noisy))
    assert sixteen.psnr_input == pytest.approx(eight.psnr_input, abs=1e-6)


def test_a_gray_picture_is_compared_with_the_luma_of_a_colour_reference(make_pixels: Pixels) -> None:
    gray = make_pixels(64, 80, channels=1)
    figures = measure_psnr(Picture(np.repeat(gray, 3, axis=2)), Picture(gray), None)
    assert figures.psnr_input == float("inf") or (figures.psnr_input or 0) > 80


def test_ssim_is_added_to_the_figures_that_stand(make_pixels: Pixels) -> None:
    clean = Picture(make_pixels(64, 80))
    figures = add_ssim(Figures(20.0, 30.0), clean, clean, clean)
    assert (figures.psnr_input, figures.ssim_input, figures.ssim_restored) == (20.0, pytest.approx(1.0), pytest.approx(1.0))


def test_the_status_line_shows_before_and_after() -> None:
    assert figures_line(Figures(20.8, 31.451, 0.2537, 0.8419)) == "PSNR 20.80 \u2192 31.45 dB   SSIM 0.254 \u2192 0.842"
    assert figures_line(Figures(20.8)) == "PSNR 20.80 dB"


def test_the_status_line_says_what_the_picture_is() -> None:
    gray = Picture(np.zeros((40, 60, 1), np.uint16), np.zeros((40, 60), np.uint16))
    assert facts(gray) == "60 \u00d7 40 \u00b7 16 bit \u00b7 gray \u00b7 alpha \u00b7 sRGB"


def test_folders_are_searched_in_order_without_what_is_hidden(make_file: Callable[..., Path], tmp_path: Path) -> None:
    for folder in ("b", ".trash"):
        (tmp_path / folder).mkdir()
    for name in ("z.png", "b/a.png", ".trash/x.png", ".hidden.png"):
        make_file(name)
    named = tmp_path / "strange.name"
    assert find_pictures([named, tmp_path]) == [named, tmp_path / "z.png", tmp_path / "b" / "a.png"]


def test_a_clean_partner_is_found_by_its_name(make_file: Callable[..., Path]) -> None:
    clean, noisy = make_file("x_clean.png"), make_file("x_noisy.png")
    assert clean_partner(noisy) == clean
    assert clean_partner(clean) is None
    assert clean_partner(make_file("y_noisy.png")) is None


def test_a_reference_of_another_size_is_refused(make_file: Callable[..., Path], make_pixels: Pixels) -> None:
    with pytest.raises(PictureError, match="64\u00d748"):
        reference_for(Picture(make_pixels(48, 65)), make_file("a.png", 64, 48))


def test_a_picture_opens_with_the_partner_as_its_reference(
    make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    make_file("x_clean.png")
    (document,) = opened(make_file("x_noisy.png", seed=1))
    assert document.step.reference is not None
    assert document.history.undo_title == ""


def test_loading_a_reference_is_a_step_that_can_be_undone(
    qtbot: QtBot, make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    (document,) = opened(make_file("a.png"))
    errors: list[AedeskError] = []
    workspace.loader.set_reference(document, make_file("b.png", seed=1), errors.append)
    qtbot.waitUntil(lambda: document.step.reference is not None)
    assert document.history.undo_title == "Load reference"
    workspace.loader.set_reference(document, make_file("c.png", width=10), errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "c.png" in str(errors[0])


def test_a_source_that_was_let_go_is_read_again(
    qtbot: QtBot, make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    (document,) = opened(make_file("a.png"))
    document.source = None
    workspace.loader.ensure(document, lambda _: None)
    qtbot.waitUntil(lambda: document.source is not None)


def test_memory_of_undo_is_limited_by_the_setting(
    qtbot: QtBot, make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    (document,) = opened(make_file("a.png"))
    workspace.settings["undo_memory_mb"] = 64
    for _ in range(4):
        workspace.library.push(document, Step("Restore", restored=Picture(np.zeros((4096, 4096, 3), np.uint8))))
    qtbot.waitUntil(lambda: len(document.history.others) == 2)  # "Open" and one of 48 MB


def test_a_parked_result_is_the_same_picture_in_a_file_without_a_name(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (600, 700, 3), np.uint16)
    picture = Picture(pixels, alpha=pixels[:, :, 0].copy(), dpi=(300.0, 300.0))
    parked = park(picture, tmp_path / "cache")
    assert np.array_equal(parked.pixels, pixels)
    assert isinstance(parked.pixels.base, np.memmap)
    assert (parked.alpha is picture.alpha, parked.dpi) == (True, (300.0, 300.0))
    if sys.platform != "win32":
        assert list((tmp_path / "cache").iterdir()) == []


def test_a_result_that_cannot_be_parked_stays_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    picture = Picture(np.zeros((1000, 1000, 3), np.uint8))
    assert park(picture, tmp_path / "file") is picture
    assert "stays in memory" in caplog.text


@pytest.mark.parametrize(
    ("name", "saved"), [("a.png", "a_restored.png"), ("a.JPG", "a_restored.JPG"), ("a.nef", "a_restored.png"), ("a", "a_restored.png")]
)
def test_a_saved_picture_keeps_its_format_where_that_can_be_written(name: str, saved: str) -> None:
    assert save_name(Path(name), "_restored") == saved


def test_a_taken_name_gets_a_number(tmp_path: Path, make_pixels: Pixels) -> None:
    picture = Picture(make_pixels(8, 8))
    write(picture, tmp_path / "a.png")
    assert write_beside(picture, tmp_path / "a.png", 95) == tmp_path / "a-2.png"
    assert write_beside(picture, tmp_path / "a.png", 95) == tmp_path / "a-3.png"


def test_the_log_goes_into_a_file_and_into_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    log = Logging(tmp_path / "deep" / "aedesk.log")
    log.start()
    try:
        with qtbot.waitSignal(log.relay.line) as heard:
            logging.getLogger("aedesk.test").warning("disk is %s", "full")
    finally:
        log.stop()
    assert heard.args == ["disk is full", "warning"]
    assert "disk is full" in log.path.read_text("utf-8")


def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "aedesk.log"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    log = Logging(path)
    log.start()
    log.stop()
    assert (tmp_path / "aedesk.old.log").stat().st_size == MAX_BYTES + 1


def test_an_unexpected_error_is_told_plainly_and_its_traceback_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    undo = install_exception_hooks(told.append)
    try:
        try:
            raise KeyError("secret detail")
        except KeyError:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        undo()
    assert len(told) == 1
    assert "secret detail" not in told[0]
    assert "Traceback" not in told[0]
    assert "secret detail" in caplog.text
