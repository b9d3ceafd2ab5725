"""Borders between the inks of one mark: the picture goes on beside them, however roughly a network tells them apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.watermark.single.boundary_graph_cut import _least, find_outline, second_of_two, share_out, sharpen_border
from aedesk.watermark.single.overlay import Ink
from aedesk.watermark.single.overlay_stack import Layers

SIZE, ALPHA = 96, 0.5
BLUE, WHITE = Ink((0.05, 0.15, 0.35), ALPHA), Ink((ALPHA,) * 3, ALPHA)


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


def over(clean: NDArray[np.float32], which: NDArray) -> NDArray[np.float32]:
    marked = clean.copy()
    for number, ink in enumerate((BLUE, WHITE), 1):
        light = np.array(ink.light, np.float32)[:, None]
        marked[:, which == number] = light + (1 - ink.alpha) * clean[:, which == number]
    return marked


def layers_of(which: NDArray) -> Layers:
    return Layers(which.astype(np.uint8), np.where(which > 0, 255, 0).astype(np.uint8), [BLUE, WHITE])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seen", [disc(9), disc(16, left=6)], ids=["half of it", "beside it"])
def test_a_sign_of_which_only_some_was_seen_is_found_whole(seed: int, seen: NDArray[np.bool_]) -> None:
    truth = disc(40).astype(int) + disc(18)
    clean = picture(seed)
    layers = layers_of(disc(40).astype(int) + seen)
    where = share_out(over(clean, truth), layers, np.zeros((SIZE, SIZE), np.float32))
    assert np.array_equal(where, disc(40))
    assert np.mean((layers.which == 2) != disc(18)) < 0.003
    assert np.abs(layers.without(over(clean, truth)) - clean)[:, disc(35)].mean() < 0.01


@pytest.mark.parametrize("inked", [True, False])
def test_a_hole_is_inked_only_if_the_picture_then_goes_on(inked: bool) -> None:
    hole = disc(10, left=-24)
    truth = disc(40).astype(int) + disc(10, left=10)
    if not inked:
        truth[hole] = 0
    clean = picture(0)
    told = disc(40).astype(int) + disc(10, left=10)
    told[hole] = 0
    layers = layers_of(told)
    share_out(over(clean, truth), layers, np.zeros((SIZE, SIZE), np.float32))
    assert np.all((layers.which > 0)[hole]) == inked
    assert np.abs(layers.without(over(clean, truth)) - clean)[:, disc(35) & ~(disc(14, left=-24) & ~hole)].mean() < 0.01


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_gaps_of_an_ink_are_left_bare_and_its_missing_parts_inked(alpha: float, seed: int) -> None:
    clean, gap, missing = picture(seed), disc(9, left=-18), disc(7, left=20)
    light = alpha * np.array([0.9, 0.3, 0.1], np.float32)
    truth = disc(38) & ~gap
    marked = np.where(truth, light[:, None, None] + np.float32(1 - alpha) * clean, clean).astype(np.float32)
    told = disc(38) & ~missing
    layers = Layers(told.astype(np.uint8), told.astype(np.uint8) * np.uint8(255), [Ink((*light.tolist(),), alpha)])
    given, taken = find_outline(marked, layers, np.where(told, 1, -1).astype(np.float32))
    assert np.array_equal(layers.which > 0, (told | given) & ~taken)
    assert np.mean((layers.which > 0) != truth) < 0.004
    assert np.abs(layers.without(marked) - clean).mean() < 0.004


def test_an_outline_that_is_right_stays_and_so_does_a_thin_one() -> None:
    """Strokes are thinner than soft edges are wide: what is right of them nobody can tell from one pixel."""
    for truth in (disc(38), disc(38) & ~disc(36)):
        marked = np.where(truth, np.array(BLUE.light, np.float32)[:, None, None] + 0.5 * picture(3), picture(3)).astype(np.float32)
        layers = Layers(truth.astype(np.uint8), truth.astype(np.uint8) * np.uint8(255), [BLUE])
        given, taken = find_outline(marked, layers, np.where(truth, 3, -3).astype(np.float32))
        assert not (given | taken).any()
        assert np.array_equal(layers.which > 0, truth)


@pytest.mark.parametrize("told", [disc(15), disc(21), disc(18, left=3)], ids=["too small", "too large", "beside it"])
def test_a_rough_border_between_two_inks_is_sharpened(told: NDArray[np.bool_]) -> None:
    clean, inked = picture(2), disc(40) & ~disc(6, left=-28)
    layers = layers_of(inked.astype(int) + told)
    sharpen_border(over(clean, inked.astype(int) + disc(18)), layers, np.zeros((SIZE, SIZE), np.float32), reach_px=5)
    assert np.array_equal(layers.which > 0, inked)
    assert np.mean((layers.which == 2) != disc(18)) < 0.002


def test_a_border_is_not_looked_for_far_from_where_it_is_known_or_between_inks_of_other_opacities() -> None:
    marked, told = over(picture(2), disc(40).astype(int) + disc(24)), disc(40).astype(int) + disc(12)
    layers = layers_of(told)
    sharpen_border(marked, layers, np.zeros((SIZE, SIZE), np.float32), reach_px=3)
    assert np.array_equal(layers.which[~(disc(18) & ~disc(6))], told[~(disc(18) & ~disc(6))])
    other = Layers(told.astype(np.uint8), layers.cover, [BLUE, Ink((0.4,) * 3, 0.4)])
    sharpen_border(marked, other, np.zeros((SIZE, SIZE), np.float32), reach_px=3)
    assert np.array_equal(other.which, told)


def test_inks_that_do_not_touch_or_are_of_other_opacities_stay() -> None:
    apart = disc(10, left=-30) * 1 + disc(10, left=30) * 2
    marked = over(picture(1), apart)
    layers = layers_of(apart)
    assert not share_out(marked, layers, np.zeros((SIZE, SIZE), np.float32)).any()
    assert np.array_equal(layers.which, apart)
    touching = layers_of(disc(40).astype(int) + disc(18))
    touching.inks[1] = Ink((0.3, 0.3, 0.3), 0.3)
    assert not share_out(marked, touching, np.zeros((SIZE, SIZE), np.float32)).any()


def test_what_is_fixed_stays_and_odds_decide_where_the_picture_does_not() -> None:
    flat = np.full((3, 8, 8), 0.5, np.float32)
    nothing, everywhere = np.zeros((8, 8), bool), np.ones((8, 8), bool)
    likely = np.full((8, 8), 3, np.float32)
    assert second_of_two((flat, flat), everywhere, nothing, likely, nothing).all()
    assert not second_of_two((flat, flat), everywhere, nothing, -likely, nothing).any()
    assert not second_of_two((flat, flat), everywhere, nothing, likely, everywhere).any()


@given(
    costs=st.lists(st.integers(-30, 30), min_size=2, max_size=5),
    pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 30)), max_size=8),
)
def test_a_cut_costs_as_little_as_any(costs: list[int], pairs: list[tuple[int, int, int]]) -> None:
    count = len(costs)
    pairs = [(a, b, price) for a, b, price in pairs if a != b and max(a, b) < count]
    start, end = (np.array([pair[side] for pair in pairs], np.intp) for side in (0, 1))

    def price(labels: tuple[bool, ...]) -> int:
        return sum(cost for cost, second in zip(costs, labels, strict=True) if second) + sum(
            paid for a, b, paid in pairs if labels[b] and not labels[a]
        )

    labels = _least(np.array(costs, float), start, end, np.array([pair[2] for pair in pairs], float))
    assert price(tuple(labels)) == min(price(each) for each in itertools.product((False, True), repeat=count))
