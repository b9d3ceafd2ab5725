"""A mark of few colours: when every pixel's colour is known, alpha is all that is left to find, and it is found ten times as well.

Most marks are white, gray or black, or have the few colours of a logo. The colours are found in a first estimate; pixels between two
areas mix both colours. Then alpha and colours are refined in turn, as in Dekel et al. (2017), with alpha's steps now measured against the
distance of the pictures to the mark's colour, and with a preference for the one alpha that most of the mark has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.gradient_stats import AXES, Array, EdgeSums, edge_sums, ends, middle, pool, step
from aedesk.watermark.collection.poisson_estimate import EVIDENCE, LEAST_TRANSMISSION, Fields, graduated, penalty
from aedesk.watermark.collection.poisson_solver import Grid, at_pixels, gather

PASSES = 6
MAX_COLOURS = 8

_VALUE_STRICTNESS = 4.0
_STEP_STRICTNESS, _SCALES = 8.0, (10.0, 0.1)
_STEP_STRICTNESS_FEW, _SCALES_FEW = 3.0, (0.1, 0.01)
"""With several colours the first estimate is nearer, and a strong preference for flatness would eat soft edges."""
_STEP_POOL_PX, _VALUE_POOL_PX = 0.7, 1.5
_VISIBLE = 0.03
_SAME_COLOUR = 0.09
"""Largest distance in RGB [0, 1] between a pixel and the colour it is counted to."""
_MARGIN_PX = 6


@dataclass
class Palette:
    """``colours`` (n, C) and the share of each at each pixel, ``shares`` (n, h, w), which sum to 1."""

    colours: Array
    shares: Array

    @property
    def field(self) -> Array:
        """(C, h, w): each pixel's colour."""
        mixed: Array = np.tensordot(self.colours.T, self.shares, 1)
        return mixed

    def only_first(self) -> Palette:
        """The colour that most of the mark has, everywhere."""
        return Palette(self.colours[:1], np.ones((1, *self.shares.shape[1:])))


def find_palette(fields: Fields) -> Palette | None:
    """The colours of most of a mark, the most common first; None if there is no mark or its colours are too many."""
    alpha, channels = fields.alpha, len(fields.colour)
    visible = alpha > _VISIBLE
    if not visible.any():
        return None
    confidence = np.where(visible, alpha**2, 0)
    smooth = gaussian_filter(confidence, 1.5) + 1e-12
    straight = np.stack([gaussian_filter(np.where(visible, alpha * c, 0), 1.5) / smooth for c in fields.colour]).clip(0, 1)
    strong = alpha > 0.5 * np.quantile(alpha[visible], 0.8)
    found = _modes(straight.reshape(channels, -1), np.where(strong, confidence, 0).ravel())
    if not found:
        return None
    colours = np.array(found)
    return Palette(colours, _shares(colours, straight, fields, confidence, strong))


def refined(
    stack: Array, start: Fields, palette: Palette, cancel: CancelToken, passes: int = PASSES
) -> Iterator[tuple[Fields, Palette, tuple[EdgeSums, EdgeSums]]]:
    """Yield the mark, its colours and the sums it was found from, after each pass."""
    shape = start.transmission.shape
    fields = start
    grid = Grid(binary_dilation(start.alpha > _VISIBLE / 2, iterations=_MARGIN_PX))
    strictness, scales = (_STEP_STRICTNESS, _SCALES) if len(palette.colours) == 1 else (_STEP_STRICTNESS_FEW, _SCALES_FEW)
    preferences = [np.zeros_like(step(start.transmission, axis)) for axis in AXES]
    for index in range(passes):
        sums = edge_sums(stack, fields.transmission, fields.colour, cancel.check, first=False)
        scale = graduated(scales, index, passes)
        alpha = _alpha_pass(grid, sums, fields.alpha, palette.field, preferences, scale, prefer_level=index >= 2)
        for place, (axis, s) in enumerate(zip(AXES, sums, strict=True)):
            significance = step(alpha, axis) ** 2 * _precision(s, middle(palette.field, axis))
            preferences[place] = penalty(pool(significance, _STEP_POOL_PX), scale, strictness)
        if index < passes - 1:
            palette = Palette(_recoloured(sums, alpha, palette), palette.shares)
        fields = Fields(1 - alpha, (alpha * palette.field).reshape(-1, *shape))
        yield fields, palette, sums


def _precision(sums: EdgeSums, colour: Array) -> Array:
    return sums.quadratic(colour, colour) * EVIDENCE


def _alpha_pass(
    grid: Grid, sums: Sequence[EdgeSums], alpha: Array, colour: Array, preferences: Sequence[Array], scale: float, prefer_level: bool
) -> Array:
    """dJ = a2 (W2 - Ibar) - a1 (W1 - Ibar) + noise, solved for alpha at all pixels."""
    weights, right, precision = [], [], []
    for axis, s, preference in zip(AXES, sums, preferences, strict=True):
        one, two = ends(colour, axis)
        p = _precision(s, (one + two) / 2)
        more = p * preference
        weights.append((_precision(s, one) + more, _precision(s, two) + more, -s.quadratic(one, two) * EVIDENCE - more))
        right.append(((s.wid - one * s.wd).sum(0) * EVIDENCE, (two * s.wd - s.wid).sum(0) * EVIDENCE))
        precision.append(p)
    wanted = gather(alpha.shape, right)
    node = at_pixels(alpha.shape, precision)
    pull = node * penalty(pool(alpha**2 * node, _VALUE_POOL_PX), scale, _VALUE_STRICTNESS)
    level = _common_level(alpha) if prefer_level else None
    if level is not None:
        to_level = node * penalty((alpha - level) ** 2 * node, scale, _VALUE_STRICTNESS)
        pull, wanted = pull + to_level, wanted + to_level * level
    return np.clip(grid.factorise(weights, pull).solve(wanted), 0, 1 - LEAST_TRANSMISSION)


