"""The lattice of a repeated watermark, and its cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from aedesk.watermark.tiled import lattice
from aedesk.watermark.tiled.cells import offset_from_nearest, place_cells
from aedesk.watermark.tiled.lattice import Lattice, find_lattice, shortest_basis

HEIGHT, WIDTH = 300, 400


def noise(seed: int = 0) -> np.ndarray:
    """A picture (h, w) in [0, 1] of blobs of all sizes."""
    rng = np.random.default_rng(seed)
    field = sum(gaussian_filter(rng.normal(size=(HEIGHT, WIDTH)), sigma) * sigma for sigma in (1, 3, 9, 27))
    return ((field - field.min()) / np.ptp(field)).astype(np.float32)


def repeated(first: tuple[float, float], second: tuple[float, float]) -> np.ndarray:
    """A picture (h, w) in [0, 1] with a small F at every lattice point."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    right, down = offset_from_nearest(Lattice(first, second, 0, 0, 0), x - 7, y - 5)
    stem, bars = (abs(right) < 2) & (abs(down) < 10), (right >= 0) & (right < 9) & ((abs(down + 8) < 2) | (abs(down) < 2))
    return (stem | bars).astype(np.float32)


@pytest.mark.parametrize(
    ("first", "second"), [((60, 0), (0, 45)), ((70, 0), (35, 40)), ((52, 18), (-15, 47)), ((41.3, -20.6), (24.4, 52.1))]
)
def test_the_displacements_of_a_repeated_watermark_are_found(first: tuple[float, float], second: tuple[float, float]) -> None:
    picture = 0.7 * noise() + 0.3 * repeated(first, second)
    found = find_lattice(picture)
    assert found is not None
    assert found.peak_fraction > 0.8
    wanted = shortest_basis(np.array(first, float), np.array(second, float))
    got = shortest_basis(np.array(found.first), np.array(found.second))
    for shift in wanted:
        coefficients = np.linalg.solve(np.array(got).T, shift)
        assert coefficients == pytest.approx(np.rint(coefficients), abs=0.02)  # lies on the lattice that was found
    assert found.area_px == pytest.approx(abs(first[0] * second[1] - first[1] * second[0]), rel=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_without_repeats_has_at_most_a_weak_lattice(seed: int) -> None:
    found = find_lattice(noise(seed))
    assert found is None or found.peak_fraction < 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2)])
def test_a_picture_of_few_pixels_has_no_lattice(shape: tuple[int, int]) -> None:
    assert find_lattice(noise()[: shape[0], : shape[1]]) is None


def test_a_large_picture_is_measured_again_at_full_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lattice, "SETTINGS", replace(lattice.SETTINGS, search_px=HEIGHT * WIDTH // 3))
    found = find_lattice(0.7 * noise() + 0.3 * repeated((61, 0), (0, 47)))
    assert found is not None
    assert sorted(abs(np.array([found.first, found.second]).ravel())) == pytest.approx([0, 0, 47, 61], abs=0.1)


def test_windows_of_a_repeated_pattern_are_equal_and_one_of_them_gives_the_whole_pattern() -> None:
    pattern = repeated((60, 0), (30, 45))
    cells = place_cells(Lattice((60, 0), (30, 45), 9, 1, 9), WIDTH, HEIGHT)
    stack = cells.sample(pattern[:, :, None])
    assert len(stack) == len(cells.points) > 15
    assert np.ptp(stack, axis=0).max() == 0
    rendered = np.concatenate([cells.render(stack[0, 0], rows, slice(0, WIDTH)) for rows in (slice(0, 140), slice(140, HEIGHT))])
    assert np.array_equal(rendered, pattern)


def test_fractional_displacements_are_resampled() -> None:
    first, second = (52.4, 17.7), (-15.2, 46.6)
    pattern = gaussian_filter(repeated(first, second), 1.0)
    cells = place_cells(Lattice(first, second, 9, 1, 9), WIDTH, HEIGHT)
    stack = cells.sample(pattern[:, :, None])
    rendered = cells.render(np.median(stack[:, 0], axis=0), slice(0, HEIGHT), slice(0, WIDTH))
    assert np.abs(rendered - pattern).mean() < 0.03


def test_a_picture_smaller_than_a_cell_has_no_windows() -> None:
    assert place_cells(Lattice((500, 0), (0, 500), 9, 1, 9), 400, 300).points == ()
