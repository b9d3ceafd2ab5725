"""Arithmetic of masks: properties that erasing rests on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from aedesk.core.errors import SpecError
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import (
    as_mask,
    compose,
    dilated,
    feathered,
    groups_without,
    regions,
    strong_groups,
    strongest_group,
    window,
)

sparse_masks = st.tuples(st.integers(1, 150), st.integers(1, 150), st.integers(0, 2**32 - 1), st.sampled_from((0.0, 0.001, 0.01, 0.3))).map(
    lambda t: (np.random.default_rng(t[2]).random(t[:2]) < t[3]).astype(np.uint8) * np.uint8(200)
)


@settings(deadline=None, max_examples=60)
@given(mask=sparse_masks)
def test_regions_cover_every_set_pixel_once(mask: np.ndarray) -> None:
    covered = np.zeros(mask.shape, int)
    for box in regions(mask):
        covered[box.top : box.bottom, box.left : box.right] += 1
    assert bool((covered[mask > 0] == 1).all())
    assert covered.max(initial=0) <= 1


@settings(deadline=None, max_examples=40)
@given(mask=sparse_masks, feather=st.floats(0, 9))
def test_a_feather_keeps_the_mask_and_ends_where_it_should(mask: np.ndarray, feather: float) -> None:
    soft = feathered(mask, feather)
    assert np.array_equal(soft[mask > 0], mask[mask > 0])
    if mask.any():
        distance = ndimage.distance_transform_edt(mask == 0)
        assert not soft[distance >= max(feather, 0.5)].any()
    else:
        assert not soft.any()


def test_a_feather_is_the_same_across_strips() -> None:
    mask = np.zeros((1100, 12), np.uint8)
    mask[505:520] = 255
    assert np.array_equal(feathered(mask, 6)[495:540], feathered(mask[495:540], 6))


@settings(deadline=None, max_examples=40)
@given(mask=sparse_masks, left=st.integers(-20, 120), top=st.integers(-20, 120), grow=st.integers(0, 4))
def test_a_window_is_a_piece_of_the_whole(mask: np.ndarray, left: int, top: int, grow: int) -> None:
    box = Box(left, top, left + 40, top + 30)
    whole = np.pad(dilated(mask > 0, grow), 60)
    expected = np.pad(whole, ((0, 200), (0, 200)))[top + 60 : top + 90, left + 60 : left + 100]
    assert np.array_equal(window(mask, box, grow), expected)


@settings(deadline=None, max_examples=40)
@given(mask=sparse_masks, radius=st.integers(0, 9))
def test_growing_is_a_maximum_over_squares(mask: np.ndarray, radius: int) -> None:
    expected = ndimage.maximum_filter(mask, 2 * radius + 1, mode="constant") > 0
    assert np.array_equal(dilated(mask > 0, radius), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_composing_changes_only_what_has_weight(dtype: type) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, np.iinfo(dtype).max, (20, 30, 3)).astype(dtype)
    changed = rng.integers(0, np.iinfo(dtype).max, (10, 12, 3)).astype(dtype)
    weight = rng.choice(np.array([0, 128, 255], np.uint8), (10, 12))
    result = pixels.copy()
    compose(result, changed, weight, Box(5, 4, 17, 14))
    part, before = result[4:14, 5:17], pixels[4:14, 5:17]
    assert np.array_equal(part[weight == 0], before[weight == 0])
    assert np.array_equal(part[weight == 255], changed[weight == 255])
    between = (before + 128 / 255 * (changed.astype(float) - before))[weight == 128]
    assert np.abs(part[weight == 128] - between).max() <= 0.51
    result[4:14, 5:17] = before
    assert np.array_equal(result, pixels)


def test_only_groups_with_enough_that_is_sure_stay_and_they_stay_whole() -> None:
    mask, sure = np.zeros((40, 90), bool), np.zeros((40, 90), bool)
    mask[2:10, 2:10] = mask[2:10, 18:26] = mask[30:38, 60:68] = True  # two letters of a word, 8 pixels apart, and a blot far away
    sure[4:8, 4:8] = sure[30:33, 60:65] = True
    kept = strong_groups(mask, sure, 16, join_px=4)
    assert np.array_equal(kept, mask & (np.arange(90) < 30))
    assert not strong_groups(mask, sure, 17, join_px=4).any()
    assert np.array_equal(strong_groups(mask, sure, 16, join_px=3), mask & (np.arange(90) < 14))
    assert not strong_groups(np.zeros_like(mask), sure, 1, join_px=4).any()
    # Of the word an eighth is sure, of the blot more.
    assert np.array_equal(strong_groups(mask, sure, 1, 4, least_share=0.13), mask & (np.arange(90) >= 30))
    assert np.array_equal(strong_groups(mask, sure, 1, 4, least_share=0.12), mask)


@given(values=arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32)))
def test_masks_of_every_kind_become_bytes(values: np.ndarray) -> None:
    picture = Picture(np.zeros((4, 5, 3), np.uint8))
    assert np.array_equal(as_mask(values, picture), np.rint(values * 255).astype(np.uint8))
    assert np.array_equal(as_mask(values > 0.5, picture), np.where(values > 0.5, 255, 0))


@pytest.mark.parametrize("mask", [np.zeros((4, 4), np.uint8), np.zeros((4, 5, 1), np.uint8), np.zeros((4, 5), np.int32)])
def test_a_mask_that_does_not_fit_is_told(mask: np.ndarray) -> None:
    with pytest.raises(SpecError, match="mask"):
        as_mask(mask, Picture(np.zeros((4, 5, 3), np.uint8)))


def test_groups_that_something_else_covers_are_left_out() -> None:
    mask, other = np.zeros((60, 60), bool), np.zeros((60, 60), bool)
    mask[5:15, 5:15] = mask[5:15, 20:30] = mask[40:50, 40:50] = True  # a word of two letters, and another
    other[5:15, 4:14] = other[41:43, 40:50] = True
    kept = groups_without(mask, other, 0.3, 4)
    assert not kept[:30].any()
    assert kept[40:50, 40:50].all()
    assert not groups_without(np.zeros_like(mask), other, 0.3, 4).any()


def test_the_strongest_group_is_that_with_most_sure_pixels() -> None:
    mask, sure = np.zeros((40, 90), bool), np.zeros((40, 90), bool)
    mask[5:35, 2:30] = True
    mask[10:20, 50:56] = mask[10:20, 60:66] = True  # two letters
    sure[5:10, 2:12] = True
    sure[10:20, 50:66] = True
    assert np.array_equal(strongest_group(mask, sure, 4), mask & (np.arange(90) >= 50))
    assert np.array_equal(strongest_group(mask, sure, 1), mask & ((np.arange(90) >= 50) & (np.arange(90) < 58)))
    assert np.array_equal(strongest_group(mask, np.zeros_like(sure), 4), mask & (np.arange(90) < 40))
