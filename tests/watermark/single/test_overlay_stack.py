"""Layers of ink: what they cover, and the picture without them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aedesk.watermark.single.overlay import Ink
from aedesk.watermark.single.overlay_stack import Layers

WHITE, NAVY = Ink((0.5, 0.5, 0.5), 0.5), Ink((0.03, 0.06, 0.24), 0.3)

GREY = np.full((3, 40, 40), 0.6, np.float32)


def block(top: int, left: int, height: int, width: int, size: int = 40) -> np.ndarray:
    result = np.zeros((size, size), bool)
    result[top : top + height, left : left + width] = True
    return result


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), alpha=st.floats(0.1, 0.8))
def test_what_was_blended_comes_off_and_the_rest_keeps_its_bits(seed: int, alpha: float) -> None:
    rng = np.random.default_rng(seed)
    clean = rng.random((3, 40, 40), np.float32)
    colour = rng.random(3)
    where = block(*rng.integers(2, 15, 2), *rng.integers(6, 20, 2))
    light = np.float32(alpha) * colour.astype(np.float32)
    marked = np.where(where, light[:, None, None] + np.float32(1 - alpha) * clean, clean)
    layers = Layers.none(40, 40)
    layers.inks.append(Ink((float(light[0]), float(light[1]), float(light[2])), alpha))
    layers.put(1, where, np.where(where, np.float32(alpha), np.float32(0)), marked)
    bare = layers.without(marked)
    assert np.abs(bare - clean).max() < 1e-5
    assert np.array_equal(bare[:, ~where], marked[:, ~where])


def test_cores_are_covered_wholly_and_edges_as_the_network_says() -> None:
    where = block(10, 10, 20, 20)
    layers = Layers.none(40, 40)
    layers.inks.append(WHITE)
    taken = layers.put(1, where, np.where(block(9, 9, 22, 22), np.float32(0.25), np.float32(0)), GREY)
    assert (layers.cover[16:24, 16:24] == 255).all()
    assert layers.cover[9, 20] == layers.cover[15, 20] == 128
    assert (layers.cover[~taken] == 0).all()
    assert not taken[8].any()
    assert layers.alpha()[20, 20] == pytest.approx(0.5)
    assert layers.alpha((slice(0, 10), slice(20, 21)))[9, 0] == pytest.approx(0.25, abs=0.002)
    assert layers.light().shape == (3, 40, 40)


def test_soft_edges_take_nothing_from_another_ink() -> None:
    left, right = block(5, 5, 20, 10), block(5, 15, 20, 10)
    layers = Layers.none(40, 40)
    for number, (ink, where) in enumerate(((WHITE, left), (NAVY, right)), 1):
        layers.inks.append(ink)
        layers.put(number, where, np.full((40, 40), ink.alpha, np.float32), GREY)
    assert (layers.which[5:25, 5:14] == 1).all()
    assert (layers.which[5:25, 15:25] == 2).all()
    assert layers.light()[2, 10, 20] == pytest.approx(0.24)


def test_no_pixel_becomes_darker_than_black() -> None:
    where = block(10, 10, 20, 20)
    marked = GREY.copy()
    marked[:, 15:20, 15:20] = 0.25
    layers = Layers.none(40, 40)
    layers.inks.append(WHITE)
    layers.put(1, where, np.full((40, 40), 0.5, np.float32), marked)
    assert abs(int(layers.cover[17, 17]) - 128) < 4
    assert layers.cover[25, 25] == 255
    assert layers.without(marked).min() > -0.01


def test_no_layers_are_no_change() -> None:
    marked = np.random.default_rng(0).random((3, 12, 12), np.float32)
    assert np.array_equal(Layers.none(12, 12).without(marked), marked)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), wrong=st.floats(-0.3, 0.3))
def test_soft_edges_are_measured_beside_a_filling(seed: int, wrong: float) -> None:
    rng = np.random.default_rng(seed)
    clean = 0.1 + 0.2 * rng.random((3, 40, 40), np.float32)
    cover = np.full((40, 40), 0.6, np.float32)
    marked = np.float32(0.5) * cover + (1 - np.float32(0.5) * cover) * clean
    layers = Layers(np.ones((40, 40), np.uint8), np.rint((cover + np.float32(wrong)) * 255).astype(np.uint8), [WHITE])
    filled = clean + 0.02 * rng.standard_normal(clean.shape, np.float32)
    told, measured = (np.abs(bare - clean).mean() for bare in (layers.without(marked), layers.without_edges(marked, filled)))
    assert measured < max(0.5 * told, 0.012)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_of_a_pixel_that_two_inks_share_both_come_off(share: float) -> None:
    clean = np.full((3, 12, 12), 0.4, np.float32)
    layers = Layers.none(12, 12)
    layers.inks.extend((WHITE, NAVY))
    layers.which[:, :6], layers.which[:, 6:], layers.cover[:] = 1, 2, 255
    light, alpha = layers.light(), layers.alpha()
    mixed = ((1 - share) * np.array([*WHITE.light, WHITE.alpha]) + share * np.array([*NAVY.light, NAVY.alpha])).astype(np.float32)
    light[:, :, 6], alpha[:, 6] = mixed[:3, None], mixed[3]
    marked = light + (1 - alpha) * clean
    assert layers.soft().any(axis=0).tolist() == [4 <= column <= 7 for column in range(12)]
    assert np.allclose(layers.without_edges(marked, clean), clean, atol=2e-3)


def test_an_ink_like_what_is_under_it_says_nothing_of_its_edges() -> None:
    layers = Layers(np.ones((40, 40), np.uint8), np.full((40, 40), 100, np.uint8), [WHITE])
    bright = np.ones((3, 40, 40), np.float32)
    assert np.allclose(layers.without_edges(bright, bright), bright, atol=1e-5)
    assert layers.soft().all()
    assert np.array_equal(layers.part((slice(3, 9), slice(0, 40))).cover, layers.cover[3:9])
