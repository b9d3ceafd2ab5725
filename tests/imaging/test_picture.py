"""A Picture is what its docstring says, or is not made."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_pictures import XMP, picture, same_samples

from aedesk.core.errors import PictureError
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import full_range, to_8_bit


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 5), np.uint8),
        np.zeros((4, 5, 2), np.uint8),
        np.zeros((4, 5, 4), np.uint8),
        np.zeros((0, 5, 3), np.uint8),
        np.zeros((4, 5, 3), np.float32),
        np.zeros((4, 5, 3), np.int16),
    ],
)
def test_other_shapes_and_types_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(PictureError):
        Picture(pixels)


@pytest.mark.parametrize("alpha", [np.zeros((5, 4), np.uint8), np.zeros((4, 5), np.uint16), np.zeros((4, 5, 1), np.uint8)])
def test_alpha_that_does_not_fit_is_refused(alpha: np.ndarray) -> None:
    with pytest.raises(PictureError, match="does not fit"):
        Picture(np.zeros((4, 5, 3), np.uint8), alpha)


def test_size_depth_and_words() -> None:
    made = picture(2000, 3000, 1, 16, alpha=True, xmp=XMP)
    assert (made.width, made.height, made.channels, made.bit_depth, made.megapixels) == (3000, 2000, 1, 16, 6.0)
    assert repr(made) == "<Picture 3000 x 2000 gray 16 bit with alpha, xmp>"


def test_samples_are_contiguous_whatever_they_came_from() -> None:
    made = Picture(np.zeros((9, 8, 4), np.uint8)[:, ::2, :3], np.zeros((9, 8), np.uint8)[:, ::2])
    assert made.pixels.flags.c_contiguous
    assert made.alpha is not None
    assert made.alpha.flags.c_contiguous


def test_other_pixels_keep_alpha_and_metadata_unless_told() -> None:
    made = picture(alpha=True, xmp=XMP, dpi=(72.0, 72.0))
    changed = made.with_pixels(made.pixels // 2)
    assert changed.alpha is made.alpha
    assert (changed.xmp, changed.dpi) == (XMP, (72.0, 72.0))
    assert made.with_pixels(made.pixels, None).alpha is None
    with pytest.raises(PictureError, match="does not fit"):
        made.with_pixels(made.pixels[:5])


@given(st.integers(0, 35), st.integers(0, 23), st.integers(1, 36), st.integers(1, 24))
def test_a_crop_is_the_rectangle_or_an_error(left: int, top: int, width: int, height: int) -> None:
    made = picture(24, 36, alpha=True, xmp=XMP)
    if left + width <= 36 and top + height <= 24:
        part = made.crop(left, top, width, height)
        assert np.array_equal(part.pixels, made.pixels[top : top + height, left : left + width])
        assert made.alpha is not None
        assert np.array_equal(part.alpha, made.alpha[top : top + height, left : left + width])  # type: ignore[arg-type]
        assert part.xmp == XMP
        assert not np.shares_memory(part.pixels, made.pixels)
    else:
        with pytest.raises(PictureError, match="does not lie inside"):
            made.crop(left, top, width, height)


def test_pictures_can_be_pickled() -> None:
    made = picture(alpha=True, xmp=XMP)
    assert same_samples(pickle.loads(pickle.dumps(made)), made)


def test_rounding_to_8_bits_and_back_is_exact() -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(512, 128)
    assert np.array_equal(to_8_bit(every), np.round(every / 257).astype(np.uint8))
    assert np.array_equal(to_8_bit(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257).ravel(), np.arange(256))


@pytest.mark.parametrize("bits", range(9, 17))
def test_fewer_bits_are_spread_over_the_full_range(bits: int) -> None:
    top = (1 << bits) - 1
    every = np.arange(top + 1, dtype=np.uint16)
    spread = full_range(every, bits)
    assert (spread[0], spread[-1]) == (0, 65535)
    assert np.array_equal(np.round(spread / 65535 * top).astype(np.uint16), every)
