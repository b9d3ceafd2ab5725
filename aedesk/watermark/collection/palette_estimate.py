"""Estimates a watermark of few colours: with known colours only alpha is unknown, which reduces the error about tenfold.

Most watermarks are white, gray or black, or have the few colours of a logo. The colours are taken from a first estimate; pixels between
two areas mix both colours. Alpha and colours are then refined in turn, as in Dekel et al. (2017), here with gradients of alpha measured
against the difference between the pictures and the watermark's colour, and with a prior for the alpha that most of the watermark has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.gradient_stats import AXES, Array, GradientStats, edge_ends, edge_mean, gradient, gradient_stats, smooth
from aedesk.watermark.collection.poisson_estimate import (
    INDEPENDENT_FRACTION,
    MIN_TRANSMISSION,
    WatermarkFields,
    graduated_scale,
    redescending_weight,
)
from aedesk.watermark.collection.poisson_solver import PixelGrid, precision_at_pixels, sum_at_pixels


@dataclass(frozen=True)
class PaletteSettings:
    """Settings of the estimate. Chosen by hand; no script fits these values yet.

    Args:
        passes: number of passes.
        max_colours: colours from which a watermark has too many.
        value_strictness: weight of the penalties on values.
        strictness_one, scales_one: weight of the penalty on gradients with one colour, and the significance (squared standard deviations)
            beyond which penalties vanish, in the first and the last pass.
        strictness_several, scales_several: the same with several colours. Their first estimate is more accurate, and a strong prior would
            remove soft edges.
        gradient_sigma_px, value_sigma_px: of the averages of the significance.
        min_visible_alpha: alpha below which a pixel tells nothing about colours.
        colour_distance: largest Euclidean distance in RGB [0, 1] between a pixel and its palette colour.
        margin_px: margin around the watermark in which alpha is unknown.
        level_tolerance: standard deviation of alpha around the common one.
    """

    passes: int = 6
    max_colours: int = 8
    value_strictness: float = 4.0
    strictness_one: float = 8.0
    scales_one: tuple[float, float] = (10.0, 0.1)
    strictness_several: float = 3.0
    scales_several: tuple[float, float] = (0.1, 0.01)
    gradient_sigma_px: float = 0.7
    value_sigma_px: float = 1.5
    min_visible_alpha: float = 0.03
    colour_distance: float = 0.09
    margin_px: int = 6
    level_tolerance: float = 0.03


SETTINGS = PaletteSettings()


@dataclass
class Palette:
    """The colours of a watermark.

    Args:
        colours: (n, C), the most common first.
        shares: (n, h, w), the share of each colour at each pixel; they sum to 1.
    """

    colours: Array
    shares: Array

    @property
    def field(self) -> Array:
        """(C, h, w), the colour of each pixel."""
        mixed: Array = np.tensordot(self.colours.T, self.shares, 1)
        return mixed

    def first_only(self) -> Palette:
        """Returns a palette with the most common colour everywhere."""
        return Palette(self.colours[:1], np.ones((1, *self.shares.shape[1:])))


def find_palette(fields: WatermarkFields) -> Palette | None:
    """Returns the colours of most of a watermark; None without a watermark or without common colours."""
    alpha, channels = fields.alpha, len(fields.premultiplied)
    visible = alpha > SETTINGS.min_visible_alpha
    if not visible.any():
        return None
    confidence = np.where(visible, alpha**2, 0)
    total = gaussian_filter(confidence, 1.5) + 1e-12
    colour = np.stack([gaussian_filter(np.where(visible, alpha * c, 0), 1.5) / total for c in fields.premultiplied]).clip(0, 1)
    strong = alpha > 0.5 * np.quantile(alpha[visible], 0.8)
    modes = _colour_modes(colour.reshape(channels, -1), np.where(strong, confidence, 0).ravel())
    if not modes:
        return None
    colours = np.array(modes)
    return Palette(colours, _colour_shares(colours, colour, fields, confidence, strong))


def refine_with_palette(
    stack: Array, start: WatermarkFields, palette: Palette, cancel: CancelToken, passes: int = SETTINGS.passes
) -> Iterator[tuple[WatermarkFields, Palette]]:
    """Yields the watermark and its colours after each pass.

    Args:
        stack: (K, C, h, w) float32 in [0, 1].
        start: an estimate with any colours.
        palette: its colours.
    """
    shape = start.transmission.shape
    fields = start
    grid = PixelGrid(binary_dilation(start.alpha > SETTINGS.min_visible_alpha / 2, iterations=SETTINGS.margin_px))
    strictness, scales = (SETTINGS.strictness_one, SETTINGS.scales_one)
    if len(palette.colours) > 1:
        strictness, scales = SETTINGS.strictness_several, SETTINGS.scales_several
    penalties = [np.zeros_like(gradient(start.transmission, axis)) for axis in AXES]
    for index in range(passes):
        stats = gradient_stats(stack, fields.transmission, fields.premultiplied, cancel.check, initial=False)
        scale = graduated_scale(scales, index, passes)
        alpha = _alpha_pass(grid, stats, fields.alpha, palette.field, penalties, scale, prefer_level=index >= 2)
        for place, (axis, s) in enumerate(zip(AXES, stats, strict=True)):
            significance = gradient(alpha, axis) ** 2 * _alpha_precision(s, edge_mean(palette.field, axis))
            penalties[place] = redescending_weight(smooth(significance, SETTINGS.gradient_sigma_px), scale, strictness)
        if index < passes - 1:
            palette = Palette(_refit_colours(stats, alpha, palette), palette.shares)
        fields = WatermarkFields(1 - alpha, (alpha * palette.field).reshape(-1, *shape))
        yield fields, palette


def _alpha_precision(stats: GradientStats, colour: Array) -> Array:
    return stats.quadratic(colour, colour) * INDEPENDENT_FRACTION


def _alpha_pass(
    grid: PixelGrid,
    stats: Sequence[GradientStats],
    alpha: Array,
    colour: Array,
    penalties: Sequence[Array],
    scale: float,
    prefer_level: bool,
) -> Array:
    """Solves dJ = a2 (W2 - Ibar) - a1 (W1 - Ibar) + noise for alpha at all pixels."""
    weights, right, precision = [], [], []
    for axis, s, penalty in zip(AXES, stats, penalties, strict=True):
        one, two = edge_ends(colour, axis)
        p = _alpha_precision(s, (one + two) / 2)
        extra = p * penalty
        coupling = -s.quadratic(one, two) * INDEPENDENT_FRACTION - extra
        weights.append((_alpha_precision(s, one) + extra, _alpha_precision(s, two) + extra, coupling))
        right.append(((s.wid - one * s.wd).sum(0) * INDEPENDENT_FRACTION, (two * s.wd - s.wid).sum(0) * INDEPENDENT_FRACTION))
        precision.append(p)
    target = sum_at_pixels(alpha.shape, right)
    at_pixel = precision_at_pixels(alpha.shape, precision)
    pull = at_pixel * redescending_weight(smooth(alpha**2 * at_pixel, SETTINGS.value_sigma_px), scale, SETTINGS.value_strictness)
    level = _common_alpha(alpha) if prefer_level else None
    if level is not None:
        to_level = at_pixel * redescending_weight((alpha - level) ** 2 * at_pixel, scale, SETTINGS.value_strictness)
        pull, target = pull + to_level, target + to_level * level
    return np.clip(grid.factorise(weights, pull).solve(target), 0, 1 - MIN_TRANSMISSION)


def _common_alpha(alpha: Array) -> float | None:
    """The alpha of a watermark's flat parts; None if less than a third of it is near any one value."""
    values, tolerance = alpha[alpha > 0.05], SETTINGS.level_tolerance
    if values.size < 50:
        return None
    histogram = gaussian_filter(np.histogram(values, bins=200, range=(0, 1))[0].astype(float), 2.0)
    histogram[:16] = 0
    level = float(histogram.argmax() / 200 + 0.0025)
    for _ in range(10):
        near = np.exp(-((values - level) ** 2) / (2 * tolerance**2))
        level = float((near * values).sum() / max(float(near.sum()), 1e-12))
    return level if float((np.abs(values - level) < 2 * tolerance).mean()) > 1 / 3 else None


