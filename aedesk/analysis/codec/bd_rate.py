"""BD-rate: the average difference in rate between two codecs at equal PSNR, in per cent.

Bjontegaard, "Calculation of average PSNR differences between RD-curves" (VCEG-M33, 2001). The logarithm of the rate is interpolated over
PSNR by piecewise cubic Hermite polynomials, as in VCEG-AL22 and current papers, instead of one cubic polynomial, which oscillates between
distant points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.interpolate import PchipInterpolator

LOW_DB, HIGH_DB = 28.0, 38.0
"""The range in which photographs are stored; beyond it a few points would dominate the mean."""


@dataclass(frozen=True)
class BdRate:
    """``percent`` (negative: fewer bits) is the mean over PSNR from ``low_db`` to ``high_db``, where both curves are defined."""

    percent: float
    low_db: float
    high_db: float


def bd_rate(
    ours: Iterable[tuple[float, float]], reference: Iterable[tuple[float, float]], low_db: float = LOW_DB, high_db: float = HIGH_DB
) -> BdRate | None:
    """Returns the BD-rate of ``ours`` relative to ``reference``, or None if they overlap by less than 1 dB of the range.

    Args:
        ours, reference: pairs of bits per pixel (above 0) and PSNR in dB, in any order.
    """
    curves = [_rising(points) for points in (ours, reference)]
    if any(len(curve) < 2 for curve in curves):
        return None
    low_db = max(low_db, *(curve[0][0] for curve in curves))
    high_db = min(high_db, *(curve[-1][0] for curve in curves))
    if high_db - low_db < 1:
        return None
    areas = [float(PchipInterpolator(*zip(*curve, strict=True)).integrate(low_db, high_db)) for curve in curves]
    return BdRate(100 * math.expm1((areas[0] - areas[1]) / (high_db - low_db)), low_db, high_db)


def _rising(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns (PSNR, log rate) with both strictly rising; points dominated by another one are dropped."""
    curve: list[tuple[float, float]] = []
    for psnr, log_rate in sorted(((psnr, math.log(bpp)) for bpp, psnr in points), reverse=True):
        if not curve or (psnr < curve[-1][0] and log_rate < curve[-1][1]):
            curve.append((psnr, log_rate))
    return curve[::-1]
