"""Finds the lattice of displacements by which a watermark is repeated, from the autocorrelation of a picture's gradients.

Gradients are divided by their local average magnitude, so that no strong edge dominates. A repeated watermark gives peaks at all points of
a lattice, at any angle; other structure gives none, a ridge, or a single row of peaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter, maximum_filter

from aedesk.watermark.collection.gradient_stats import AXES, Array, gradient, smooth


@dataclass(frozen=True)
class LatticeSettings:
    """Settings of the search. Chosen by hand; no script fits these values yet.

    Args:
        min_shift_px: shorter displacements are ignored, because every picture resembles itself a few pixels further on.
        min_overlap: smallest fraction of the picture that overlaps itself after a displacement.
        max_peaks: number of highest peaks that candidate lattices are built from.
        min_peak: height of a peak, in standard deviations of the autocorrelation.
        max_peak: height to which peaks are clipped.
        min_points: smallest number of lattice points.
        peak_radius_px: distance from a lattice point in which its peak may lie.
        search_px: largest number of pixels that is searched; larger pictures are downscaled.
        refine_px: number of pixels in the middle of a large picture that are used at full resolution.
        min_rough_peak_fraction: fraction of the lattice points that must have a peak on the downscaled picture for the full
            resolution to be searched, which takes several times as long.
        background_sigma_px: of the local mean that is subtracted from the autocorrelation.
        gradient_sigma_px: of the blur of the gradients.
    """

    min_shift_px: int = 20
    min_overlap: float = 0.2
    max_peaks: int = 24
    min_peak: float = 4.0
    max_peak: float = 40.0
    min_points: int = 3
    peak_radius_px: int = 2
    search_px: int = 800_000
    refine_px: int = 3_000_000
    min_rough_peak_fraction: float = 0.4
    background_sigma_px: float = 15
    gradient_sigma_px: float = 0.7


SETTINGS = LatticeSettings()


@dataclass(frozen=True)
class Lattice:
    """Two displacements (right, down) in pixels that generate all others; adding one to the other does not shorten it.

    Args:
        first, second: the displacements.
        peak: median height of the peaks at the lattice points, in standard deviations of the autocorrelation.
        peak_fraction: fraction of the lattice points that have a peak.
        points: number of lattice points; opposite ones count once.
    """

    first: tuple[float, float]
    second: tuple[float, float]
    peak: float
    peak_fraction: float
    points: int

    @property
    def area_px(self) -> float:
        """The area of a cell."""
        return abs(self.first[0] * self.second[1] - self.first[1] * self.second[0])


def find_lattice(gray: Array) -> Lattice | None:
    """Returns the best lattice of a picture (h, w) in [0, 1], however weak; None if no two displacements form one.

    A large picture is searched downscaled by an integer, and the displacements are measured again in its middle at full resolution.
    """
    height, width = gray.shape
    if min(height, width) < 2:  # has no gradients along one axis
        return None
    factor = int(np.ceil(np.sqrt(height * width / SETTINGS.search_px)))
    if factor == 1:
        return _search(gray)
    small = gray[: height // factor * factor, : width // factor * factor]
    rough = _search(small.reshape(height // factor, factor, width // factor, factor).mean((1, 3)))
    if rough is None or rough.peak_fraction < SETTINGS.min_rough_peak_fraction:
        return None
    part = min(1.0, np.sqrt(SETTINGS.refine_px / (height * width)))
    top, left = (int(edge * (1 - part) / 2) for edge in (height, width))
    surface, overlap = autocorrelation(gray[top : height - top, left : width - left])
    first, second = (factor * np.array(shift[::-1]) for shift in (rough.first, rough.second))
    return _refine(surface, overlap, first, second, SETTINGS.peak_radius_px + factor)


def autocorrelation(gray: Array) -> tuple[Array, Array]:
    """Returns the autocorrelation of normalised gradients in standard deviations, and the overlap in [0, 1].

    Both are (2h - 1, 2w - 1) with the displacement 0 in the middle.
    """
    height, width = gray.shape
    size = [fft.next_fast_len(2 * edge - 1, real=True) for edge in (height, width)]
    power: Array = np.zeros((size[0], size[1] // 2 + 1))
    for axis in AXES:
        own = gradient(gray, axis)
        own = own / (smooth(np.abs(own), 4.0) + 0.01)
        own = np.clip(own, -4, 4)
        own = own - own.mean()
        power += np.abs(fft.rfft2(gaussian_filter(own, SETTINGS.gradient_sigma_px), size)) ** 2
    raw = fft.irfft2(power, size)
    raw = np.roll(raw, (height - 1, width - 1), (0, 1))[: 2 * height - 1, : 2 * width - 1]
    overlap = (1 - np.abs(np.arange(1 - height, height)) / height)[:, None] * (1 - np.abs(np.arange(1 - width, width)) / width)
    surface = raw / np.sqrt(np.maximum(overlap, 1e-3))
    surface -= gaussian_filter(surface, SETTINGS.background_sigma_px, truncate=2)
    std = 1.4826 * float(np.median(np.abs(surface[overlap >= SETTINGS.min_overlap]))) + 1e-12  # robust: 1.4826 MAD
    return surface / std, overlap


def shortest_basis(one: NDArray, two: NDArray) -> tuple[NDArray, NDArray]:
    """Returns the shortest two displacements that generate the same lattice (Lagrange's reduction)."""
    a, b = (one, two) if one @ one <= two @ two else (two, one)
    while True:
        b = b - round(float(a @ b) / max(float(a @ a), 1e-9)) * a
        if b @ b >= a @ a:
            return a, b
        if b @ b < 1:
            return b, a
        a, b = b, a


def _search(gray: Array) -> Lattice | None:
    surface, overlap = autocorrelation(gray)
    radius, min_shift = SETTINGS.peak_radius_px, SETTINGS.min_shift_px
    near = maximum_filter(surface, 2 * radius + 1)
    best: tuple[float, NDArray, NDArray] | None = None
    for one, two in combinations(_highest_peaks(surface, near, overlap), 2):
        a, b = shortest_basis(one, two)
        if min(np.hypot(*a), np.hypot(*b)) < min_shift or abs(a[0] * b[1] - a[1] * b[0]) < min_shift**2:
            continue
        _, places = _lattice_points(a, b, overlap, radius)
        heights = near[places[:, 0], places[:, 1]]
        # Half of the points of a lattice that is too fine have no peak; a lattice that is too coarse misses peaks.
        score = float((np.clip(heights, 0, SETTINGS.max_peak) - SETTINGS.min_peak / 2).sum() / np.sqrt(max(1, len(heights))))
        if len(heights) >= SETTINGS.min_points and (best is None or score > best[0]):
            best = score, a, b
    return None if best is None else _refine(surface, overlap, best[1], best[2], radius)


def _highest_peaks(surface: Array, near: Array, overlap: Array) -> list[NDArray]:
    """The displacements (down, right) of the highest peaks, opposite ones once; ``near`` is the maximum around each place."""
    middle = np.array(surface.shape) // 2
    rows, columns = (np.arange(edge) - edge // 2 for edge in surface.shape)
    half = (rows[:, None] > 0) | ((rows[:, None] == 0) & (columns > 0))
    allowed = (np.hypot(rows[:, None], columns) >= SETTINGS.min_shift_px) & half & (overlap >= SETTINGS.min_overlap)
    peaks = np.argwhere(allowed & (surface == near) & (surface > SETTINGS.min_peak))
    peaks = peaks[np.argsort(-surface[peaks[:, 0], peaks[:, 1]])[: SETTINGS.max_peaks]]
    return [_subpixel_peak(surface, int(row), int(column)) - middle for row, column in peaks]


def _refine(surface: Array, overlap: Array, a: NDArray, b: NDArray, radius: int) -> Lattice | None:
    """The lattice whose points are nearest to the peaks (weighted least squares); None if it has too few points.

    Args:
        a, b: its approximate displacements (down, right), accurate to ``radius`` pixels.
    """
    middle = np.array(surface.shape) // 2
    for iteration in range(3):
        points, places = _lattice_points(a, b, overlap, radius)
        if len(places) < SETTINGS.min_points:
            return None
        peaks = [_highest_near(surface, row, column, radius) for row, column in places]
        heights = np.array([surface[peak] for peak in peaks])
        exact = np.array([_subpixel_peak(surface, *peak) - middle for peak in peaks])
        weights = np.sqrt(np.clip(heights - SETTINGS.min_peak, 1e-3, SETTINGS.max_peak))[:, None]
        a, b = np.linalg.lstsq(points * weights, exact * weights, rcond=None)[0]
        radius = SETTINGS.peak_radius_px if iteration else radius
    peak_fraction, peak = float((heights > SETTINGS.min_peak).mean()), float(np.median(heights))
    return Lattice((float(a[1]), float(a[0])), (float(b[1]), float(b[0])), peak, peak_fraction, len(heights))


def _lattice_points(a: NDArray, b: NDArray, overlap: Array, radius: int) -> tuple[NDArray, NDArray]:
    """The lattice points with enough overlap, opposite ones once: (n, 2) multiples of a and b, and (n, 2) rows and columns."""
    middle = np.array(overlap.shape) // 2
    area = max(1.0, abs(a[0] * b[1] - a[1] * b[0]))
    most = [int(np.hypot(*middle) * np.hypot(*other) / area) + 1 for other in (b, a)]
    i, j = (axis.ravel() for axis in np.mgrid[0 : most[0] + 1, -most[1] : most[1] + 1])
    points = np.stack((i, j), 1)[(i > 0) | (j > 0)]
    places = np.rint(middle + points[:, :1] * a + points[:, 1:] * b).astype(int)
    inside = ((places > radius) & (places < np.array(overlap.shape) - radius - 1)).all(1)
    points, places = points[inside], places[inside]
    kept = overlap[places[:, 0], places[:, 1]] >= SETTINGS.min_overlap
    return points[kept].astype(float), places[kept]


def _highest_near(surface: Array, row: int, column: int, radius: int) -> tuple[int, int]:
    around = surface[row - radius : row + radius + 1, column - radius : column + radius + 1]
    down, right = np.unravel_index(int(around.argmax()), around.shape)
    return row - radius + int(down), column - radius + int(right)


def _subpixel_peak(surface: Array, row: int, column: int) -> NDArray:
    """The position of a peak, from a parabola along each axis."""
    place = np.array([row, column], float)
    if not (0 < row < surface.shape[0] - 1 and 0 < column < surface.shape[1] - 1):
        return place
    neighbours = (surface[row - 1, column], surface[row + 1, column]), (surface[row, column - 1], surface[row, column + 1])
    for axis, (before, after) in enumerate(neighbours):
        curvature = before - 2 * surface[row, column] + after
        place[axis] += float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5)) if curvature < 0 else 0.0
    return place
