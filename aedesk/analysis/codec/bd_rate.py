"""BD-rate: how many per cent fewer or more bits one codec takes than another at equal fidelity.

Bjontegaard, "Calculation of average PSNR differences between RD-curves" (VCEG-M33, 2001), with the logarithm of the rate interpolated over
PSNR by piecewise cubic Hermite polynomials (as VCEG-AL22 and today's codec papers do) instead of one polynomial of third degree, which
swings between points that lie far apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.interpolate import PchipInterpolator

LOW_DB, HIGH_DB = 28.0, 38.0
"""From poor to very good, where photographs are kept; outside of it a few points would decide the mean."""


@dataclass(frozen=True)
class BdRate:
    """``percent`` (negative: fewer bits), the mean over PSNR from ``low_db`` to ``high_db``, where both curves are known."""

    percent: float
    low_db: float
    high_db: float


def bd_rate(
    ours: Iterable[tuple[float, float]], reference: Iterable[tuple[float, float]], low_db: float = LOW_DB, high_db: float = HIGH_DB
) -> BdRate | None:
    """The mean difference of ``ours`` from ``reference``; None if they have less than 1 dB of the range in common.

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
    """(PSNR, log rate) with both rising: a setting that costs more than another and is no better belongs to no curve."""
    curve: list[tuple[float, float]] = []
    for psnr, log_rate in sorted(((psnr, math.log(bpp)) for bpp, psnr in points), reverse=True):
        if not curve or (psnr < curve[-1][0] and log_rate < curve[-1][1]):
            curve.append((psnr, log_rate))
    return curve[::-1]
