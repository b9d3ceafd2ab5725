"""A mark from the steps it makes in a collection, any colour at any pixel: regression, Poisson's equation, and a preference for few steps.

The regression of ``mark_sums`` gives each edge's step of transmission and colour with its precision; Poisson's equation makes fields of
them (Dekel et al., "On the effectiveness of visible watermarks", CVPR 2017, take the median of the gradients for the first; the
regression is as robust and also gives alpha). The noise of neighbouring edges is correlated such that over some distance it adds up to
what the pictures have in common by chance. Against that stands what marks are like: flat nearly everywhere, and zero outside. So steps
and values that are not significant are pulled to zero, by a redescending penalty (Geman and McClure 1985) that leaves significant ones
alone; it is made stricter from pass to pass (graduated non-convexity, Blake and Zisserman 1987). One median and one solve as in the paper
stop some 10 dB short of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.gradient_stats import AXES, Array, EdgeSums, edge_sums, middle, pool, step
from aedesk.watermark.collection.poisson_solver import Grid, at_pixels, divergence, of_steps

EVIDENCE = 0.3
"""Share of the sums that counts, because the three channels and neighbouring edges are not independent."""
LEAST_TRANSMISSION = 0.03
PASSES = 9
"""Of which the first three find the mark without any preference."""

_FIRST_PASSES = 3
_STRICTNESS = 12.0
_VALUE_STRICTNESS = 4.0
_SCALES = (30.0, 0.1)
"""What counts as significant in the first and in the last pass, in squared standard deviations."""
_STEP_POOL_PX, _VALUE_POOL_PX = 1.0, 1.5


@dataclass
class Fields:
    """A mark: ``transmission`` (h, w), 1 - alpha, and ``colour`` (C, h, w), premultiplied; both in [0, 1]."""

    transmission: Array
    colour: Array

    @property
    def alpha(self) -> Array:
        return 1 - self.transmission


def free_mark(stack: Array, cancel: CancelToken, passes: int = PASSES, start: Fields | None = None) -> Iterator[Fields]:
    """Yield the fields after each pass; each yields new arrays.

    Args:
        stack: (K, C, h, w) float32 in [0, 1].
        start: what earlier passes have found; the new ones are as strict as the last of those.
    """
    count, channels, height, width = stack.shape
    shape = (height, width)
    fields = start or Fields(np.ones(shape), np.zeros((channels, *shape)))
    grid = Grid(np.ones(shape, bool))
    first = PASSES if start else 0
    for index in range(first, first + passes):
        sums = edge_sums(stack, fields.transmission, fields.colour, cancel.check, first=index == 0)
        if index == 0:
            fields = _first_guess(grid, sums, count)
        elif index < _FIRST_PASSES:
            pull = 0.01 * EVIDENCE * count / (1e-4 + fields.alpha**2 + (fields.colour**2).sum(0))
            fields = _solve(grid, sums, fields, (pull, pull), None)
        else:
            scale = graduated(_SCALES, index - _FIRST_PASSES, PASSES - _FIRST_PASSES)
            fields = _sparse_pass(grid, sums, fields, scale)
        yield fields


def graduated(scales: tuple[float, float], index: int, count: int) -> float:
    """From the first to the last scale in ``count`` passes, by equal factors; then the last."""
    return float(scales[0] * (scales[1] / scales[0]) ** min(1, index / max(1, count - 1)))


def penalty(significance: Array, scale: float, strictness: float) -> Array:
    """Weight of a pull to zero, relative to the data's precision; it vanishes where something is significant."""
    weight: Array = strictness * scale / (significance + scale) ** 2
    return weight


def slope_sums(sums: EdgeSums) -> tuple[Array, Array]:
    """Precision of the step of transmission, its intercepts unknown, and precision times step: (e) each."""
    mean = sums.wi / sums.w
    precision = (sums.wii - sums.wi * mean).sum(0) * EVIDENCE + 1e-6
    return precision, (sums.wid - sums.wd * mean).sum(0) * EVIDENCE


def _sparse_pass(grid: Grid, sums: Sequence[EdgeSums], fields: Fields, scale: float) -> Fields:
    slopes = [slope_sums(s)[0] for s in sums]
    levels = [s.w * EVIDENCE for s in sums]
    preferences = []
    for axis, slope, level in zip(AXES, slopes, levels, strict=True):
        significance = step(fields.transmission, axis) ** 2 * slope + (step(fields.colour, axis) ** 2).sum(0) * level
        preferences.append(penalty(pool(significance, _STEP_POOL_PX), scale, _STRICTNESS))
    shape = fields.transmission.shape
    at_slope, at_level = at_pixels(shape, slopes), at_pixels(shape, levels)
    significance = pool(fields.alpha**2 * at_slope + (fields.colour**2).sum(0) * at_level, _VALUE_POOL_PX)
    pull = penalty(significance, scale, _VALUE_STRICTNESS)
    return _solve(grid, sums, fields, (pull * at_slope, pull * at_level), preferences)


def _solve(grid: Grid, sums: Sequence[EdgeSums], fields: Fields, pulls: tuple[Array, Array], preferences: Sequence[Array] | None) -> Fields:
    """Transmission first, colours given the transmission after it."""
    more = preferences or [np.zeros_like(s.w) for s in sums]
    shape = fields.transmission.shape
    slopes = [slope_sums(s) for s in sums]
    factor = grid.factorise(of_steps([p * (1 + r) for (p, _), r in zip(slopes, more, strict=True)]), pulls[0])
    transmission = np.clip(1 + factor.solve(divergence(shape, [f for _, f in slopes])), LEAST_TRANSMISSION, 1)
    factor = grid.factorise(of_steps([s.w * EVIDENCE * (1 + r) for s, r in zip(sums, more, strict=True)]), pulls[1])
    colour = np.empty_like(fields.colour)
    steps = [step(transmission, axis) for axis in AXES]
    for channel in range(len(colour)):
        flux = [(s.wd[channel] - g * s.wi[channel]) * EVIDENCE for s, g in zip(sums, steps, strict=True)]
        colour[channel] = factor.solve(divergence(shape, flux))
    return Fields(transmission, np.clip(colour, 0, 1 - transmission))


def _first_guess(grid: Grid, sums: Sequence[EdgeSums], count: int) -> Fields:
    """With J in the place of I the slope is the step of log t, and the intercept that of m / t, times tbar."""
    shape = (sums[1].w.shape[0], sums[0].w.shape[1])
    weak = np.full(shape, 1e-3)
    slopes = [slope_sums(s) for s in sums]
    factor = grid.factorise(of_steps([p for p, _ in slopes]), weak)
    logarithm = factor.solve(divergence(shape, [f for _, f in slopes]))
    transmission = np.clip(np.exp(logarithm), LEAST_TRANSMISSION, 1)
    factor = grid.factorise(of_steps([s.w * EVIDENCE for s in sums]), weak)
    channels = len(sums[0].wd)
    colour = np.empty((channels, *shape))
    for channel in range(channels):
        flux = [
            (s.wd[channel] - step(logarithm, axis) * s.wi[channel]) * EVIDENCE / middle(transmission, axis)
            for axis, s in zip(AXES, sums, strict=True)
        ]
        colour[channel] = factor.solve(divergence(shape, flux)) * transmission
    return Fields(transmission, np.clip(colour, 0, 1 - transmission))
