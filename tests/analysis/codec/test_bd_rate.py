"""BD-rate: known differences come out, and real curves give the published figures."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aedesk.analysis.codec.bd_rate import bd_rate

# Kodak's 24 pictures, mean bits per pixel and mean PSNR over RGB per quality, of Pillow 13's JPEG, WebP (method 6) and AVIF.
JPEG = [(0.32659, 26.672), (0.50827, 29.145), (0.65979, 30.491), (0.90552, 32.174), (1.23876, 33.917), (1.85652, 36.462), (2.81399, 39.363)]
WEBP = [(0.217, 28.11), (0.377, 30.19), (0.577, 32.20), (0.769, 33.73), (1.154, 36.18), (1.930, 39.45), (3.015, 42.10)]
AVIF = [(0.162, 28.11), (0.308, 30.41), (0.602, 33.40), (1.005, 36.13), (1.425, 38.24), (1.908, 39.91), (2.812, 41.88)]


def percent(ours: list[tuple[float, float]], reference: list[tuple[float, float]]) -> float:
    found = bd_rate(ours, reference)
    assert found is not None
    return found.percent


def test_a_codec_saves_nothing_against_itself() -> None:
    assert percent(JPEG, JPEG) == pytest.approx(0, abs=1e-9)


@given(st.floats(0.1, 5))
def test_scaling_all_rates_by_a_factor_gives_that_factor(factor: float) -> None:
    scaled = [(bpp * factor, psnr) for bpp, psnr in JPEG]
    assert percent(scaled, JPEG) == pytest.approx(100 * (factor - 1), abs=1e-6)


def test_swapping_the_curves_inverts_the_factor() -> None:
    assert (1 + percent(AVIF, JPEG) / 100) * (1 + percent(JPEG, AVIF) / 100) == pytest.approx(1, abs=2e-3)  # the same range of PSNR


def test_real_curves_give_the_known_figures() -> None:
    assert percent(WEBP, JPEG) == pytest.approx(-37.6, abs=0.3)
    assert percent(AVIF, JPEG) == pytest.approx(-48.7, abs=0.3)
    assert percent(AVIF, WEBP) == pytest.approx(-17.7, abs=0.3)
    assert percent(JPEG, AVIF) == pytest.approx(95.0, abs=0.5)


def test_straight_lines_are_integrated_by_hand() -> None:
    """log2(rate) rises by 1 per 5 dB for one, by 1 per 4 dB for the other; equal at 28 dB: the mean difference over 28 to 38 is 0.25."""
    fast = [(2 ** ((db - 28) / 4), db) for db in range(24, 43, 3)]
    slow = [(2 ** ((db - 28) / 5), db) for db in range(24, 43, 3)]
    assert percent(fast, slow) == pytest.approx(100 * (2**0.25 - 1), abs=1e-6)


def test_only_the_common_range_counts_and_is_reported() -> None:
    found = bd_rate([(1.0, 30.0), (2.0, 35.0)], JPEG)
    assert found is not None
    assert (found.low_db, found.high_db) == (30.0, 35.0)


@pytest.mark.parametrize("points", [[], [(1.0, 33.0)], [(3.0, 39.0), (4.0, 44.0)], [(0.1, 20.0), (0.2, 28.5)], [(1.0, 33.0), (2.0, 32.0)]])
def test_curves_without_overlap_give_none(points: list[tuple[float, float]]) -> None:
    assert bd_rate(points, JPEG) is None
    assert bd_rate(JPEG, points) is None


def test_a_dominated_setting_is_ignored() -> None:
    assert percent([*JPEG, (2.5, 34.0)], JPEG) == pytest.approx(0, abs=1e-9)


def test_the_order_of_the_points_does_not_matter() -> None:
    assert percent(WEBP[::-1], JPEG) == percent(WEBP, JPEG)
    assert math.isfinite(percent(WEBP, AVIF))
