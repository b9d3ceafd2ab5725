"""PSNR and SSIM against the reference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from aedesk.gui.documents.metrics import QualityMetrics, add_ssim, measure_psnr
from aedesk.imaging.metrics import psnr
from aedesk.imaging.picture import Picture

Pixels = Callable[..., np.ndarray]


def test_figures_compare_with_the_reference_in_the_depth_of_the_picture(make_pixels: Pixels) -> None:
    clean, noisy = make_pixels(64, 80), make_pixels(64, 80, seed=1)
    eight = measure_psnr(Picture(clean), Picture(noisy), None)
    sixteen = measure_psnr(Picture(clean), Picture(noisy.astype(np.uint16) * 257), None)
    assert eight.psnr_input == pytest.approx(psnr(clean, noisy))
    assert sixteen.psnr_input == pytest.approx(eight.psnr_input, abs=1e-6)


def test_a_gray_picture_is_compared_with_the_luma_of_a_colour_reference(make_pixels: Pixels) -> None:
    gray = make_pixels(64, 80, channels=1)
    figures = measure_psnr(Picture(np.repeat(gray, 3, axis=2)), Picture(gray), None)
    assert figures.psnr_input == float("inf") or (figures.psnr_input or 0) > 80


def test_ssim_is_added_to_the_figures_that_stand(make_pixels: Pixels) -> None:
    clean = Picture(make_pixels(64, 80))
    figures = add_ssim(QualityMetrics(20.0, 30.0), clean, clean, clean)
    assert (figures.psnr_input, figures.ssim_input, figures.ssim_restored) == (20.0, pytest.approx(1.0), pytest.approx(1.0))
