"""What the viewer shows: modes, versions, overlays, captions."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage, QPalette
from pytestqt.qtbot import QtBot
from viewer_look import BLUE, GREEN, RED, at, plain

from aedesk.core.errors import SpecError
from aedesk.gui.widgets.viewer import MODES, CompareView


def test_the_single_mode_shows_the_most_finished_version(full: CompareView) -> None:
    full.set_mode("single")
    assert at(full, 300, 150) == BLUE
    full.set_pictures(original=plain(RED), noisy=plain(GREEN))
    assert at(full, 300, 150) == GREEN


@pytest.mark.parametrize(("which", "colour"), [("original", RED), ("noisy", GREEN), ("result", BLUE)])
def test_the_single_mode_shows_the_version_that_is_asked_for(full: CompareView, which: str, colour: tuple[int, int, int]) -> None:
    full.set_mode("single", which)
    assert at(full, 300, 150) == colour


def test_space_held_shows_the_version_before_and_its_release_the_one_after(qtbot: QtBot, full: CompareView) -> None:
    qtbot.keyPress(full, Qt.Key.Key_Space)
    assert at(full, 300, 150) == GREEN
    qtbot.keyRelease(full, Qt.Key.Key_Space)
    assert at(full, 300, 150) == BLUE


def test_losing_the_focus_ends_the_peek(qtbot: QtBot, full: CompareView) -> None:
    full.setFocus()
    qtbot.keyPress(full, Qt.Key.Key_Space)
    full.clearFocus()
    assert at(full, 300, 150) == BLUE


def test_the_split_has_noisy_on_its_left_and_reconstructed_on_its_right(full: CompareView) -> None:
    full.set_mode("split")
    full.set_split(0.25)
    assert at(full, 140, 100) == GREEN
    assert at(full, 160, 100) == BLUE


def test_the_split_handle_is_dragged_and_moved_by_keys(qtbot: QtBot, full: CompareView) -> None:
    full.set_mode("split")
    qtbot.mousePress(full, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    qtbot.mouseMove(full, QPoint(450, 210))
    qtbot.mouseRelease(full, Qt.MouseButton.LeftButton, pos=QPoint(450, 210))
    assert full.split == pytest.approx(0.75)
    assert full.fitted  # the drag moved the handle and not the picture
    qtbot.keyClick(full, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert full.split == pytest.approx(0.73)


def test_the_split_of_chosen_versions(full: CompareView) -> None:
    full.set_mode("split")
    full.set_pair("original", "noisy")
    assert (at(full, 100, 100), at(full, 500, 100)) == (RED, GREEN)


def test_a_split_with_one_version_shows_it_whole(view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN))
    view.set_mode("split")
    assert (at(view, 100, 100), at(view, 500, 100)) == (GREEN, GREEN)


def test_side_by_side_and_three_views_show_one_version_per_pane(full: CompareView) -> None:
    full.resize(900, 200)
    full.set_mode("side-by-side")
    assert [pane.layer for pane in full.panes()] == ["noisy", "result"]
    full.set_mode("three-views")
    assert [at(full, pane.rect.center().x(), 100) for pane in full.panes()] == [RED, GREEN, BLUE]


def test_panes_lie_below_each_other_where_that_shows_more(full: CompareView) -> None:
    full.resize(300, 900)
    full.set_mode("three-views")
    tops = [pane.rect.top() for pane in full.panes()]
    assert tops == sorted(set(tops))


def test_all_panes_show_the_same_part(qtbot: QtBot, view: CompareView) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (400, 600, 3), np.uint8)
    view.set_pictures(noisy=pixels, result=pixels.copy())
    view.resize(802, 400)
    view.set_mode("side-by-side")
    view.zoom_to(3.0, QPointF(120, 250))
    view.pan(-31, 17)
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    left, right = (image.copy(pane.rect.adjusted(0, 60, 0, -60)) for pane in view.panes())
    assert left == right


def test_at_100_percent_each_picture_pixel_is_one_screen_pixel(view: CompareView) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1000, 1500, 3), np.uint8)
    view.set_pictures(noisy=pixels)
    view.zoom_100()
    view.pan(-37, 51)
    corner = view.visible_region().topLeft().toPoint()
    for x, y in ((100, 90), (255, 256), (257, 300), (511, 200)):  # tile borders, too
        assert at(view, x, y) == tuple(pixels[corner.y() + y, corner.x() + x])


@pytest.mark.parametrize("scale", [1.0, 1.06, 1.25, 1.5, 1.777, 2.4])
def test_the_picture_ends_where_its_pixels_end(view: CompareView, scale: float) -> None:
    view.set_pictures(noisy=plain((255, 0, 0), 201, 149))
    view.zoom_to(scale)
    image = view.grab().toImage()
    middle = [image.pixelColor(x, 200).getRgb()[:3] for x in range(600)]
    red = [x for x, colour in enumerate(middle) if colour == (255, 0, 0)]
    gray = {colour for x, colour in enumerate(middle) if x < red[0] or x > red[-1]}
    assert red == list(range(red[0], red[0] + len(red)))
    assert abs(len(red) - 201 * scale) <= 0.5
    assert len(gray) == 1


def test_tiles_join_without_a_seam_when_zoomed(qtbot: QtBot, view: CompareView) -> None:
    ramp = np.repeat(np.linspace(0, 255, 1400).astype(np.uint8)[None, :, None], 700, axis=0).repeat(3, axis=2)
    view.set_pictures(noisy=np.ascontiguousarray(ramp))
    view.resize(1000, 500)
    qtbot.waitUntil(lambda: all(layer.pyramid.complete for layer in view._content.stack("noisy", view.pair)))
    for scale in (0.73, 1.6):
        view.zoom_to(scale)
        image = view.grab().toImage()
        row = np.array([image.pixelColor(x, 250).red() for x in range(20, 980)])
        assert np.diff(row).min() >= 0
        assert np.diff(row).max() <= 2


def test_the_difference_is_absolute_and_amplified(view: CompareView) -> None:
    view.set_pictures(noisy=plain((100, 50, 20)), result=plain((90, 60, 20)))
    view.set_mode("difference")
    view.set_gain(1)
    assert at(view, 300, 100) == (10, 10, 0)
    view.set_gain(8)
    assert at(view, 300, 100) == (80, 80, 0)
    view.set_gain(32)
    assert at(view, 300, 100) == (255, 255, 0)


def test_the_difference_follows_a_new_reconstruction(view: CompareView) -> None:
    noisy = plain((100, 100, 100))
    view.set_pictures(noisy=noisy, result=plain((90, 100, 100)))
    view.set_mode("difference")
    view.set_gain(2)
    assert at(view, 300, 100) == (20, 0, 0)
    view.set_pictures(noisy=noisy, result=plain((100, 70, 100)))
    assert at(view, 300, 100) == (0, 60, 0)


def test_the_gain_control_shows_in_the_difference_mode_only(qtbot: QtBot, full: CompareView) -> None:
    slider = full.findChild(object, "differenceGain")
    assert not slider.isVisible()
    full.set_mode("difference")
    assert slider.isVisible()
    slider.set_value(16)
    assert full.gain == 16


def test_the_overlay_covers_its_rectangle_of_the_reconstruction_and_goes_again(full: CompareView) -> None:
    full.set_overlay(plain((255, 255, 0), 30, 20), 100, 50)
    assert at(full, 230, 120) == (255, 255, 0)
    assert at(full, 190, 120) == BLUE
    full.set_mode("single", "noisy")
    assert at(full, 230, 120) == GREEN
    full.set_mode("single")
    full.clear_overlay()
    assert at(full, 230, 120) == BLUE


def test_a_preview_at_the_screens_resolution_is_stretched_over_its_region(full: CompareView) -> None:
    full.set_overlay(plain((255, 255, 0), 15, 10), 100, 50, width=60, height=40)
    assert at(full, 2 * 155, 2 * 85) == (255, 255, 0)
    assert at(full, 2 * 165, 2 * 85) == BLUE


def test_a_preview_before_any_restoration_covers_the_noisy_picture(view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN))
    view.set_overlay(plain(BLUE, 50, 50), 200, 50)
    view.set_mode("split")
    view.set_split(0.5)
    assert at(view, 420, 150) == BLUE
    assert at(view, 340, 150) == GREEN


def test_another_picture_forgets_overlay_and_box(full: CompareView) -> None:
    full.set_overlay(plain(BLUE, 50, 50), 0, 0)
    full.set_preview_box(QRect(0, 0, 10, 10))
    full.set_pictures(noisy=plain(GREEN, 320, 200))
    assert full.preview_box is None
    assert at(full, 60, 100) == GREEN


def test_transparent_pixels_show_checkers(view: CompareView) -> None:
    pixels = plain((255, 0, 0, 0))
    pixels[:, 150:, 3] = 255
    view.set_pictures(noisy=pixels)
    seen = {at(view, x, 100) for x in range(40, 140, 8)}
    assert len(seen) == 2
    assert all(red == green == blue for red, green, blue in seen)
    assert at(view, 500, 100) == (255, 0, 0)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_survives_having_no_picture(view: CompareView, mode: str) -> None:
    view.set_mode(mode)
    colour = view.palette().color(QPalette.ColorRole.Window)
    red, green, blue = at(view, 5, 5)
    assert red == green == blue
    assert (red < 128) == (colour.lightness() < 128)
    assert view.visible_region().isEmpty()


def test_an_unknown_mode_is_refused(view: CompareView) -> None:
    with pytest.raises(SpecError, match="view mode 'double'"):
        view.set_mode("double")


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)])
def test_arrays_that_are_no_display_pictures_are_refused(view: CompareView, wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match="noisy must be"):
        view.set_pictures(noisy=wrong)


def test_versions_of_different_sizes_are_refused_and_the_old_ones_stay(full: CompareView) -> None:
    with pytest.raises(ValueError, match="differ in size"):
        full.set_pictures(noisy=plain(RED), result=plain(RED, 10, 10))
    assert at(full, 300, 150) == BLUE


def test_dropped_files_and_folders_are_reported(qtbot: QtBot, view: CompareView, drop: Callable) -> None:
    with qtbot.waitSignal(view.files_dropped) as seen:
        drop(view, ["/pictures/a.png", "/pictures"])
    assert [path.as_posix() for path in seen.args[0]] == ["/pictures/a.png", "/pictures"]


def pyramid_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("aedesk-pyramid")]


def test_a_view_that_is_shut_down_while_it_prepares_a_large_picture_leaves_no_thread(view: CompareView) -> None:
    view.set_pictures(noisy=np.zeros((6000, 6000, 3), np.uint8))
    assert pyramid_threads()
    view.shutdown()
    assert not pyramid_threads()
    view.shutdown()


def test_a_view_that_is_destroyed_while_it_prepares_a_large_picture_leaves_no_thread(qtbot: QtBot) -> None:
    view = CompareView()
    view.set_pictures(noisy=np.zeros((6000, 6000, 3), np.uint8))
    assert pyramid_threads()
    view.deleteLater()
    qtbot.waitUntil(lambda: not pyramid_threads())
    assert not shiboken6.isValid(view)


def test_replacing_a_version_drops_its_tiles(full: CompareView) -> None:
    at(full, 10, 10)
    tiles = len(full._tiles)
    for level in range(5):
        full.set_pictures(noisy=plain((level, 0, 0)))
        at(full, 10, 10)
    assert len(full._tiles) <= tiles


def test_the_viewer_describes_its_content_for_assistive_technology(full: CompareView) -> None:
    full.set_mode("split")
    assert full.accessibleName() == "Picture viewer"
    assert full.accessibleDescription() == "split view of Noisy, Restored"


def test_every_version_may_have_a_patch_of_its_own_over_the_picture_it_was_made_from(view: CompareView) -> None:
    view.set_pictures(original=plain(RED))
    view.set_mode("three-views")
    view.set_overlay(plain(BLUE, 150, 200), 0, 0)
    view.set_overlay(plain(GREEN, 150, 200), 0, 0, layer="noisy")
    seen = {pane.layer: at(view, pane.rect.center().x() - 20, pane.rect.center().y()) for pane in view.panes()}
    assert seen == {"original": RED, "noisy": GREEN, "result": BLUE}
    view.set_overlay(None, layer="noisy")
    pane = next(pane for pane in view.panes() if pane.layer == "noisy")
    assert at(view, pane.rect.center().x() - 20, pane.rect.center().y()) not in (GREEN, RED)


def test_versions_can_have_other_names_for_a_while(full: CompareView) -> None:
    full.set_mode("side-by-side")
    full.set_texts({"result": "Compressed"}, {"noisy": "No other codec"})
    assert full.accessibleDescription() == "side-by-side view of Noisy, Compressed"
    full.set_texts()
    assert full.accessibleDescription() == "side-by-side view of Noisy, Restored"
