"""Boundaries of overlays: the recovered picture continues across them, however rough the prediction is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.watermark.single.boundary_graph_cut import assign_pixels, find_outline, refine_boundary, separate_overlays
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_stack import OverlayStack

SIZE, ALPHA = 96, 0.5
BLUE, WHITE = UniformOverlay((0.05, 0.15, 0.35), ALPHA), UniformOverlay((ALPHA,) * 3, ALPHA)


def disc(radius: float, left: float = 0) -> NDArray[np.bool_]:
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return np.asarray((x - left) ** 2 + y**2 < radius**2)


def picture(seed: int) -> NDArray[np.float32]:
    """(3, SIZE, SIZE), with slopes, grain and an edge through it."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.random((3, SIZE, SIZE)), (0, 8, 8))
    smooth = 0.3 + 0.4 * (smooth - smooth.min()) / (smooth.max() - smooth.min())
    edge = 0.1 * (np.mgrid[:SIZE, :SIZE][1] > SIZE / 2 + 7)
    return np.clip(smooth + edge + 0.02 * rng.standard_normal((3, SIZE, SIZE)), 0, 1).astype(np.float32)


def over(clean: NDArray[np.float32], index: NDArray) -> NDArray[np.float32]:
    marked = clean.copy()
    for number, overlay in enumerate((BLUE, WHITE), 1):
        premultiplied = np.array(overlay.premultiplied, np.float32)[:, None]
        marked[:, index == number] = premultiplied + (1 - overlay.alpha) * clean[:, index == number]
    return marked


def stack_of(index: NDArray) -> OverlayStack:
    return OverlayStack(index.astype(np.uint8), np.where(index > 0, 255, 0).astype(np.uint8), [BLUE, WHITE])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seen", [disc(9), disc(16, left=6)], ids=["half of it", "beside it"])
def test_a_partly_predicted_sign_is_found_completely(seed: int, seen: NDArray[np.bool_]) -> None:
    truth = disc(40).astype(int) + disc(18)
    clean = picture(seed)
    stack = stack_of(disc(40).astype(int) + seen)
    where = separate_overlays(over(clean, truth), stack, np.zeros((SIZE, SIZE), np.float32))
    assert np.array_equal(where, disc(40))
    assert np.mean((stack.index == 2) != disc(18)) < 0.003
    assert np.abs(stack.remove_from(over(clean, truth)) - clean)[:, disc(35)].mean() < 0.01


@pytest.mark.parametrize("covered", [True, False])
def test_a_hole_is_covered_only_if_the_picture_then_continues(covered: bool) -> None:
    hole = disc(10, left=-24)
    truth = disc(40).astype(int) + disc(10, left=10)
    if not covered:
        truth[hole] = 0
    clean = picture(0)
    initial = disc(40).astype(int) + disc(10, left=10)
    initial[hole] = 0
    stack = stack_of(initial)
    separate_overlays(over(clean, truth), stack, np.zeros((SIZE, SIZE), np.float32))
    assert np.all((stack.index > 0)[hole]) == covered
    assert np.abs(stack.remove_from(over(clean, truth)) - clean)[:, disc(35) & ~(disc(14, left=-24) & ~hole)].mean() < 0.01


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_gaps_of_an_overlay_are_uncovered_and_missing_parts_added(alpha: float, seed: int) -> None:
    clean, gap, missing = picture(seed), disc(9, left=-18), disc(7, left=20)
    premultiplied = alpha * np.array([0.9, 0.3, 0.1], np.float32)
    truth = disc(38) & ~gap
    marked = np.where(truth, premultiplied[:, None, None] + np.float32(1 - alpha) * clean, clean).astype(np.float32)
    initial = disc(38) & ~missing
    stack = OverlayStack(
        initial.astype(np.uint8), initial.astype(np.uint8) * np.uint8(255), [UniformOverlay((*premultiplied.tolist(),), alpha)]
    )
    added, removed = find_outline(marked, stack, np.where(initial, 1, -1).astype(np.float32))
    assert np.array_equal(stack.index > 0, (initial | added) & ~removed)
    assert np.mean((stack.index > 0) != truth) < 0.004
    assert np.abs(stack.remove_from(marked) - clean).mean() < 0.004


def test_a_correct_outline_and_a_thin_one_are_kept() -> None:
    """Strokes are thinner than soft edges are wide, so that single pixels of them tell nothing."""
    for truth in (disc(38), disc(38) & ~disc(36)):
        marked = np.where(truth, np.array(BLUE.premultiplied, np.float32)[:, None, None] + 0.5 * picture(3), picture(3)).astype(np.float32)
        stack = OverlayStack(truth.astype(np.uint8), truth.astype(np.uint8) * np.uint8(255), [BLUE])
        added, removed = find_outline(marked, stack, np.where(truth, 3, -3).astype(np.float32))
        assert not (added | removed).any()
        assert np.array_equal(stack.index > 0, truth)


@pytest.mark.parametrize("initial", [disc(15), disc(21), disc(18, left=3)], ids=["too small", "too large", "beside it"])
def test_a_rough_boundary_between_two_overlays_is_refined(initial: NDArray[np.bool_]) -> None:
    clean, covered = picture(2), disc(40) & ~disc(6, left=-28)
    stack = stack_of(covered.astype(int) + initial)
    refine_boundary(over(clean, covered.astype(int) + disc(18)), stack, np.zeros((SIZE, SIZE), np.float32), search_px=5)
    assert np.array_equal(stack.index > 0, covered)
    assert np.mean((stack.index == 2) != disc(18)) < 0.002


def test_a_boundary_is_refined_only_nearby_and_between_overlays_of_one_opacity() -> None:
    marked, initial = over(picture(2), disc(40).astype(int) + disc(24)), disc(40).astype(int) + disc(12)
    stack = stack_of(initial)
    refine_boundary(marked, stack, np.zeros((SIZE, SIZE), np.float32), search_px=3)
    assert np.array_equal(stack.index[~(disc(18) & ~disc(6))], initial[~(disc(18) & ~disc(6))])
    other = OverlayStack(initial.astype(np.uint8), stack.cover, [BLUE, UniformOverlay((0.4,) * 3, 0.4)])
    refine_boundary(marked, other, np.zeros((SIZE, SIZE), np.float32), search_px=3)
    assert np.array_equal(other.index, initial)


def test_overlays_that_do_not_touch_or_differ_in_opacity_are_kept() -> None:
    apart = disc(10, left=-30) * 1 + disc(10, left=30) * 2
    marked = over(picture(1), apart)
    stack = stack_of(apart)
    assert not separate_overlays(marked, stack, np.zeros((SIZE, SIZE), np.float32)).any()
    assert np.array_equal(stack.index, apart)
    touching = stack_of(disc(40).astype(int) + disc(18))
    touching.overlays[1] = UniformOverlay((0.3, 0.3, 0.3), 0.3)
    assert not separate_overlays(marked, touching, np.zeros((SIZE, SIZE), np.float32)).any()


def test_fixed_pixels_are_kept_and_the_logit_decides_on_a_uniform_picture() -> None:
    flat = np.full((3, 8, 8), 0.5, np.float32)
    nothing, everywhere = np.zeros((8, 8), bool), np.ones((8, 8), bool)
    likely = np.full((8, 8), 3, np.float32)
    assert assign_pixels((flat, flat), everywhere, nothing, likely, nothing).all()
    assert not assign_pixels((flat, flat), everywhere, nothing, -likely, nothing).any()
    assert not assign_pixels((flat, flat), everywhere, nothing, likely, everywhere).any()
