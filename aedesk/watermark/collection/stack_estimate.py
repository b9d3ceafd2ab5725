"""The mark on a stack of pictures: first any colour anywhere, then as few colours as explain it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection import palette_estimate as mark_colours
from aedesk.watermark.collection.gradient_stats import AXES, Array, EdgeSums, edge_sums, step
from aedesk.watermark.collection.opaque_regions import with_opaque_parts
from aedesk.watermark.collection.palette_estimate import Palette, find_palette, refined
from aedesk.watermark.collection.poisson_estimate import EVIDENCE, Fields, free_mark
from aedesk.watermark.collection.poisson_estimate import PASSES as FREE_PASSES
from aedesk.watermark.collection.poisson_solver import at_pixels
from aedesk.watermark.collection.removal import OPAQUE

_MORE_FREE_PASSES = 9
_ONE_IS_ENOUGH, _FEW_ARE_ENOUGH = 0.96, 0.90
"""Share of what a free mark explains that one with one colour, or with few, must explain."""
_CALIBRATION = 1.6
"""Measured error over what the precision of single steps predicts: text, logo and tiled marks on CID22's validation pictures."""


@dataclass
class Estimate:
    """A mark and how sure it is.

    Args:
        fields: the mark.
        colours: how many colours it has; 0 if they are too many to count.
        error: expected error of an un-blended sample inside the mark, in gray levels (0..255), rounding not counted.
    """

    fields: Fields
    colours: int
    error: float


def estimate_mark(stack: Array, cancel: CancelToken) -> Generator[float, None, Estimate]:
    """Yield the share that is done, 0 to 1; return the mark.

    Args:
        stack: (K, C, h, w) float32 in [0, 1]: marked pictures, the mark at the same place in all, K at least 3.
    """
    total = FREE_PASSES + mark_colours.PASSES + 1
    done = 0
    for done, fields in enumerate(free_mark(stack, cancel), start=1):
        free = fields
        yield done / total
    sums = edge_sums(stack, free.transmission, free.colour, cancel.check, first=False)
    palette = find_palette(free)
    best, colours = free, 0
    if palette is not None:
        explained = _explained(sums, free)
        one = yield from _last(refined(stack, free, palette.only_first(), cancel), done, total)
        if _explained(sums, one) > _ONE_IS_ENOUGH * explained:
            best, colours = one, 1
        else:
            best, colours = yield from _many_colours(stack, free, cancel, done)
    best = with_opaque_parts(stack, best, cancel)
    sums = edge_sums(stack, best.transmission, best.colour, cancel.check, first=False)
    yield 1.0
    return Estimate(best, colours, _expected_error(sums, best))


def _many_colours(stack: Array, free: Fields, cancel: CancelToken, done: int) -> Generator[float, None, tuple[Fields, int]]:
    total = done + mark_colours.PASSES + _MORE_FREE_PASSES + mark_colours.PASSES + 1
    done += mark_colours.PASSES
    for fields in free_mark(stack, cancel, _MORE_FREE_PASSES, free):
        free = fields
        done += 1
        yield done / total
    palette = find_palette(free)
    if palette is None or len(palette.colours) < 2:
        return free, 0
    sums = edge_sums(stack, free.transmission, free.colour, cancel.check, first=False)
    few = yield from _last(refined(stack, free, palette, cancel), done, total)
    if _explained(sums, few) > _FEW_ARE_ENOUGH * _explained(sums, free):
        return few, len(palette.colours)
    return free, 0


def _last(passes: Iterator[tuple[Fields, Palette, tuple[EdgeSums, EdgeSums]]], done: int, total: int) -> Generator[float, None, Fields]:
    for fields, _, _ in passes:
        done += 1
        yield done / total
        last = fields
    return last


def _explained(sums: Sequence[EdgeSums], fields: Fields) -> float:
    """By how much the mark reduces the weighted sum of squares of all steps."""
    total = 0.0
    for axis, s in zip(AXES, sums, strict=True):
        t, m = step(fields.transmission, axis), step(fields.colour, axis)
        total += float((2 * t * s.wid + 2 * m * s.wd - t * t * s.wii - 2 * t * m * s.wi - m * m * s.w).sum())
    return total


def _expected_error(sums: Sequence[EdgeSums], fields: Fields) -> float:
    """From the precision of the steps that end at the mark's pixels, carried through the un-blending."""
    inside = (fields.alpha > 0.02) & (fields.alpha < OPAQUE)  # what is opaque is filled, not un-blended
    if not inside.any():
        return 0.0
    precision = at_pixels(fields.alpha.shape, [s.w * EVIDENCE for s in sums])[inside]
    return float(_CALIBRATION * 255 * np.sqrt(np.mean(1 / (precision * fields.transmission[inside] ** 2))))
