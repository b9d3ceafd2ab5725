"""Where the mark is on every picture of a collection, found on small gray copies of the pictures."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label

from aedesk.core.cancel import CancelToken
from aedesk.imaging.blend import LUMA
from aedesk.imaging.masks import bounds
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import strips
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import ANCHORS, SCALINGS, Layout, Place, seen
from aedesk.watermark.collection.common_gradients import LEAST_SIGNIFICANCE, Match, Traces, find_traces, match, moved, steps_of
from aedesk.watermark.collection.gradient_stats import Array

EDGE_PX = 512
"""Longer edge, about, of the small copies."""

_SHIFT = 0.12
"""Largest shift of a picture's own, as a share of the frame's edges."""
_FACTORS = (1.0, 0.9, 0.92, 0.94, 0.96, 0.98, 1.02, 1.04, 1.06, 1.08, 1.1)
_LEAST_PEAK = 7.0
"""Height of a correlation's peak, in standard deviations, from which a mark is taken to be there."""
_BETTER = 1.3
"""Pictures are moved only if more repeats then, by this factor."""
LEAST_PRESENT = 3
"""Pictures on which a displaced mark must be found."""
_MOST = 0.6
_AT_REST_PX = 0.75
_NEARLY_WHOLE_PX = 0.06
_REFERENCES = 6
_MARGIN_PX = 10
_COARSER = 4
_LEAST_PIXELS = 12


@dataclass
class Found:
    """A mark in its frame: the ``box`` around it and the ``place`` of the frame on each picture; None where it seems to be missing.

    ``weight`` is how much repeats on the small copies; ``displaced`` if pictures have shifts of their own; ``marked`` (h, w) says which
    pixels of the small frame, from its top left corner on, show or surround a trace.
    """

    layout: Layout
    box: Box
    places: list[Place | None]
    weight: float
    displaced: bool
    marked: NDArray[np.bool_]


def reduction(sizes: Sequence[tuple[int, int]]) -> int:
    """By what whole number pictures of these (width, height) are made smaller."""
    return max(1, math.ceil(float(np.median([max(size) for size in sizes])) / EDGE_PX))


def small_gray(picture: Picture, factor: int) -> Array:
    """(H / factor, W / factor) float32 in [0, 1]: means of squares; what does not fill one is left out."""
    height, width = picture.height // factor, picture.width // factor
    weights = np.asarray(LUMA if picture.channels == 3 else (1.0,), np.float32) / np.iinfo(picture.pixels.dtype).max
    result = np.empty((height, width), np.float32)
    for rows in strips(height, picture.width * factor):
        part = picture.pixels[rows.start * factor : rows.stop * factor, : width * factor].astype(np.float32) @ weights
        result[rows] = part.reshape(-1, factor, width, factor).mean((1, 3))
    return result


def search(
    small: Sequence[Array], sizes: Sequence[tuple[int, int]], factor: int, cancel: CancelToken
) -> Generator[float, None, Found | None]:
    """Find the mark; yield the share that is done.

    Args:
        small: gray copies, ``factor`` times smaller than the pictures' (width, height) ``sizes``.

    Returns:
        None if nothing repeats.
    """
    small_sizes = [(copy.shape[1], copy.shape[0]) for copy in small]
    layout = yield from _best_layout(small, small_sizes, cancel)
    frame = layout.common(small_sizes)
    places: list[Place | None] = [layout.place(*size) for size in small_sizes]
    stack = np.stack([seen(copy[:, :, None], p, frame)[0] for copy, p in zip(small, places, strict=True) if p])
    traces = find_traces(stack, cancel)
    yield 0.5
    aligned, best = yield from _aligned(small, layout, frame, stack, traces, cancel)
    displaced = best.weight > _BETTER * traces.weight
    if displaced:
        places, traces = aligned, best
    box = _box(traces, frame)
    if box is None:
        return None
    if min(frame.width, frame.height) >= 16 * _COARSER:
        box = _with_soft_parts(
            box, frame, [seen(copy[:, :, None], p, frame)[0] for copy, p in zip(small, places, strict=True) if p], cancel
        )
    full = Layout(sizes[small_sizes.index(layout.reference)], layout.anchor, layout.scaling)
    exact = [_enlarged(p, layout.place(*s), full.place(*size), factor) for p, s, size in zip(places, small_sizes, sizes, strict=True)]
    marked = np.zeros((layout.reference[1], layout.reference[0]), bool)
    marked[frame.top : frame.bottom, frame.left : frame.right] = binary_dilation(
        traces.significance > LEAST_SIGNIFICANCE, iterations=_MARGIN_PX
    )
    return Found(full, _grown(box, factor, full.reference), exact, traces.weight, displaced, marked)