def _refit_colours(stats: Sequence[GradientStats], alpha: Array, palette: Palette) -> Array:
    """The palette's colours (n, C) by least squares over all edges, given alpha."""
    parts = [[gradient(alpha * share, axis) for axis in AXES] for share in palette.shares]
    count, channels = palette.colours.shape
    normal = np.array([[sum(float((s.w * a * b).sum()) for s, a, b in zip(stats, x, y, strict=True)) for y in parts] for x in parts])
    normal += 1e-9 * np.trace(normal) * np.eye(count) + 1e-12 * np.eye(count)
    colours = np.empty((count, channels))
    for channel in range(channels):
        flux = [s.wd[channel] + gradient(alpha, axis) * s.wi[channel] for axis, s in zip(AXES, stats, strict=True)]
        colours[:, channel] = np.linalg.solve(normal, [sum(float((a * f).sum()) for a, f in zip(x, flux, strict=True)) for x in parts])
    return colours.clip(0, 1)


def _colour_modes(values: Array, weights: Array) -> list[Array]:
    """Colours around which (C, n) ``values`` cluster, by mean shift from the fullest histogram bin; minor ones are left out."""
    channels, total = len(values), float(weights.sum())
    radius = SETTINGS.colour_distance
    left = weights.copy()
    modes: list[Array] = []
    while len(modes) < SETTINGS.max_colours and float(left.sum()) > 0.03 * total:
        chosen = left > 0
        histogram = np.histogramdd(values.T[chosen], bins=[16] * channels, range=[(0, 1)] * channels, weights=left[chosen])[0]
        histogram = gaussian_filter(histogram, 0.7)
        centre = (np.array(np.unravel_index(histogram.argmax(), histogram.shape)) + 0.5) / 16
        for _ in range(10):
            distance = ((values - centre[:, None]) ** 2).sum(0)
            near = left * np.exp(-distance / (2 * (radius / 3) ** 2)) * (distance < radius**2)
            if not near.sum() > 0:
                break
            centre = (values * near).sum(1) / near.sum()
        members = ((values - centre[:, None]) ** 2).sum(0) < radius**2
        if float(left[members].sum()) < 0.02 * total:
            break
        modes.append(centre)
        left = np.where(members, 0, left)
    return modes


