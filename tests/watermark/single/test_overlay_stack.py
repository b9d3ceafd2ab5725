"""Overlay stacks: what they cover, and the picture without them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_stack import OverlayStack

WHITE, NAVY = UniformOverlay((0.5, 0.5, 0.5), 0.5), UniformOverlay((0.03, 0.06, 0.24), 0.3)

GREY = np.full((3, 40, 40), 0.6, np.float32)


def block(top: int, left: int, height: int, width: int, size: int = 40) -> np.ndarray:
    result = np.zeros((size, size), bool)
    result[top : top + height, left : left + width] = True
    return result


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), alpha=st.floats(0.1, 0.8))
def test_removal_inverts_blending_and_keeps_uncovered_pixels(seed: int, alpha: float) -> None:
    rng = np.random.default_rng(seed)
    clean = rng.random((3, 40, 40), np.float32)
    colour = rng.random(3)
    where = block(*rng.integers(2, 15, 2), *rng.integers(6, 20, 2))
    premultiplied = np.float32(alpha) * colour.astype(np.float32)
    marked = np.where(where, premultiplied[:, None, None] + np.float32(1 - alpha) * clean, clean)
    stack = OverlayStack.empty(40, 40)
    stack.overlays.append(UniformOverlay((float(premultiplied[0]), float(premultiplied[1]), float(premultiplied[2])), alpha))
    stack.add(1, where, np.where(where, np.float32(alpha), np.float32(0)), marked)
    restored = stack.remove_from(marked)
    assert np.abs(restored - clean).max() < 1e-5
    assert np.array_equal(restored[:, ~where], marked[:, ~where])


def test_cores_are_fully_covered_and_edges_as_predicted() -> None:
    where = block(10, 10, 20, 20)
    stack = OverlayStack.empty(40, 40)
    stack.overlays.append(WHITE)
    taken = stack.add(1, where, np.where(block(9, 9, 22, 22), np.float32(0.25), np.float32(0)), GREY)
    assert (stack.cover[16:24, 16:24] == 255).all()
    assert stack.cover[9, 20] == stack.cover[15, 20] == 128
    assert (stack.cover[~taken] == 0).all()
    assert not taken[8].any()
    assert stack.alpha()[20, 20] == pytest.approx(0.5)
    assert stack.alpha((slice(0, 10), slice(20, 21)))[9, 0] == pytest.approx(0.25, abs=0.002)
    assert stack.premultiplied().shape == (3, 40, 40)


def test_soft_edges_take_no_pixels_from_another_overlay() -> None:
    left, right = block(5, 5, 20, 10), block(5, 15, 20, 10)
    stack = OverlayStack.empty(40, 40)
    for number, (overlay, where) in enumerate(((WHITE, left), (NAVY, right)), 1):
        stack.overlays.append(overlay)
        stack.add(number, where, np.full((40, 40), overlay.alpha, np.float32), GREY)
    assert (stack.index[5:25, 5:14] == 1).all()
    assert (stack.index[5:25, 15:25] == 2).all()
    assert stack.premultiplied()[2, 10, 20] == pytest.approx(0.24)


def test_no_pixel_becomes_negative() -> None:
    where = block(10, 10, 20, 20)
    marked = GREY.copy()
    marked[:, 15:20, 15:20] = 0.25
    stack = OverlayStack.empty(40, 40)
    stack.overlays.append(WHITE)
    stack.add(1, where, np.full((40, 40), 0.5, np.float32), marked)
    assert abs(int(stack.cover[17, 17]) - 128) < 4
    assert stack.cover[25, 25] == 255
    assert stack.remove_from(marked).min() > -0.01


def test_an_empty_stack_changes_nothing() -> None:
    marked = np.random.default_rng(0).random((3, 12, 12), np.float32)
    assert np.array_equal(OverlayStack.empty(12, 12).remove_from(marked), marked)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), wrong=st.floats(-0.3, 0.3))
def test_soft_edges_are_measured_against_a_background(seed: int, wrong: float) -> None:
    rng = np.random.default_rng(seed)
    clean = 0.1 + 0.2 * rng.random((3, 40, 40), np.float32)
    cover = np.full((40, 40), 0.6, np.float32)
    marked = np.float32(0.5) * cover + (1 - np.float32(0.5) * cover) * clean
    stack = OverlayStack(np.ones((40, 40), np.uint8), np.rint((cover + np.float32(wrong)) * 255).astype(np.uint8), [WHITE])
    filled = clean + 0.02 * rng.standard_normal(clean.shape, np.float32)
    predicted, measured = (
        np.abs(restored - clean).mean() for restored in (stack.remove_from(marked), stack.remove_with_background(marked, filled))
    )
    assert measured < max(0.5 * predicted, 0.012)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_mixture_of_two_overlays_is_removed(share: float) -> None:
    clean = np.full((3, 12, 12), 0.4, np.float32)
    stack = OverlayStack.empty(12, 12)
    stack.overlays.extend((WHITE, NAVY))
    stack.index[:, :6], stack.index[:, 6:], stack.cover[:] = 1, 2, 255
    premultiplied, alpha = stack.premultiplied(), stack.alpha()
    mixed = ((1 - share) * np.array([*WHITE.premultiplied, WHITE.alpha]) + share * np.array([*NAVY.premultiplied, NAVY.alpha])).astype(
        np.float32
    )
    premultiplied[:, :, 6], alpha[:, 6] = mixed[:3, None], mixed[3]
    marked = premultiplied + (1 - alpha) * clean
    assert stack.soft_edges().any(axis=0).tolist() == [4 <= column <= 7 for column in range(12)]
    assert np.allclose(stack.remove_with_background(marked, clean), clean, atol=2e-3)


def test_an_overlay_of_the_backgrounds_colour_leaves_it_unchanged() -> None:
    stack = OverlayStack(np.ones((40, 40), np.uint8), np.full((40, 40), 100, np.uint8), [WHITE])
    bright = np.ones((3, 40, 40), np.float32)
    assert np.allclose(stack.remove_with_background(bright, bright), bright, atol=1e-5)
    assert stack.soft_edges().all()
    assert np.array_equal(stack.crop((slice(3, 9), slice(0, 40))).cover, stack.cover[3:9])
