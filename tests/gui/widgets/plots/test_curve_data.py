from __future__ import annotations

import numpy as np
import pytest

from aedesk.gui.widgets.plots.curve_data import CurveData, smooth


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=100_003)


def test_an_envelope_has_as_many_points_as_the_screen_can_show_and_loses_no_peak(noise: np.ndarray) -> None:
    data = CurveData(200_000)
    noise[77_777], noise[5] = 50, -50
    data.extend(np.arange(len(noise), dtype=float), noise)
    x, y = data.envelope(-np.inf, np.inf, 500)
    assert 1000 <= len(x) <= 8 * 500
    assert (y.max(), y.min()) == (50, -50)
    assert abs(x[y.argmax()] - 77_777) < len(noise) / 500
    assert np.all(np.diff(x) >= 0)


def test_points_that_come_later_are_in_the_envelope_at_once(noise: np.ndarray) -> None:
    data = CurveData(200_000)
    for step, value in enumerate(noise[:3000]):
        data.append(step, value)
        if step % 1000 == 7:
            assert data.envelope(-np.inf, np.inf, 100)[1][-1] == value
    x, y = data.envelope(-np.inf, np.inf, 100)
    assert (y.max(), y.min()) == (noise[:3000].max(), noise[:3000].min())
    assert x[-1] == 2999


def test_a_part_that_is_looked_at_closely_comes_as_it_is(noise: np.ndarray) -> None:
    data = CurveData(200_000)
    data.extend(np.arange(len(noise), dtype=float), noise)
    x, y = data.envelope(500, 600, 800)
    assert x[0] <= 500
    assert x[-1] >= 600
    assert np.array_equal(y, noise[x.astype(int)])


def test_smoothing_is_an_exponential_moving_average_also_over_long_curves_and_gaps(noise: np.ndarray) -> None:
    noise[[3, 400]] = np.nan
    for share in (0.05, 0.5, 0.9, 0.99):
        wanted, last = [], noise[0]
        for value in noise[:5000]:
            if np.isfinite(value):
                last = share * last + (1 - share) * value
            wanted.append(last if np.isfinite(value) else np.nan)
        np.testing.assert_allclose(smooth(noise[:5000], share), wanted, atol=1e-12)


def test_a_smoothed_curve_that_grows_is_the_same_as_one_that_came_at_once(noise: np.ndarray) -> None:
    noise[999] = np.nan
    steps = np.arange(3000, dtype=float)
    grown, whole = CurveData(5000), CurveData(5000)
    whole.extend(steps, noise[:3000])
    for start in range(0, 3000, 500):
        grown.extend(steps[start : start + 500], noise[start : start + 500])
        grown.envelope(-np.inf, np.inf, 5000, 0.9)
    np.testing.assert_allclose(grown.envelope(-np.inf, np.inf, 5000, 0.9)[1], whole.envelope(-np.inf, np.inf, 5000, 0.9)[1], atol=1e-12)


def test_points_beyond_a_checkpoint_are_dropped_and_written_again(noise: np.ndarray) -> None:
    data = CurveData(10_000)
    data.extend(np.arange(1000, dtype=float), noise[:1000])
    data.envelope(-np.inf, np.inf, 10)
    data.drop_after(499)
    data.extend(np.arange(500, 1000, dtype=float), np.full(500, 9.0))
    x, y = data.xy
    assert np.array_equal(x, np.arange(1000))
    assert np.array_equal(y[500:], np.full(500, 9.0))
    assert data.envelope(-np.inf, np.inf, 10)[1].max() == 9.0


def test_the_oldest_points_leave_when_there_is_no_room(noise: np.ndarray) -> None:
    data = CurveData(1000)
    for start in range(0, 10_000, 300):
        data.extend(np.arange(start, start + 300, dtype=float), noise[start : start + 300])
        data.envelope(-np.inf, np.inf, 50)
    x, _ = data.xy
    assert np.array_equal(x, np.arange(9_200, 10_200))
    data.extend(np.arange(20_000, 25_000, dtype=float), noise[:5000])
    assert np.array_equal(data.xy[0], np.arange(24_000, 25_000))
