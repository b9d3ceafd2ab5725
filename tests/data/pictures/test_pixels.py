"""Pictures of every kind and size become what training wants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aedesk.data.pictures.pixels import fitted, training_pixels, window, with_channels
from aedesk.imaging.picture import Picture


def test_sixteen_bits_are_rounded_and_transparent_pixels_become_white() -> None:
    pixels = np.full((2, 2, 1), 257 * 100, np.uint16)
    alpha = np.array([[65535, 0], [65535, 65535]], np.uint16)
    assert training_pixels(Picture(pixels), 1)[..., 0].tolist() == [[100, 100], [100, 100]]
    assert training_pixels(Picture(pixels, alpha), 3)[..., 2].tolist() == [[100, 255], [100, 100]]


def test_colour_becomes_luma_and_gray_becomes_three_equal_channels() -> None:
    colour = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], np.uint8)
    assert with_channels(colour, 1)[0, :, 0].tolist() == [76, 150, 29, 255]
    assert with_channels(np.full((1, 1, 1), 9, np.uint8), 3).tolist() == [[[9, 9, 9]]]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 64), st.sampled_from(["crop", "scale"]))
def test_what_is_fitted_is_large_enough_and_scaling_keeps_the_shape(height: int, width: int, edge: int, fit: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 2), np.uint8)
    result = fitted(pixels, edge, fit)
    assert min(result.shape[:2]) >= edge
    assert result.dtype == np.uint8
    if fit == "scale":
        assert min(result.shape[:2]) == edge
        assert result.shape[1] == pytest.approx(width * edge / min(height, width), abs=1)
    else:
        assert np.array_equal(result[:height, :width], pixels)
        assert result.shape[:2] == (max(height, edge), max(width, edge))


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 5000), st.text(max_size=5))
def test_a_window_lies_in_the_picture_and_keeps_to_its_bytes(height: int, width: int, limit: int, name: str) -> None:
    pixels = np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    part = window(pixels, limit, name)
    assert part.nbytes <= max(limit, 3)
    assert np.array_equal(part, window(pixels, limit, name))
    if pixels.nbytes <= limit:
        assert part is pixels
    elif limit >= 3:
        assert part.nbytes >= min(limit, pixels.nbytes) * 0.3 - 16
