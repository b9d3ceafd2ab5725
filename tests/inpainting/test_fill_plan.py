"""Fill plans cover every hidden pixel, and cost little where holes are thin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aedesk.inpainting.fill_plan import THIN_DEPTH_PX, plan_fills
from aedesk.models.inference.tiled_network import CONTEXT_PX, NARROW_CONTEXT_PX

EDGE_PX = 1200


def computed_px(hidden: NDArray[np.bool_]) -> int:
    """Pixels that the network processes, context included."""
    return sum((box.width + 2 * context_px) * (box.height + 2 * context_px) for box, context_px in plan_fills(hidden))


@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(1, 400),
    width=st.integers(1, 400),
    holes=st.lists(st.tuples(st.integers(0, 399), st.integers(0, 399), st.integers(1, 90), st.integers(1, 90)), max_size=8),
)
def test_every_hidden_pixel_is_covered(height: int, width: int, holes: list[tuple[int, int, int, int]]) -> None:
    hidden = np.zeros((height, width), bool)
    for top, left, high, wide in holes:
        hidden[top : top + high, left : left + wide] = True
    filled = np.zeros_like(hidden)
    for box, _ in plan_fills(hidden):
        filled[box.top : box.bottom, box.left : box.right] = True
    assert not (hidden & ~filled).any()
    assert bool(plan_fills(hidden)) == bool(hidden.any())


def test_a_long_scratch_costs_less_than_the_picture_that_it_crosses() -> None:
    hidden = np.zeros((EDGE_PX, EDGE_PX), bool)
    for row in range(EDGE_PX - 10):
        hidden[row, row : row + 10] = True
    assert computed_px(hidden) < 0.6 * EDGE_PX**2
    assert {context_px for _, context_px in plan_fills(hidden)} == {NARROW_CONTEXT_PX}


def test_specks_are_filled_one_by_one() -> None:
    hidden = np.zeros((EDGE_PX, EDGE_PX), bool)
    hidden[100::400, 100::400] = True
    assert len(plan_fills(hidden)) == 9


@pytest.mark.parametrize(
    ("edge_px", "context_px"), [(2 * THIN_DEPTH_PX - 1, NARROW_CONTEXT_PX), (2 * THIN_DEPTH_PX + 2, CONTEXT_PX), (700, CONTEXT_PX)]
)
def test_wide_holes_are_filled_whole_and_with_more_context(edge_px: int, context_px: int) -> None:
    hidden = np.zeros((EDGE_PX, EDGE_PX), bool)
    hidden[200 : 200 + edge_px, 300 : 300 + edge_px] = True
    ((box, halo),) = plan_fills(hidden)
    assert (box.left, box.top, box.width, box.height, halo) == (300, 200, edge_px, edge_px, context_px)
