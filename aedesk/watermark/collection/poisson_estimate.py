"""Estimates a watermark of any colours from its gradients in a collection: regression, Poisson's equation, and a sparsity prior.

The regression of ``gradient_stats`` gives the gradients of transmission and colour with their precision; Poisson's equation integrates
them. (Dekel et al., "On the effectiveness of visible watermarks", CVPR 2017, integrate median gradients; the regression is as robust and
also gives alpha.) Errors of neighbouring gradients are correlated, so that over some distance they add up to what the pictures have in
common by chance. Against that stands the prior: watermarks are flat nearly everywhere, and zero outside. Gradients and values that are not
significant are pulled to zero by a redescending penalty (Geman and McClure 1985), which leaves significant ones alone and is made stricter
from pass to pass (graduated non-convexity, Blake and Zisserman 1987). One median and one solve, as in the paper, are about 10 dB worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.gradient_stats import AXES, Array, GradientStats, edge_mean, gradient, gradient_stats, smooth
from aedesk.watermark.collection.poisson_solver import PixelGrid, divergence, gradient_weights, precision_at_pixels

INDEPENDENT_FRACTION = 0.3
"""Factor of all precisions, because channels and neighbouring edges are not independent. Chosen by hand; no script fits it yet."""
MIN_TRANSMISSION = 0.03
"""Smallest transmission that is estimated."""


@dataclass(frozen=True)
class PoissonSettings:
    """Settings of the estimate. Chosen by hand; no script fits these values yet.

    Args:
        passes: number of passes.
        free_passes: the first passes, which have no prior.
        gradient_strictness, value_strictness: weights of the penalties on gradients and on values.
        scales: significance, in squared standard deviations, beyond which penalties vanish: in the first and the last pass with a prior.
        gradient_sigma_px, value_sigma_px: of the averages of the significance.
    """

    passes: int = 9
    free_passes: int = 3
    gradient_strictness: float = 12.0
    value_strictness: float = 4.0
    scales: tuple[float, float] = (30.0, 0.1)
    gradient_sigma_px: float = 1.0
    value_sigma_px: float = 1.5


SETTINGS = PoissonSettings()


@dataclass
class WatermarkFields:
    """A watermark per pixel.

    Args:
        transmission: (h, w), 1 - alpha, in [0, 1].
        premultiplied: (C, h, w), alpha W, in [0, alpha].
    """

    transmission: Array
    premultiplied: Array

    @property
    def alpha(self) -> Array:
        return 1 - self.transmission


def estimate_fields(
    stack: Array, cancel: CancelToken, passes: int = SETTINGS.passes, start: WatermarkFields | None = None
) -> Iterator[WatermarkFields]:
    """Yields the estimate after each pass, in new arrays.

    Args:
        stack: (K, C, h, w) float32 in [0, 1], watermarked pictures with the watermark at the same place.
        start: the result of earlier passes; further passes are as strict as the last of those.
    """
    count, channels, height, width = stack.shape
    shape = (height, width)
    fields = start or WatermarkFields(np.ones(shape), np.zeros((channels, *shape)))
    grid = PixelGrid(np.ones(shape, bool))
    first = SETTINGS.passes if start else 0
    for index in range(first, first + passes):
        stats = gradient_stats(stack, fields.transmission, fields.premultiplied, cancel.check, initial=index == 0)
        if index == 0:
            fields = _initial_estimate(grid, stats)
        elif index < SETTINGS.free_passes:
            pull = 0.01 * INDEPENDENT_FRACTION * count / (1e-4 + fields.alpha**2 + (fields.premultiplied**2).sum(0))
            fields = _solve(grid, stats, fields, (pull, pull), None)
        else:
            scale = graduated_scale(SETTINGS.scales, index - SETTINGS.free_passes, SETTINGS.passes - SETTINGS.free_passes)
            fields = _sparse_pass(grid, stats, fields, scale)
        yield fields


def graduated_scale(scales: tuple[float, float], index: int, count: int) -> float:
    """Returns the scale of pass ``index``: from the first to the last in ``count`` passes by equal factors, then the last."""
    return float(scales[0] * (scales[1] / scales[0]) ** min(1, index / max(1, count - 1)))


def redescending_weight(significance: Array, scale: float, strictness: float) -> Array:
    """Returns the weight of a pull to zero, relative to the data's precision; it vanishes for significant values (Geman-McClure)."""
    weight: Array = strictness * scale / (significance + scale) ** 2
    return weight


