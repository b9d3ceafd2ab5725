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
    a, b, peak = _checked(a, b, peak)
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
    a, b, peak = _checked(a, b, peak)
    height, width, channels = a.shape
    inside = (height - 2 * _RADIUS, width - 2 * _RADIUS)
    if min(inside) < 1:
        raise ValueError(f"SSIM needs pictures of at least 11 x 11 pixels, not {width} x {height}.")
    total = 0.0
    for top in range(0, inside[0], _BLOCK):
        rows = slice(top, min(top + _BLOCK, inside[0]) + 2 * _RADIUS)
        for left in range(0, inside[1], _BLOCK):
            columns = slice(left, min(left + _BLOCK, inside[1]) + 2 * _RADIUS)
            for channel in range(channels):
                # Differences from the middle of the range lose fewer digits in the variances.
                x = a[rows, columns, channel].astype(np.float64) - peak / 2
                y = b[rows, columns, channel].astype(np.float64) - peak / 2
                total += _ssim_sum(x, y, peak)
    return float(total / (inside[0] * inside[1] * channels))


def _ssim_sum(x: Array, y: Array, peak: float) -> float:
    """Sum of SSIM over the windows inside a block, whose samples are differences from ``peak`` / 2."""
    mean_x, mean_y = _windowed(x), _windowed(y)
    covariance = _windowed(x * y) - mean_x * mean_y
    variances = _windowed(x * x + y * y) - mean_x * mean_x - mean_y * mean_y
    mean_x += peak / 2
    mean_y += peak / 2
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    luminance = (2 * mean_x * mean_y + c1) / (mean_x * mean_x + mean_y * mean_y + c1)
    return float((luminance * (2 * covariance + c2) / (variances + c2)).sum())


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


def _checked(a: Array, b: Array, peak: float | None) -> tuple[Array, Array, float]:
    """Both as (H, W, C), and the peak."""
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(f"The pictures differ in shape or type: {a.dtype} {a.shape} and {b.dtype} {b.shape}.")
    if a.ndim not in (2, 3) or a.size == 0:
        raise ValueError(f"A picture has the shape (height, width) or (height, width, channels), not {a.shape}.")
    if peak is None:
        peak = float(np.iinfo(a.dtype).max) if np.issubdtype(a.dtype, np.integer) else 1.0
    return (a[:, :, np.newaxis], b[:, :, np.newaxis], peak) if a.ndim == 2 else (a, b, peak)
