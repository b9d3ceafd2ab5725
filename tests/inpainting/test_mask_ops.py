"""Operations on masks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from sparse_masks import sparse_masks

from aedesk.core.errors import SpecError
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.mask_ops import add_feather, blend_by_mask, crop_mask, dilate, to_mask


@settings(deadline=None, max_examples=40)
@given(mask=sparse_masks, feather=st.floats(0, 9))
def test_a_feather_keeps_the_mask_and_ends_at_its_width(mask: np.ndarray, feather: float) -> None:
    soft = add_feather(mask, feather)
    assert np.array_equal(soft[mask > 0], mask[mask > 0])
    if mask.any():
        distance = ndimage.distance_transform_edt(mask == 0)
        assert not soft[distance >= max(feather, 0.5)].any()
    else:
        assert not soft.any()


def test_a_feather_is_the_same_across_strips() -> None:
    mask = np.zeros((1100, 12), np.uint8)
    mask[505:520] = 255
    assert np.array_equal(add_feather(mask, 6)[495:540], add_feather(mask[495:540], 6))


@settings(deadline=None, max_examples=40)
@given(mask=sparse_masks, left=st.integers(-20, 120), top=st.integers(-20, 120), grow=st.integers(0, 4))
def test_a_crop_equals_the_same_part_of_the_padded_mask(mask: np.ndarray, left: int, top: int, grow: int) -> None:
    box = Box(left, top, left + 40, top + 30)
    whole = np.pad(dilate(mask > 0, grow), 60)
    expected = np.pad(whole, ((0, 200), (0, 200)))[top + 60 : top + 90, left + 60 : left + 100]
    assert np.array_equal(crop_mask(mask, box, grow), expected)


@settings(deadline=None, max_examples=40)
@given(mask=sparse_masks, radius=st.integers(0, 9))
def test_dilation_is_a_maximum_over_squares(mask: np.ndarray, radius: int) -> None:
    expected = ndimage.maximum_filter(mask, 2 * radius + 1, mode="constant") > 0
    assert np.array_equal(dilate(mask > 0, radius), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_blending_changes_only_pixels_with_weight(dtype: type) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, np.iinfo(dtype).max, (20, 30, 3)).astype(dtype)
    changed = rng.integers(0, np.iinfo(dtype).max, (10, 12, 3)).astype(dtype)
    weight = rng.choice(np.array([0, 128, 255], np.uint8), (10, 12))
    result = pixels.copy()
    blend_by_mask(result, changed, weight, Box(5, 4, 17, 14))
    part, before = result[4:14, 5:17], pixels[4:14, 5:17]
    assert np.array_equal(part[weight == 0], before[weight == 0])
    assert np.array_equal(part[weight == 255], changed[weight == 255])
    between = (before + 128 / 255 * (changed.astype(float) - before))[weight == 128]
    assert np.abs(part[weight == 128] - between).max() <= 0.51
    result[4:14, 5:17] = before
    assert np.array_equal(result, pixels)


@given(values=arrays(np.float32, (4, 5), elements=st.floats(0, 1, width=32)))
def test_masks_of_every_type_become_uint8(values: np.ndarray) -> None:
    picture = Picture(np.zeros((4, 5, 3), np.uint8))
    assert np.array_equal(to_mask(values, picture), np.rint(values * 255).astype(np.uint8))
    assert np.array_equal(to_mask(values > 0.5, picture), np.where(values > 0.5, 255, 0))


@pytest.mark.parametrize("mask", [np.zeros((4, 4), np.uint8), np.zeros((4, 5, 1), np.uint8), np.zeros((4, 5), np.int32)])
def test_a_mask_that_does_not_fit_is_an_error(mask: np.ndarray) -> None:
    with pytest.raises(SpecError, match="mask"):
        to_mask(mask, Picture(np.zeros((4, 5, 3), np.uint8)))
