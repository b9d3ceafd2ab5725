"""MS-SSIM is what the paper defines, written down here once more in the plainest way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate
from scipy.signal import convolve2d

from aedesk.imaging.metrics import ssim
from aedesk.imaging.metrics_multiscale import MIN_EDGE_PX, WEIGHTS, both_ssims, ms_ssim


def by_the_paper(x: np.ndarray, y: np.ndarray) -> float:
    """One plane of 8-bit samples, equation (7) of the paper: no blocks, no tricks, two-dimensional convolutions."""
    axis = np.arange(-5, 6)
    window = np.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similarity = 1.0
    for scale in range(5):
        mean_x, mean_y = (convolve2d(plane, window, "valid") for plane in (x, y))
        var_x = convolve2d(x * x, window, "valid") - mean_x**2
        var_y = convolve2d(y * y, window, "valid") - mean_y**2
        both = convolve2d(x * y, window, "valid") - mean_x * mean_y
        contrast_and_structure = (2 * both + c2) / (var_x + var_y + c2)
        luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        term = luminance * contrast_and_structure if scale == 4 else contrast_and_structure
        similarity *= term.mean() ** WEIGHTS[scale]
        # A mean over 2 x 2 with mirrored edges, then every second pixel: the authors' imfilter(..., 'symmetric') and (1:2:end).
        x, y = (correlate(plane, np.full((2, 2), 0.25), mode="reflect", origin=(-1, -1))[::2, ::2] for plane in (x, y))
    return float(similarity)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    y, x = np.mgrid[0:187, 0:214] / 200
    waves = np.stack([np.sin(9 * x + 14 * y), np.sin(31 * x * y), np.cos(40 * x) * y], axis=-1)
    return (127 + 90 * waves).astype(np.uint8)


@pytest.mark.parametrize("sigma", [2.0, 12.0, 60.0])
def test_it_is_the_papers_formula_averaged_over_the_channels(scene: np.ndarray, sigma: float) -> None:
    noise = np.random.default_rng(1).normal(0, sigma, scene.shape)
    other = np.clip(scene + noise, 0, 255).astype(np.uint8)
    expected = np.mean([by_the_paper(scene[..., c].astype(float), other[..., c].astype(float)) for c in range(3)])
    assert ms_ssim(scene, other) == pytest.approx(expected, abs=1e-9)
    assert ms_ssim(scene[..., 0], other[..., 0]) == pytest.approx(by_the_paper(scene[..., 0].astype(float), other[..., 0].astype(float)))


def test_both_in_one_go_are_those_that_come_alone(scene: np.ndarray) -> None:
    other = np.roll(scene, 2, axis=1)
    assert both_ssims(scene, other) == (pytest.approx(ssim(scene, other)), ms_ssim(scene, other))


def test_the_weights_are_the_papers_and_sum_to_one() -> None:
    assert sum(WEIGHTS) == pytest.approx(1.0, abs=2e-4)  # the paper's own figures sum to 1.0001


def test_equal_pictures_have_one_and_opposite_ones_nothing(scene: np.ndarray) -> None:
    assert ms_ssim(scene, scene) == pytest.approx(1.0)
    assert ms_ssim(scene, 255 - scene) == 0


def test_depth_does_not_matter(scene: np.ndarray) -> None:
    other = np.roll(scene, 1, axis=0)
    assert ms_ssim(scene.astype(np.uint16) * 257, other.astype(np.uint16) * 257) == pytest.approx(ms_ssim(scene, other))


def test_fine_noise_counts_less_than_the_same_noise_in_blotches(scene: np.ndarray) -> None:
    random = np.random.default_rng(2)
    fine = random.choice([-12, 12], scene.shape)
    coarse = np.kron(random.choice([-12, 12], (24, 27, 3)), np.ones((8, 8, 1), int))[:187, :214]
    middle = np.clip(scene, 20, 235).astype(int)
    assert ms_ssim(middle, middle + fine, peak=255) > ms_ssim(middle, middle + coarse, peak=255)


def test_pictures_too_small_for_five_scales_are_refused() -> None:
    smallest = np.zeros((MIN_EDGE_PX, MIN_EDGE_PX), np.uint8)
    assert ms_ssim(smallest, smallest) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="at least 161"):
        ms_ssim(smallest[1:], smallest[1:])