def _colour_shares(colours: Array, smoothed: Array, fields: WatermarkFields, confidence: Array, strong: NDArray[np.bool_]) -> Array:
    """Shares (n, h, w): strong pixels have the nearest colour, faint ones that of their surroundings, those between two areas a mixture.

    Args:
        smoothed: (C, h, w), colours averaged over neighbours.
    """
    count, shape = len(colours), fields.transmission.shape
    if count == 1:
        return np.ones((1, *shape))
    own = fields.premultiplied / np.maximum(fields.alpha, 0.02)
    to_own, to_smoothed = (np.stack([((seen - c[:, None, None]) ** 2).sum(0) for c in colours]) for seen in (own, smoothed))
    distance = np.where(to_own.min(0) < SETTINGS.colour_distance**2, to_own, to_smoothed)  # at corners the own colour is more accurate
    nearest, certain = distance.argmin(0), strong & (distance.min(0) < SETTINGS.colour_distance**2)
    around = np.zeros((count, *shape))
    for index in range(count):
        votes = confidence * (nearest == index) * certain
        around[index] = gaussian_filter(votes, 3) + 1e-6 * gaussian_filter(votes, 12)
    label = np.where(certain, nearest, around.argmax(0))
    vote = np.stack([smooth((label == index).astype(float), 1.0) for index in range(count)])
    order = np.argsort(-vote, axis=0)
    first, second = order[0], order[1]
    one, two = colours[first], colours[second]
    between = ((np.moveaxis(own, 0, -1) - one) * (two - one)).sum(-1) / np.maximum(((two - one) ** 2).sum(-1), 1e-6)
    share = np.where(np.take_along_axis(vote, second[None], 0)[0] > 0.1, np.clip(between, 0, 1), 0)
    places = np.arange(count)[:, None, None]
    mixed: Array = np.where(places == first, 1 - share, 0) + np.where(places == second, share, 0)
    return mixed
