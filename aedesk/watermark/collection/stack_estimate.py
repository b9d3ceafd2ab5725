"""Estimates the watermark on a stack of aligned pictures: first with any colours, then with as few colours as explain it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection import palette_estimate, poisson_estimate
from aedesk.watermark.collection.gradient_stats import AXES, Array, GradientStats, gradient, gradient_stats
from aedesk.watermark.collection.opaque_regions import add_opaque_regions
from aedesk.watermark.collection.palette_estimate import Palette, find_palette, refine_with_palette
from aedesk.watermark.collection.poisson_estimate import INDEPENDENT_FRACTION, WatermarkFields, estimate_fields
from aedesk.watermark.collection.poisson_solver import precision_at_pixels
from aedesk.watermark.collection.removal import OPAQUE_ALPHA


@dataclass(frozen=True)
class StackSettings:
    """Settings of the estimate. Chosen by hand; no script fits these values yet.

    Args:
        extra_passes: further passes with any colours before several colours are tried.
        min_explained_one, min_explained_several: fraction of what the estimate with any colours explains that one with one colour, or with
            several, must explain.
        error_calibration: measured error relative to that predicted from the precision of single gradients (text, logo and tiled
            watermarks on CID22 validation pictures).
    """

    extra_passes: int = 9
    min_explained_one: float = 0.96
    min_explained_several: float = 0.90
    error_calibration: float = 1.6


SETTINGS = StackSettings()


@dataclass
class StackEstimate:
    """A watermark and its accuracy.

    Args:
        fields: transmission and premultiplied colour.
        colours: number of colours; 0 for arbitrary colours.
        error: expected error of a restored sample inside of the watermark, in gray levels (0 to 255), without rounding.
    """

    fields: WatermarkFields
    colours: int
    error: float


def estimate_watermark(stack: Array, cancel: CancelToken) -> Generator[float, None, StackEstimate]:
    """Yields the fraction done; returns the watermark.

    Args:
        stack: (K, C, h, w) float32 in [0, 1], K >= 3 pictures with the watermark at the same place.
    """
    total = poisson_estimate.SETTINGS.passes + palette_estimate.SETTINGS.passes + 1
    done = 0
    for done, fields in enumerate(estimate_fields(stack, cancel), start=1):
        free = fields
        yield done / total
    stats = gradient_stats(stack, free.transmission, free.premultiplied, cancel.check, initial=False)
    palette = find_palette(free)
    best, colours = free, 0
    if palette is not None:
        explained = _explained(stats, free)
        one = yield from _last_pass(refine_with_palette(stack, free, palette.first_only(), cancel), done, total)
        if _explained(stats, one) > SETTINGS.min_explained_one * explained:
            best, colours = one, 1
        else:
            best, colours = yield from _with_several_colours(stack, free, cancel, done)
    best = add_opaque_regions(stack, best, cancel)
    stats = gradient_stats(stack, best.transmission, best.premultiplied, cancel.check, initial=False)
    yield 1.0
    return StackEstimate(best, colours, _expected_error(stats, best))


def _with_several_colours(
    stack: Array, free: WatermarkFields, cancel: CancelToken, done: int
) -> Generator[float, None, tuple[WatermarkFields, int]]:
    palette_passes = palette_estimate.SETTINGS.passes
    total = done + palette_passes + SETTINGS.extra_passes + palette_passes + 1
    done += palette_passes
    for fields in estimate_fields(stack, cancel, SETTINGS.extra_passes, free):
        free = fields
        done += 1
        yield done / total
    palette = find_palette(free)
    if palette is None or len(palette.colours) < 2:
        return free, 0
    stats = gradient_stats(stack, free.transmission, free.premultiplied, cancel.check, initial=False)
    several = yield from _last_pass(refine_with_palette(stack, free, palette, cancel), done, total)
    if _explained(stats, several) > SETTINGS.min_explained_several * _explained(stats, free):
        return several, len(palette.colours)
    return free, 0


def _last_pass(passes: Iterator[tuple[WatermarkFields, Palette]], done: int, total: int) -> Generator[float, None, WatermarkFields]:
    for fields, _ in passes:
        done += 1
        yield done / total
        last = fields
    return last


def _explained(stats: Sequence[GradientStats], fields: WatermarkFields) -> float:
    """The reduction of the weighted sum of squared gradients by the watermark."""
    total = 0.0
    for axis, s in zip(AXES, stats, strict=True):
        t, m = gradient(fields.transmission, axis), gradient(fields.premultiplied, axis)
        total += float((2 * t * s.wid + 2 * m * s.wd - t * t * s.wii - 2 * t * m * s.wi - m * m * s.w).sum())
    return total


def _expected_error(stats: Sequence[GradientStats], fields: WatermarkFields) -> float:
    """The error from the precision of the gradients at the watermark's pixels, amplified by the unblending; in gray levels."""
    inside = (fields.alpha > 0.02) & (fields.alpha < OPAQUE_ALPHA)  # opaque pixels are inpainted, not unblended
    if not inside.any():
        return 0.0
    precision = precision_at_pixels(fields.alpha.shape, [s.w * INDEPENDENT_FRACTION for s in stats])[inside]
    return float(SETTINGS.error_calibration * 255 * np.sqrt(np.mean(1 / (precision * fields.transmission[inside] ** 2))))
