"""PSNR and SSIM agree with scikit-image and have the properties that their definitions give."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from aedesk.imaging.metrics import psnr, ssim

KINDS = {"uint8": 255, "uint16": 65535, "float64": 1.0}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, float]:
    """Two pictures of one kind and size, the second the first with noise of any strength, and their peak."""
    kind = draw(st.sampled_from(tuple(KINDS)))
    peak = KINDS[kind]
    shape = (draw(st.integers(11, 130)), draw(st.integers(11, 130)), draw(st.sampled_from((1, 3))))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    a = random.random(shape) * draw(st.sampled_from((1.0, 0.01))) * peak
    b = np.clip(a + random.normal(0, draw(st.floats(0.002, 0.5)) * peak, shape), 0, peak)
    return a.astype(kind), b.astype(kind), float(peak)


@given(pairs())
@settings(max_examples=60)
def test_ssim_and_psnr_agree_with_scikit_image(pair: tuple[np.ndarray, np.ndarray, float]) -> None:
    a, b, peak = pair
    expected = structural_similarity(a, b, data_range=peak, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, channel_axis=2)
    assert ssim(a, b) == pytest.approx(expected, abs=1e-9)
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=peak), abs=1e-9)


@given(pairs())
@settings(max_examples=30)
def test_metrics_do_not_depend_on_the_order_and_are_best_for_equal_pictures(pair: tuple[np.ndarray, np.ndarray, float]) -> None:
    a, b, _ = pair
    assert ssim(a, b) == pytest.approx(ssim(b, a), abs=1e-12)
    assert psnr(a, b) == pytest.approx(psnr(b, a), abs=1e-12)
    assert -1 <= ssim(a, b) <= 1
    assert ssim(a, a) == pytest.approx(1.0)
    assert psnr(a, a) == math.inf


def test_psnr_of_a_known_error() -> None:
    a = np.zeros((8, 8, 3), np.uint8)
    assert psnr(a, a + np.uint8(255)) == 0
    assert psnr(a, a + np.uint8(1)) == pytest.approx(20 * math.log10(255))
    assert psnr(a / 255.0, (a + np.uint8(1)) / 255.0) == pytest.approx(20 * math.log10(255))
    assert psnr(a[:, :, 0], a[:, :, 0] + np.uint8(1), peak=1) == pytest.approx(0)


def test_the_same_picture_in_8_and_16_bits_has_the_same_scores() -> None:
    random = np.random.default_rng(0)
    a, b = (random.integers(0, 256, (60, 50, 3), dtype=np.uint8) for _ in range(2))
    deep_a, deep_b = (picture.astype(np.uint16) * 257 for picture in (a, b))
    assert psnr(deep_a, deep_b) == pytest.approx(psnr(a, b))
    assert ssim(deep_a, deep_b) == pytest.approx(ssim(a, b))


def test_more_noise_means_lower_scores() -> None:
    random = np.random.default_rng(0)
    a = np.full((64, 64, 3), 0.5)
    noise = random.normal(0, 1, a.shape)
    scores = [(psnr(a, a + level * noise), ssim(a, a + level * noise)) for level in (0.01, 0.05, 0.2)]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_pictures_that_cannot_be_compared_are_refused(metric: object) -> None:
    a = np.zeros((16, 16, 3), np.uint8)
    for b in (np.zeros((16, 15, 3), np.uint8), np.zeros((16, 16, 3), np.uint16)):
        with pytest.raises(ValueError, match="differ"):
            metric(a, b)  # type: ignore[operator]
    with pytest.raises(ValueError, match="shape"):
        metric(a[:0], a[:0])  # type: ignore[operator]


def test_ssim_needs_pictures_as_large_as_its_window() -> None:
    a = np.zeros((10, 40, 3), np.uint8)
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(a, a)
