"""The viewer under the hand: hovering, dragging, keys, wheel, loupe, and choosing what is compared."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from viewer_look import BLUE, GREEN, RED, at, plain

from aedesk.gui.widgets.viewer import CompareView


def test_hovering_emits_the_picture_pixel_and_its_values(qtbot: QtBot, full: CompareView) -> None:
    with qtbot.waitSignal(full.hovered) as seen:
        qtbot.mouseMove(full, QPoint(401, 203))
    assert seen.args == [200, 101]
    assert full.values_at(200, 101) == {"original": RED, "noisy": GREEN, "result": BLUE}
    assert full.values_at(300, 0) == {}


def test_hovering_outside_the_picture_is_reported(qtbot: QtBot, full: CompareView) -> None:
    full.resize(800, 400)
    with qtbot.waitSignal(full.hovered) as seen:
        qtbot.mouseMove(full, QPoint(20, 200))
    assert seen.args == [-1, -1]


def test_every_pane_maps_its_own_points(full: CompareView) -> None:
    full.resize(900, 200)
    full.set_mode("three-views")
    for index in range(3):
        point = full.map_from_picture(QPointF(140, 70), index)
        assert full.panes()[index].rect.contains(point.toPoint())
        back = full.map_to_picture(point)
        assert (back.x(), back.y()) == pytest.approx((140, 70))


def test_dragging_pans_and_emits_the_visible_region(qtbot: QtBot, full: CompareView) -> None:
    full.zoom_to(4.0)
    before = full.visible_region()
    with qtbot.waitSignal(full.view_changed) as seen:
        qtbot.mousePress(full, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
        qtbot.mouseMove(full, QPoint(260, 180))
        qtbot.mouseRelease(full, Qt.MouseButton.LeftButton, pos=QPoint(260, 180))
    assert seen.args == [full.visible_region()]
    assert full.visible_region() == before.translated(10, 5)


def test_a_double_click_toggles_fit_and_100_percent(qtbot: QtBot, view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN, 1500, 1000))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(150, 100))
    assert view.scale == 1.0
    assert view.map_to_picture(QPointF(150, 100)).x() == pytest.approx(375, abs=1)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(150, 100))
    assert view.fitted


def test_keys_zoom_fit_and_pan(qtbot: QtBot, view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN, 1500, 1000))
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert view.scale == 1.0
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.scale == pytest.approx(2**0.5)
    qtbot.keyClick(view, Qt.Key.Key_Minus)
    assert view.scale == pytest.approx(1.0)
    left = view.visible_region().left()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.visible_region().left() == pytest.approx(left + 64)
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.fitted
    assert view.scale == pytest.approx(0.4)


def test_a_resized_window_keeps_a_fitted_picture_fitted(full: CompareView) -> None:
    full.resize(300, 200)
    assert full.scale == pytest.approx(1.0)
    assert full.visible_region() == QRectF(0, 0, 300, 200)


def test_the_preview_box_is_dragged_and_stays_inside_the_picture(qtbot: QtBot, full: CompareView) -> None:
    full.set_preview_box(QRect(100, 50, 60, 40))
    with qtbot.waitSignal(full.preview_box_moved) as seen:
        qtbot.mousePress(full, Qt.MouseButton.LeftButton, pos=QPoint(250, 130))
        qtbot.mouseMove(full, QPoint(290, 150))
    assert seen.args == [QRect(120, 60, 60, 40)]
    qtbot.mouseMove(full, QPoint(2000, 2000))
    qtbot.mouseRelease(full, Qt.MouseButton.LeftButton, pos=QPoint(599, 399))
    assert full.preview_box == QRect(240, 160, 60, 40)


def test_the_loupe_magnifies_while_its_key_is_held(qtbot: QtBot, view: CompareView) -> None:
    pixels = plain((10, 10, 10), 3000, 2000)
    pixels[1000:1010, 1500:1510] = (250, 250, 250)
    view.set_pictures(noisy=pixels)
    qtbot.mouseMove(view, QPoint(300, 200))
    qtbot.keyPress(view, Qt.Key.Key_L)
    assert view.loupe
    assert at(view, 305, 205) == (250, 250, 250)
    assert at(view, 315, 215) == (10, 10, 10)
    qtbot.keyRelease(view, Qt.Key.Key_L)
    assert not view.loupe
    assert at(view, 305, 205) != (250, 250, 250)


def test_the_loupe_shows_the_same_place_in_every_pane(qtbot: QtBot, view: CompareView) -> None:
    pictures = {}
    for name, colour in (("original", RED), ("noisy", GREEN), ("result", BLUE)):
        pictures[name] = plain((10, 10, 10), 3000, 2000)
        pictures[name][980:1020, 1480:1520] = colour
    view.set_pictures(**pictures)
    view.resize(1200, 400)
    view.set_mode("three-views")
    place = view.map_from_picture(QPointF(1500, 1000), 1).toPoint()
    qtbot.mouseMove(view, place)
    view.set_loupe(True)
    for pane, colour in zip(view.panes(), (RED, GREEN, BLUE), strict=True):
        spot = place - view.panes()[1].rect.topLeft() + pane.rect.topLeft()
        assert at(view, spot.x() - 8, spot.y() + 8) == colour
        assert at(view, spot.x() - 60, spot.y() + 60) == (10, 10, 10)


def wheel(view: CompareView, place: QPointF, *, angle: int = 0, pixels: QPoint | None = None, touch: bool = False) -> None:
    phase = Qt.ScrollPhase.ScrollUpdate if touch else Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        place,
        view.mapToGlobal(place),
        pixels or QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        phase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_the_wheel_zooms_around_the_cursor(view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN, 3000, 2000))
    view.zoom_100()
    before = view.map_to_picture(QPointF(100, 80))
    wheel(view, QPointF(100, 80), angle=240)
    assert view.scale == pytest.approx(2.0)
    after = view.map_to_picture(QPointF(100, 80))
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=1)
    wheel(view, QPointF(100, 80), angle=-240)
    assert view.scale == pytest.approx(1.0)


def test_the_wheel_over_the_second_pane_zooms_around_that_panes_point(view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN, 3000, 2000), result=plain(BLUE, 3000, 2000))
    view.resize(800, 300)
    view.set_mode("side-by-side")
    view.zoom_100()
    before = view.map_to_picture(QPointF(500, 80))
    wheel(view, QPointF(500, 80), angle=120)
    after = view.map_to_picture(QPointF(500, 80))
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=1)


def test_two_fingers_on_a_touch_pad_pan(view: CompareView) -> None:
    view.set_pictures(noisy=plain(GREEN, 3000, 2000))
    view.zoom_100()
    before = view.visible_region()
    wheel(view, QPointF(100, 80), pixels=QPoint(-30, 12), angle=24, touch=True)
    assert view.scale == 1.0
    assert view.visible_region() == before.translated(30, -12)


def choose(qtbot: QtBot, view: CompareView, place: QPoint, label: str) -> list[str]:
    """Click a caption, take an entry of its menu; gives all entries."""
    view.grab()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    menu = view.findChild(QMenu, "pairMenu")
    entries = {action.text(): action for action in menu.actions()}
    entries[label].trigger()
    menu.close()
    return list(entries)


def test_a_click_on_a_caption_chooses_the_version_of_that_side(qtbot: QtBot, full: CompareView) -> None:
    full.set_mode("split")
    assert choose(qtbot, full, QPoint(30, 20), "Original") == ["Original", "Noisy", "Restored"]
    assert full.pair == ("original", "result")
    assert full.fitted  # the click was no drag


def test_choosing_the_other_sides_version_swaps_the_two(qtbot: QtBot, full: CompareView) -> None:
    full.set_mode("split")
    choose(qtbot, full, QPoint(570, 20), "Noisy")
    assert full.pair == ("result", "noisy")


def test_the_difference_offers_whole_pairs_and_names_the_one_it_shows(qtbot: QtBot, full: CompareView) -> None:
    full.set_mode("difference")
    full.set_gain(1)
    assert at(full, 300, 100) == (0, 180, 220)
    offered = choose(qtbot, full, QPoint(40, 20), "Original – Noisy")
    assert offered == ["Original – Noisy", "Original – Restored", "Noisy – Restored"]
    assert at(full, 300, 100) == (200, 180, 0)


def test_the_three_views_mode_has_nothing_to_choose(qtbot: QtBot, full: CompareView) -> None:
    full.set_mode("three-views")
    full.grab()
    qtbot.mouseClick(full, Qt.MouseButton.LeftButton, pos=QPoint(30, 20))
    assert full.findChild(QMenu, "pairMenu") is None


def test_a_chosen_pair_waits_while_one_of_it_is_missing(full: CompareView) -> None:
    full.set_pair("original", "result")
    full.set_pictures(noisy=plain(GREEN), result=plain(BLUE))
    assert full.pair == ("noisy", "result")
    full.set_pictures(original=plain(RED), noisy=plain(GREEN), result=plain(BLUE))
    assert full.pair == ("original", "result")
