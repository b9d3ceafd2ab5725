"""MS-SSIM: how near two pictures are when looked at from five distances.

Wang, Simoncelli, Bovik, "Multiscale structural similarity for image quality assessment" (Asilomar 2003): contrast and structure on
five scales, luminance on the coarsest, each to the power of its weight, multiplied. From scale to scale the picture is averaged over
2 x 2 pixels, an odd edge repeated, as in the authors' own code. The paper measures luminance; of colour pictures the mean of the
three channels' values is taken, as codec papers do. A scale whose mean is negative counts as 0.
"""

from __future__ import annotations

import numpy as np

from aedesk.imaging.metrics import WINDOW_PX, Array, checked_pair, plane_means

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""From the finest scale to the coarsest."""
MIN_EDGE_PX = (WINDOW_PX - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""161: the coarsest scale must still hold one window."""


def ms_ssim(a: Array, b: Array, peak: float | None = None) -> float:
    """Multi-scale structural similarity, 0 to 1; equal pictures have 1.

    Args:
        a, b, peak: as for ``metrics.psnr``; both edges at least ``MIN_EDGE_PX``.

    Raises:
        ValueError: shapes or types differ, or an edge is too short for five scales.
    """
    return both_ssims(a, b, peak)[1]


def both_ssims(a: Array, b: Array, peak: float | None = None) -> tuple[float, float]:
    """``metrics.ssim`` and :func:`ms_ssim`, whose finest scale, most of the work, is the same. Raises as :func:`ms_ssim`."""
    a, b, peak = checked_pair(a, b, peak)
    if min(a.shape[:2]) < MIN_EDGE_PX:
        raise ValueError(f"MS-SSIM needs edges of at least {MIN_EDGE_PX} pixels, not {a.shape[1]} x {a.shape[0]}.")
    planes = [_plane(a[:, :, channel], b[:, :, channel], peak) for channel in range(a.shape[2])]
    single, multiple = (sum(values) / len(planes) for values in zip(*planes, strict=True))
    return single, multiple


def _plane(a: Array, b: Array, peak: float) -> tuple[float, float]:
    single, contrast = plane_means(a, b, peak)
    product = max(contrast, 0.0) ** WEIGHTS[0]
    for scale, weight in enumerate(WEIGHTS[1:], 2):
        a, b = _halved(a), _halved(b)
        whole, contrast = plane_means(a, b, peak)
        product *= max(whole if scale == len(WEIGHTS) else contrast, 0.0) ** weight
    return single, product


def _halved(plane: Array) -> Array:
    """(H, W) to (H/2, W/2), rounded up: means of 2 x 2 pixels."""
    even = np.pad(plane.astype(np.float64), [(0, edge % 2) for edge in plane.shape], mode="edge")
    halved: Array = (even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]) / 4
    return halved