def _best_layout(small: Sequence[Array], sizes: list[tuple[int, int]], cancel: CancelToken) -> Generator[float, None, Layout]:
    """The one by which most repeats; there is nothing to choose if all pictures have one size."""
    reference = sorted(sizes, key=lambda size: size[0] * size[1])[len(sizes) // 2]
    plain = Layout(reference)
    if len(set(sizes)) == 1:
        return plain
    tried: dict[tuple[Place, ...], Layout] = {}
    for scaling in SCALINGS:
        for across in ANCHORS:
            for down in ANCHORS:
                layout = Layout(reference, (across, down), scaling)
                tried.setdefault(tuple(layout.place(*size) for size in sizes), layout)
    best, most = plain, -1.0
    for done, (places, layout) in enumerate(tried.items()):
        frame = layout.common(sizes)
        if min(frame.width, frame.height) >= 16:
            stack = np.stack([seen(copy[:, :, None], p, frame)[0] for copy, p in zip(small, places, strict=True)])
            weight = find_traces(stack, cancel).weight
            if weight > most:
                best, most = layout, weight
        yield 0.5 * done / len(tried)
    return best


def _aligned(
    small: Sequence[Array], layout: Layout, frame: Box, stack: Array, traces: Traces, cancel: CancelToken
) -> Generator[float, None, tuple[list[Place | None], Traces]]:
    """Every picture moved to where the template fits it best, and the template made anew, three times."""
    reach = (max(2, int(_SHIFT * frame.height)), max(2, int(_SHIFT * frame.width)))
    centre = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    starts = [layout.place(copy.shape[1], copy.shape[0]) for copy in small]
    places: list[Place | None] = list(starts)
    best = traces
    pairs = yield from _pairs(stack, reach, cancel)
    if max((abs(shift) for found in pairs if found for shift in (found.right, found.down)), default=0.0) < _AT_REST_PX:
        return places, best
    shifted = [np.roll(p, (-round(found.down), -round(found.right)), (0, 1)) for p, found in zip(stack, pairs, strict=True) if found]
    steps = find_traces(np.stack(shifted), cancel).steps
    for turn in range(3):
        moves: list[Match] = []
        for index, picture in enumerate(stack):
            cancel.check()
            alike = index >= LEAST_PRESENT and all(found.factor == 1 for found in moves)
            moves.append(match(steps, picture, reach, (1.0,) if alike or not turn else _FACTORS))
            yield 0.7 + 0.3 * (turn + (index + 1) / len(stack)) / 3
        present = [found.height > _LEAST_PEAK for found in moves]
        if sum(present) < LEAST_PRESENT:
            break
        new = [whole(moved(p, found, centre)) if there else None for p, found, there in zip(starts, moves, present, strict=True)]
        again = find_traces(np.stack([seen(copy[:, :, None], p, frame)[0] for copy, p in zip(small, new, strict=True) if p]), cancel)
        if again.weight <= best.weight:
            break
        places, best, steps = new, again, again.steps
    return places, best


def _pairs(stack: Array, reach: tuple[int, int], cancel: CancelToken) -> Generator[float, None, list[Match | None]]:
    """The match of every picture with that one whose own steps are found on most others; None where they are not found."""
    best: list[Match | None] = [None] * len(stack)
    references = np.linspace(0, len(stack) - 1, min(_REFERENCES, len(stack))).astype(int)
    for turn, reference in enumerate(references):
        template = steps_of(stack[reference])
        found: list[Match | None] = []
        for index, picture in enumerate(stack):
            cancel.check()
            one = match(template, picture, reach, either_sign=True) if index != reference else Match(0, 0, 1, math.inf)
            found.append(one if one.height > _LEAST_PEAK else None)
        yield 0.5 + 0.2 * (turn + 1) / len(references)
        if sum(f is not None for f in found) > sum(f is not None for f in best):
            best = found
        if sum(f is not None for f in best) > _MOST * len(stack):
            break
    return best if sum(f is not None for f in best) >= LEAST_PRESENT else [None] * len(stack)


def _box(traces: Traces, frame: Box) -> Box | None:
    """Around all connected traces of some size, in the frame's coordinates."""
    marked = traces.significance > LEAST_SIGNIFICANCE
    labels, count = label(binary_dilation(marked, iterations=2))
    sizes = np.bincount(labels[marked], minlength=count + 1)
    kept = marked & (sizes >= _LEAST_PIXELS)[labels]
    if not kept.any():
        return None
    inner = bounds(kept)
    return Box(frame.left + inner.left, frame.top + inner.top, frame.left + inner.right, frame.top + inner.bottom)


def _with_soft_parts(box: Box, frame: Box, stack: Sequence[Array], cancel: CancelToken) -> Box:
    """The box with what belongs to it on copies that are smaller again, where soft edges are steep."""
    height, width = frame.height // _COARSER, frame.width // _COARSER
    coarse = np.stack([p[: height * _COARSER, : width * _COARSER].reshape(height, _COARSER, width, _COARSER).mean((1, 3)) for p in stack])
    marked = find_traces(coarse, cancel).significance > LEAST_SIGNIFICANCE
    inside = np.zeros_like(marked)
    top, left = (box.top - frame.top) // _COARSER, (box.left - frame.left) // _COARSER
    inside[top : (box.bottom - frame.top) // _COARSER + 1, left : (box.right - frame.left) // _COARSER + 1] = True
    labels, _ = label(binary_dilation(marked | inside))
    rows, columns = np.nonzero((labels == labels[top, left]) & (marked | inside))
    return Box(
        min(box.left, frame.left + int(columns.min()) * _COARSER),
        min(box.top, frame.top + int(rows.min()) * _COARSER),
        min(frame.right, max(box.right, frame.left + (int(columns.max()) + 1) * _COARSER)),
        min(frame.bottom, max(box.bottom, frame.top + (int(rows.max()) + 1) * _COARSER)),
    )


def _grown(box: Box, factor: int, size: tuple[int, int]) -> Box:
    """In full pixels, with a margin for soft edges that are too faint to be seen yet."""
    margin = _MARGIN_PX + (box.width + box.height) // 10
    left, top = max(0, (box.left - margin) * factor), max(0, (box.top - margin) * factor)
    return Box(left, top, min(size[0], (box.right + margin) * factor), min(size[1], (box.bottom + margin) * factor))


def whole(place: Place) -> Place:
    """The place on whole pixels, if it is as good as there already: pixels need no resampling then."""
    left, top = round(place.left), round(place.top)
    near = place.scale == 1 and max(abs(place.left - left), abs(place.top - top)) < _NEARLY_WHOLE_PX
    return Place(1.0, left, top) if near else place


def _enlarged(place: Place | None, start: Place, full: Place, factor: int) -> Place | None:
    """The place on the full picture: what was found on the small one comes on top of what its size says."""
    if place is None or place == start:
        return place and full
    scale = full.scale * place.scale / start.scale
    return Place(scale, full.left + factor * (place.left - start.left), full.top + factor * (place.top - start.top))
