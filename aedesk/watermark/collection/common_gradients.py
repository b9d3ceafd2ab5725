"""What repeats on a stack of pictures: where it is, how significant, and where it sits on one more picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import zoom

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.alignment import Place
from aedesk.watermark.collection.gradient_stats import AXES, Array, edge_sums, ends, middle, pool, step

LEAST_SIGNIFICANCE = 30.0
"""Chi-square (two degrees of freedom) of an edge's neighbourhood from which it counts as part of something that repeats."""


Steps = tuple[tuple[Array, Array], tuple[Array, Array]]
"""A template: for both axes slope and intercept of each edge's step over a picture's own level."""


@dataclass
class Traces:
    """Steps that a stack has in common.

    Args:
        significance: (h, w) chi-square of the steps that end at each pixel, averaged over the next neighbours.
        steps: 0 where not significant.
    """

    significance: Array
    steps: Steps

    @property
    def weight(self) -> float:
        """Significance of all that counts, summed: how much there is that repeats."""
        return float(self.significance[self.significance > LEAST_SIGNIFICANCE].sum())


def find_traces(stack: Array, cancel: CancelToken) -> Traces:
    """What repeats on gray pictures, (K, h, w) in [0, 1]: the first regression of ``mark_sums``, with its significance."""
    height, width = stack.shape[1:]
    sums = edge_sums(stack[:, None], np.ones((height, width)), np.zeros((1, height, width)), cancel.check, first=True)
    total = np.zeros((height, width))
    found = []
    for axis, s in zip(AXES, sums, strict=True):
        mean = s.wi[0] / s.w
        slope = (s.wid[0] - s.wd[0] * mean) / (s.wii[0] - s.wi[0] * mean + 1e-3 * s.w)
        intercept = s.wd[0] / s.w - slope * mean
        chi = np.maximum(slope * s.wid[0] + intercept * s.wd[0], 0)
        one, two = ends(total, axis)
        one += chi / 4
        two += chi / 4
        found.append((slope, intercept, chi))
    significance = pool(total, 1.0) * 4
    gate = significance > LEAST_SIGNIFICANCE
    steps = tuple(
        tuple(np.where(ends(gate, axis)[0], f, 0) for f in (slope, intercept))
        for axis, (slope, intercept, _) in zip(AXES, found, strict=True)
    )
    return Traces(significance, steps)  # type: ignore[arg-type]


@dataclass
class Match:
    """A shift in pixels, a factor about the middle, and the height of its peak in standard deviations of the others."""

    right: float
    down: float
    factor: float
    height: float


def match(steps: Steps, picture: Array, reach: tuple[int, int], factors: tuple[float, ...] = (1.0,), either_sign: bool = False) -> Match:
    """Where steps of a template lie on a gray picture (h, w) of the same size, by correlation with its own steps.

    Args:
        reach: largest shift down and right.
        factors: sizes of the mark on the picture, relative to the template's, that are tried.
        either_sign: the template may lie there inverted, as a gray mark does that is darker than one picture and lighter than the other.
    """
    best = Match(0, 0, 1, -math.inf)
    height, width = picture.shape
    for factor in factors:
        scaled = picture if factor == 1 else _about_middle(picture, factor)
        surface = np.zeros((height, width))
        for axis, (slope, intercept) in zip(AXES, steps, strict=True):
            own = step(scaled, axis)
            own = own / (pool(np.abs(own), 4.0) + 0.01)
            surface += _correlation(own * middle(scaled, axis), slope, (height, width)) + _correlation(own, intercept, (height, width))
        rows = np.r_[0 : reach[0] + 1, height - reach[0] : height]
        columns = np.r_[0 : reach[1] + 1, width - reach[1] : width]
        surface -= surface.mean()
        if either_sign:
            surface = np.abs(surface)
        near = surface[np.ix_(rows, columns)]
        place = np.unravel_index(int(near.argmax()), near.shape)
        spread = float(np.sqrt((surface**2).mean())) + 1e-12
        peak = float(near[place]) / spread
        if peak > best.height:
            down, right = (_vertex(surface, int(rows[place[0]]), int(columns[place[1]]), axis) for axis in (0, 1))
            best = Match(_signed(right, width) * factor, _signed(down, height) * factor, factor, peak)
    return best


def moved(place: Place, found: Match, middle_of_frame: tuple[float, float]) -> Place:
    """The place after a match."""
    scale = place.scale
    return place.moved(found.right * scale, found.down * scale, found.factor, middle_of_frame)


def steps_of(picture: Array) -> Steps:
    """A picture's own steps as a template, its strongest held down."""
    result = []
    for axis in AXES:
        own = step(picture, axis)
        own = own / (pool(np.abs(own), 4.0) + 0.01)
        result.append((np.zeros_like(own), own))
    return result[0], result[1]


def _correlation(signal: Array, template: Array, shape: tuple[int, int]) -> Array:
    """Circular; the value at (d, r) is for the template moved down by d and right by r."""
    product = fft.rfft2(signal, shape) * np.conj(fft.rfft2(template, shape))
    surface: Array = fft.irfft2(product, shape)
    return surface


def _about_middle(picture: Array, factor: float) -> Array:
    """The picture as if its mark had the template's size: shrunk by ``factor`` about the middle, edges going on."""
    scaled = zoom(picture, 1 / factor, order=1, grid_mode=True, mode="nearest")
    result = np.empty_like(picture)
    rows, columns = (
        np.clip(np.arange(there) - (there - here) // 2, 0, here - 1) for here, there in zip(scaled.shape, picture.shape, strict=True)
    )
    result[:] = scaled[rows[:, None], columns]
    return result


def _vertex(surface: Array, row: int, column: int, axis: int) -> float:
    """The peak along one axis, between pixels, by the parabola through three values."""
    before, here, after = (float(np.roll(surface, -d, axis)[row, column]) for d in (-1, 0, 1))
    bend = before - 2 * here + after
    offset = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return (row, column)[axis] + offset


def _signed(value: float, size: int) -> float:
    return value - size if value > size / 2 else value
