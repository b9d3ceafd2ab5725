"""Placements of a watermark on pictures of different sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import ANCHORS, SCALINGS, Layout, Placement, render_in_picture, sample_frame


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SCALINGS),
    st.sampled_from(ANCHORS),
    st.sampled_from(ANCHORS),
    st.tuples(st.integers(20, 4000), st.integers(20, 4000)),
    st.tuples(st.integers(20, 4000), st.integers(20, 4000)),
)
def test_the_anchor_keeps_its_position(scaling: str, across: float, down: float, reference: tuple[int, int], size: tuple[int, int]) -> None:
    place = Layout(reference, (across, down), scaling).place(*size)
    assert place.scale * across * reference[0] + place.left == pytest.approx(across * size[0], abs=1)
    assert place.scale * down * reference[1] + place.top == pytest.approx(down * size[1], abs=1)
    assert Layout(reference, (across, down), scaling).place(*reference) == Placement()


@pytest.mark.parametrize("place", [Placement(1, 3, -2), Placement(1, 2.4, 1.7), Placement(0.8, 5.3, 2.1), Placement(1.5, -3.2, 4.4)])
def test_sampling_inverts_rendering_of_a_smooth_field(place: Placement) -> None:
    y, x = np.mgrid[0:40, 0:50] / 10
    field = 0.5 + 0.3 * np.sin(x) * np.cos(y)
    box, part = Box(10, 12, 60, 52), Box(0, 0, 110, 100)
    picture = render_in_picture(field, box, place, part, 0.5)
    inner = Box(18, 20, 52, 44)
    back = sample_frame(picture[:, :, None], place, inner)[0]
    assert back == pytest.approx(field[8:32, 8:42], abs=0.01)


def test_nothing_is_rendered_beyond_the_box() -> None:
    picture = render_in_picture(np.full((10, 10), 0.3), Box(5, 5, 15, 15), Placement(1, 2, 3), Box(0, 0, 30, 30), 1.0)
    assert (picture != 1).sum() == 100
    assert (picture[8:18, 7:17] == np.float32(0.3)).all()
    assert (render_in_picture(np.full((10, 10), 0.3), Box(5, 5, 15, 15), Placement(1, 40, 0), Box(0, 0, 30, 30), 1.0) == 1).all()
