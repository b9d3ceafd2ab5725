"""How near two pictures are: PSNR and SSIM.

SSIM follows Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity" (IEEE TIP
2004): Gaussian window of sigma 1.5, 11 x 11, K1 = 0.01, K2 = 0.03, mean over the windows that lie inside and over the channels. It
agrees with scikit-image's ``structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False)``. scikit-image
itself is no dependency because it brings scipy (100 MB) and holds some twenty float64 copies of a picture.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aedesk.imaging.samples import strips

_SIGMA, _RADIUS = 1.5, 5
WINDOW_PX = 2 * _RADIUS + 1
_K1, _K2 = 0.01, 0.03
_BLOCK = 48

Array = NDArray[Any]


def psnr(a: Array, b: Array, peak: float | None = None) -> float:
    """Peak signal-to-noise ratio in dB over all samples; infinite for equal pictures.

    Args:
        a, b: (H, W) or (H, W, C), the same shape; uint8, uint16 or float.
        peak: largest value a sample can have; None for 255, 65535 or, for float, 1.

    Raises:
        ValueError: shapes or types differ, or a picture is empty.
    """
    a, b, peak = checked_pair(a, b, peak)
    total = 0.0
    for rows in strips(*a.shape[:2]):
        difference = a[rows].astype(np.float64)
        difference -= b[rows]
        total += float(np.vdot(difference, difference))
    return math.inf if total == 0 else 10 * math.log10(peak * peak * a.size / total)


def ssim(a: Array, b: Array, peak: float | None = None) -> float:
    """Structural similarity, at most 1, which equal pictures have.

    Works in blocks that fit into the processor's cache, so that its own memory stays below a megabyte at any size.

    Args:
        a, b, peak: as for :func:`psnr`; both edges at least 11 pixels.

    Raises:
        ValueError: shapes or types differ, or an edge is shorter than the window.
    """
    a, b, peak = checked_pair(a, b, peak)
    if min(a.shape[:2]) < WINDOW_PX:
        raise ValueError(f"SSIM needs pictures of at least 11 x 11 pixels, not {a.shape[1]} x {a.shape[0]}.")
    channels = range(a.shape[2])
    return sum(plane_means(a[:, :, channel], b[:, :, channel], peak)[0] for channel in channels) / len(channels)


def plane_means(a: Array, b: Array, peak: float) -> tuple[float, float]:
    """Means, over the windows inside, of SSIM and of its part that is contrast times structure (the paper's c * s).

    Args:
        a, b: (H, W), the same shape, both edges at least ``WINDOW_PX``.
    """
    inside = (a.shape[0] - 2 * _RADIUS, a.shape[1] - 2 * _RADIUS)
    total = contrast = 0.0
    for top in range(0, inside[0], _BLOCK):
        rows = slice(top, min(top + _BLOCK, inside[0]) + 2 * _RADIUS)
        for left in range(0, inside[1], _BLOCK):
            columns = slice(left, min(left + _BLOCK, inside[1]) + 2 * _RADIUS)
            # Differences from the middle of the range lose fewer digits in the variances.
            sums = _block_sums(a[rows, columns].astype(np.float64) - peak / 2, b[rows, columns].astype(np.float64) - peak / 2, peak)
            total, contrast = total + sums[0], contrast + sums[1]
    windows = inside[0] * inside[1]
    return total / windows, contrast / windows


def _block_sums(x: Array, y: Array, peak: float) -> tuple[float, float]:
    """Sums for :func:`plane_means` over the windows inside a block, whose samples are differences from ``peak`` / 2."""
    mean_x, mean_y = _windowed(x), _windowed(y)
    covariance = _windowed(x * y) - mean_x * mean_y
    variances = _windowed(x * x + y * y) - mean_x * mean_x - mean_y * mean_y
    mean_x += peak / 2
    mean_y += peak / 2
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    contrast = (2 * covariance + c2) / (variances + c2)
    return float(np.vdot(luminance, contrast)), float(contrast.sum())


def _windowed(block: Array) -> Array:
    """Gaussian means of the windows inside: (h, w) to (h - 10, w - 10).

    Both passes are products with a band matrix: some times faster than eleven shifted sums in numpy.
    """
    height, width = block.shape
    means: Array = _band(height - 2 * _RADIUS) @ block @ _band(width - 2 * _RADIUS).T
    return means


@lru_cache(maxsize=2 * _BLOCK)
def _band(outputs: int) -> Array:
    """(outputs, outputs + 10): each row holds the Gaussian, one step further right than the row above."""
    taps = np.exp(-0.5 * (np.arange(-_RADIUS, _RADIUS + 1) / _SIGMA) ** 2)
    taps /= taps.sum()
    band = np.zeros((outputs, outputs + 2 * _RADIUS))
    for row in range(outputs):
        band[row, row : row + taps.size] = taps
    return band


def checked_pair(a: Array, b: Array, peak: float | None) -> tuple[Array, Array, float]:
    """Both as (H, W, C), and the peak."""
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(f"The pictures differ in shape or type: {a.dtype} {a.shape} and {b.dtype} {b.shape}.")
    if a.ndim not in (2, 3) or a.size == 0:
        raise ValueError(f"A picture has the shape (height, width) or (height, width, channels), not {a.shape}.")
    if peak is None:
        peak = float(np.iinfo(a.dtype).max) if np.issubdtype(a.dtype, np.integer) else 1.0
    return (a[:, :, np.newaxis], b[:, :, np.newaxis], peak) if a.ndim == 2 else (a, b, peak)
