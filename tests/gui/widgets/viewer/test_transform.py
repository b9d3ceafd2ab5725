from __future__ import annotations

import pytest

from aedesk.gui.widgets.viewer.transform import MAX_SCALE, ViewTransform


def view(width: int = 4000, height: int = 3000, pane: tuple[int, int] = (800, 600)) -> ViewTransform:
    made = ViewTransform()
    made.set_pane(*pane)
    made.set_picture(width, height)
    return made


def test_a_new_picture_is_fitted_and_centred() -> None:
    made = view(4000, 2000)
    assert made.scale == pytest.approx(0.2)
    assert made.origin == (0, 100)
    assert made.visible() == pytest.approx((0, 0, 4000, 2000))


def test_a_small_picture_grows_to_at_most_twice_its_size() -> None:
    assert view(100, 100).scale == 2.0


@pytest.mark.parametrize("point", [(0.0, 0.0), (123.0, 456.0), (799.0, 599.0)])
@pytest.mark.parametrize("scale", [0.3, 1.0, 7.7])
def test_pane_and_picture_coordinates_are_inverse(point: tuple[float, float], scale: float) -> None:
    made = view()
    made.zoom_to(scale)
    assert made.to_pane(*made.to_picture(*point)) == pytest.approx(point)


def test_zoom_keeps_the_point_under_the_cursor_within_half_a_screen_pixel() -> None:
    made = view()
    made.zoom_to(1.0)
    for scale in (1.5, 3.0, 11.0, 2.0, 0.9):
        before = made.to_picture(610, 170)
        made.zoom_to(scale, 610, 170)
        x, y = made.to_pane(*before)
        assert abs(x - 610) <= 1.0
        assert abs(y - 170) <= 1.0


def test_the_picture_cannot_be_panned_out_of_sight() -> None:
    made = view()
    made.zoom_to(1.0)
    made.pan(1e6, -1e6)
    left, top, width, height = made.visible()
    assert (left, top) == (0, 2400)
    assert (width, height) == (800, 600)


def test_a_picture_smaller_than_the_pane_stays_in_its_middle() -> None:
    made = view(200, 100)
    made.zoom_to(1.0)
    made.pan(55, 55)
    assert made.origin == (300, 250)


def test_zoom_has_limits() -> None:
    made = view()
    made.zoom_to(1e9)
    assert made.scale == MAX_SCALE
    made.zoom_to(0)
    assert made.scale == pytest.approx(0.2)


def test_a_fitted_view_follows_the_pane_and_a_zoomed_one_keeps_its_scale() -> None:
    made = view()
    made.set_pane(400, 300)
    assert made.scale == pytest.approx(0.1)
    made.zoom_to(0.7)
    made.set_pane(1000, 900)
    assert made.scale == 0.7
    made.fit()
    assert made.scale == pytest.approx(0.25)


def test_a_new_version_of_the_same_size_keeps_zoom_and_place() -> None:
    made = view()
    made.zoom_to(2.0, 10, 10)
    origin = made.origin
    made.set_picture(4000, 3000)
    assert (made.scale, made.origin) == (2.0, origin)
    made.set_picture(3000, 4000)
    assert made.fitted
