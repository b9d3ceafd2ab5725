from __future__ import annotations

import numpy as np
import pytest

from aedesk.gui.widgets.viewer.pyramid import Pyramid, difference, halve


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def test_halving_gives_the_rounded_mean_of_each_block() -> None:
    pixels = noise(10, 14)
    blocks = pixels.reshape(5, 2, 7, 2, 3).astype(int).sum(axis=(1, 3))
    assert np.array_equal(halve(pixels), (blocks + 2) // 4)


def test_an_odd_last_row_and_column_count_twice() -> None:
    small = halve(np.array([[[10], [20], [90]], [[30], [40], [50]], [[1], [3], [7]]], np.uint8))
    assert small[..., 0].tolist() == [[25, 70], [2, 7]]


@pytest.mark.parametrize("shape", [(1000, 1400, 3), (777, 1031, 4), (300, 5000, 3)])
def test_levels_are_repeated_halvings(shape: tuple[int, int, int]) -> None:
    pixels = noise(*shape)
    pyramid = Pyramid.of(pixels)
    assert pyramid.build(lambda: False)
    assert pyramid.complete
    expected = pixels
    for level in range(pyramid.level_count):
        width, height = pyramid.size(level)
        assert np.array_equal(pyramid.crop(level, 0, 0, width, height), expected)
        expected = halve(expected)
    assert max(pyramid.size(pyramid.level_count - 1)) <= 256


def test_before_it_is_built_a_level_skips_pixels_and_has_the_same_size() -> None:
    pixels = noise(1001, 1403)
    pyramid = Pyramid.of(pixels)
    width, height = pyramid.size(2)
    rough = pyramid.crop(2, 0, 0, width, height)
    assert rough.shape[:2] == (height, width)
    assert np.array_equal(rough, pixels[::4, ::4])
    assert rough.flags.c_contiguous


def test_an_unbuilt_level_is_replaced_by_the_next_coarser_one() -> None:
    pyramid = Pyramid.of(noise(2048, 2048))
    assert [pyramid.best_level(reduction) for reduction in (0.5, 1.0, 1.9, 2.0, 4.0, 1000)] == [0, 0, 0, 2, 3, 3]
    pyramid.build(lambda: False)
    assert [pyramid.best_level(reduction) for reduction in (0.5, 1.0, 1.9, 2.0, 4.0, 1000)] == [0, 0, 0, 1, 2, 3]


def test_building_stops_on_request() -> None:
    asked = iter([False, True])
    pyramid = Pyramid.of(noise(2000, 600))
    assert not pyramid.build(lambda: next(asked))
    assert not pyramid.complete


def test_an_abandoned_pyramid_is_not_built() -> None:
    pyramid = Pyramid.of(noise(600, 600))
    pyramid.abandon()
    assert not pyramid.build(lambda: False)


def test_the_difference_is_absolute_and_its_small_levels_keep_the_noise() -> None:
    a, b = noise(600, 500, 4, seed=1), noise(600, 500, 3, seed=2)
    pyramid = difference(Pyramid.of(a), Pyramid.of(b))
    exact = np.abs(a[..., :3].astype(int) - b).astype(np.uint8)
    assert np.array_equal(pyramid.crop(0, 10, 20, 400, 300), exact[20:300, 10:400])
    pyramid.build(lambda: False)
    assert np.array_equal(pyramid.crop(1, 0, 0, 250, 300), halve(exact))
    assert pyramid.crop(1, 0, 0, 250, 300).mean() == pytest.approx(exact.mean(), abs=0.5)
