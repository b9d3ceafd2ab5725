"""What is hidden is filled in parts that cover it, and cost little where it is thin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aedesk.watermark.single.filling import THIN_PX, to_fill
from aedesk.watermark.single.network import HALO_PX, NEAR_PX

EDGE_PX = 1200


def work(hidden: NDArray[np.bool_]) -> int:
    """Pixels that are looked at, context included."""
    return sum((box.width + 2 * halo_px) * (box.height + 2 * halo_px) for box, halo_px in to_fill(hidden))


@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    holes=st.lists(st.tuples(st.integers(0, 399), st.integers(0, 399), st.integers(1, 90), st.integers(1, 90)), max_size=8),
)
def test_all_that_is_hidden_is_filled(height: int, width: int, holes: list[tuple[int, int, int, int]]) -> None:
    hidden = np.zeros((height, width), bool)
    for top, left, high, wide in holes:
        hidden[top : top + high, left : left + wide] = True
    filled = np.zeros_like(hidden)
    for box, _ in to_fill(hidden):
        filled[box.top : box.bottom, box.left : box.right] = True
    assert not (hidden & ~filled).any()
    assert bool(to_fill(hidden)) == bool(hidden.any())


def test_a_long_scratch_costs_a_part_of_the_picture_that_it_crosses() -> None:
    hidden = np.zeros((EDGE_PX, EDGE_PX), bool)
    for row in range(EDGE_PX - 10):
        hidden[row, row : row + 10] = True
    assert work(hidden) < 0.6 * EDGE_PX**2
    assert {halo_px for _, halo_px in to_fill(hidden)} == {NEAR_PX}


def test_specks_are_filled_one_by_one() -> None:
    hidden = np.zeros((EDGE_PX, EDGE_PX), bool)
    hidden[100::400, 100::400] = True
    assert len(to_fill(hidden)) == 9


@pytest.mark.parametrize(("edge_px", "halo_px"), [(2 * THIN_PX - 1, NEAR_PX), (2 * THIN_PX + 2, HALO_PX), (700, HALO_PX)])
def test_what_is_wide_is_filled_whole_and_seen_with_more_around_it(edge_px: int, halo_px: int) -> None:
    hidden = np.zeros((EDGE_PX, EDGE_PX), bool)
    hidden[200 : 200 + edge_px, 300 : 300 + edge_px] = True
    ((box, halo),) = to_fill(hidden)
    assert (box.left, box.top, box.width, box.height, halo) == (300, 200, edge_px, edge_px, halo_px)