def transmission_gradient(stats: GradientStats) -> tuple[Array, Array]:
    """Returns for the gradient of the transmission, with unknown intercepts, its precision (e) and precision times gradient (e)."""
    mean = stats.wi / stats.w
    precision = (stats.wii - stats.wi * mean).sum(0) * INDEPENDENT_FRACTION + 1e-6
    return precision, (stats.wid - stats.wd * mean).sum(0) * INDEPENDENT_FRACTION


def _sparse_pass(grid: PixelGrid, stats: Sequence[GradientStats], fields: WatermarkFields, scale: float) -> WatermarkFields:
    slope_precision = [transmission_gradient(s)[0] for s in stats]
    colour_precision = [s.w * INDEPENDENT_FRACTION for s in stats]
    penalties = []
    for axis, slope, colour in zip(AXES, slope_precision, colour_precision, strict=True):
        significance = gradient(fields.transmission, axis) ** 2 * slope + (gradient(fields.premultiplied, axis) ** 2).sum(0) * colour
        penalties.append(redescending_weight(smooth(significance, SETTINGS.gradient_sigma_px), scale, SETTINGS.gradient_strictness))
    shape = fields.transmission.shape
    at_slope, at_colour = precision_at_pixels(shape, slope_precision), precision_at_pixels(shape, colour_precision)
    significance = smooth(fields.alpha**2 * at_slope + (fields.premultiplied**2).sum(0) * at_colour, SETTINGS.value_sigma_px)
    pull = redescending_weight(significance, scale, SETTINGS.value_strictness)
    return _solve(grid, stats, fields, (pull * at_slope, pull * at_colour), penalties)


def _solve(
    grid: PixelGrid,
    stats: Sequence[GradientStats],
    fields: WatermarkFields,
    pulls: tuple[Array, Array],
    penalties: Sequence[Array] | None,
) -> WatermarkFields:
    """Solves for the transmission, then for the colours given the transmission."""
    extra = penalties or [np.zeros_like(s.w) for s in stats]
    shape = fields.transmission.shape
    slopes = [transmission_gradient(s) for s in stats]
    system = grid.factorise(gradient_weights([p * (1 + r) for (p, _), r in zip(slopes, extra, strict=True)]), pulls[0])
    transmission = np.clip(1 + system.solve(divergence(shape, [f for _, f in slopes])), MIN_TRANSMISSION, 1)
    system = grid.factorise(gradient_weights([s.w * INDEPENDENT_FRACTION * (1 + r) for s, r in zip(stats, extra, strict=True)]), pulls[1])
    premultiplied = np.empty_like(fields.premultiplied)
    slope = [gradient(transmission, axis) for axis in AXES]
    for channel in range(len(premultiplied)):
        flux = [(s.wd[channel] - g * s.wi[channel]) * INDEPENDENT_FRACTION for s, g in zip(stats, slope, strict=True)]
        premultiplied[channel] = system.solve(divergence(shape, flux))
    return WatermarkFields(transmission, np.clip(premultiplied, 0, 1 - transmission))


def _initial_estimate(grid: PixelGrid, stats: Sequence[GradientStats]) -> WatermarkFields:
    """With J in place of the unknown I, the slope is the gradient of log t, and the intercept that of m / t, times tbar."""
    shape = (stats[1].w.shape[0], stats[0].w.shape[1])
    weak_pull = np.full(shape, 1e-3)
    slopes = [transmission_gradient(s) for s in stats]
    system = grid.factorise(gradient_weights([p for p, _ in slopes]), weak_pull)
    logarithm = system.solve(divergence(shape, [f for _, f in slopes]))
    transmission = np.clip(np.exp(logarithm), MIN_TRANSMISSION, 1)
    system = grid.factorise(gradient_weights([s.w * INDEPENDENT_FRACTION for s in stats]), weak_pull)
    channels = len(stats[0].wd)
    premultiplied = np.empty((channels, *shape))
    for channel in range(channels):
        flux = [
            (s.wd[channel] - gradient(logarithm, axis) * s.wi[channel]) * INDEPENDENT_FRACTION / edge_mean(transmission, axis)
            for axis, s in zip(AXES, stats, strict=True)
        ]
        premultiplied[channel] = system.solve(divergence(shape, flux)) * transmission
    return WatermarkFields(transmission, np.clip(premultiplied, 0, 1 - transmission))