def _common_level(alpha: Array, tolerance: float = 0.03) -> float | None:
    """The alpha of the flat parts of a mark; None if less than a third of it is near any one value."""
    values = alpha[alpha > 0.05]
    if values.size < 50:
        return None
    histogram = gaussian_filter(np.histogram(values, bins=200, range=(0, 1))[0].astype(float), 2.0)
    histogram[:16] = 0
    level = float(histogram.argmax() / 200 + 0.0025)
    for _ in range(10):
        near = np.exp(-((values - level) ** 2) / (2 * tolerance**2))
        level = float((near * values).sum() / max(float(near.sum()), 1e-12))
    return level if float((np.abs(values - level) < 2 * tolerance).mean()) > 1 / 3 else None


def _recoloured(sums: Sequence[EdgeSums], alpha: Array, palette: Palette) -> Array:
    """The palette's colours by least squares over all edges, alpha given."""
    parts = [[step(alpha * share, axis) for axis in AXES] for share in palette.shares]
    count, channels = palette.colours.shape
    normal = np.array([[sum(float((s.w * a * b).sum()) for s, a, b in zip(sums, x, y, strict=True)) for y in parts] for x in parts])
    normal += 1e-9 * np.trace(normal) * np.eye(count) + 1e-12 * np.eye(count)
    colours = np.empty((count, channels))
    for channel in range(channels):
        flux = [s.wd[channel] + step(alpha, axis) * s.wi[channel] for axis, s in zip(AXES, sums, strict=True)]
        colours[:, channel] = np.linalg.solve(normal, [sum(float((a * f).sum()) for a, f in zip(x, flux, strict=True)) for x in parts])
    return colours.clip(0, 1)


def _modes(values: Array, weights: Array) -> list[Array]:
    """Colours around which (C, n) ``values`` cluster, by mean shift from the fullest bin; few small ones are left out."""
    channels, total = len(values), float(weights.sum())
    left = weights.copy()
    found: list[Array] = []
    while len(found) < MAX_COLOURS and float(left.sum()) > 0.03 * total:
        chosen = left > 0
        histogram = np.histogramdd(values.T[chosen], bins=[16] * channels, range=[(0, 1)] * channels, weights=left[chosen])[0]
        histogram = gaussian_filter(histogram, 0.7)
        centre = (np.array(np.unravel_index(histogram.argmax(), histogram.shape)) + 0.5) / 16
        for _ in range(10):
            distance = ((values - centre[:, None]) ** 2).sum(0)
            near = left * np.exp(-distance / (2 * (_SAME_COLOUR / 3) ** 2)) * (distance < _SAME_COLOUR**2)
            if not near.sum() > 0:
                break
            centre = (values * near).sum(1) / near.sum()
        mine = ((values - centre[:, None]) ** 2).sum(0) < _SAME_COLOUR**2
        if float(left[mine].sum()) < 0.02 * total:
            break
        found.append(centre)
        left = np.where(mine, 0, left)
    return found


def _shares(colours: Array, straight: Array, fields: Fields, confidence: Array, strong: NDArray[np.bool_]) -> Array:
    """Each pixel has the nearest colour; a faint one that of its surroundings; one between two areas a mixture."""
    count, shape = len(colours), fields.transmission.shape
    if count == 1:
        return np.ones((1, *shape))
    raw = fields.colour / np.maximum(fields.alpha, 0.02)
    itself, smoothed = (np.stack([((seen - c[:, None, None]) ** 2).sum(0) for c in colours]) for seen in (raw, straight))
    distance = np.where(itself.min(0) < _SAME_COLOUR**2, itself, smoothed)  # a corner's own colour, before that of its surroundings
    nearest, sure = distance.argmin(0), strong & (distance.min(0) < _SAME_COLOUR**2)
    around = np.zeros((count, *shape))
    for index in range(count):
        votes = confidence * (nearest == index) * sure
        around[index] = gaussian_filter(votes, 3) + 1e-6 * gaussian_filter(votes, 12)
    label = np.where(sure, nearest, around.argmax(0))
    vote = np.stack([pool((label == index).astype(float), 1.0) for index in range(count)])
    order = np.argsort(-vote, axis=0)
    first, second = order[0], order[1]
    one, two = colours[first], colours[second]
    between = ((np.moveaxis(raw, 0, -1) - one) * (two - one)).sum(-1) / np.maximum(((two - one) ** 2).sum(-1), 1e-6)
    share = np.where(np.take_along_axis(vote, second[None], 0)[0] > 0.1, np.clip(between, 0, 1), 0)
    places = np.arange(count)[:, None, None]
    mixed: Array = np.where(places == first, 1 - share, 0) + np.where(places == second, share, 0)
    return mixed
