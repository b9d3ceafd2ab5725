"""Finds the watermark of a collection on small gray copies: its box, and where it lies on every picture."""

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
from aedesk.watermark.collection.alignment import ANCHORS, SCALINGS, Layout, Placement, sample_frame
from aedesk.watermark.collection.common_gradients import (
    MIN_SIGNIFICANCE,
    CommonGradients,
    TemplateMatch,
    apply_match,
    find_common_gradients,
    match_template,
    picture_template,
)
from aedesk.watermark.collection.gradient_stats import Array


@dataclass(frozen=True)
class RegistrationSettings:
    """Settings of the registration. Chosen by hand; no script fits these values yet.

    Args:
        copy_edge_px: approximate longer edge of the small copies.
        max_shift: largest shift of a single picture, as a fraction of the frame's edges.
        scales: relative sizes that are tried on single pictures.
        min_peak: correlation peak, in standard deviations, from which a watermark counts as found on a picture.
        min_gain: factor by which the common structure must grow for pictures to be shifted singly.
        min_present: pictures on which a displaced watermark must be found.
        enough_matches: fraction of pictures on which the gradients of one reference picture suffice.
        max_still_px: displacements below it are none.
        snap_px: placements this close to whole pixels are rounded to them.
        references: pictures whose gradients are tried as a template.
        margin_px: margin around significant pixels, in pixels of the small copies.
        coarse_factor: downscaling of the copies for finding soft parts, whose gradients are steeper there.
        min_component_px: smallest connected component of significant pixels.
        min_frame_px: smallest frame.
    """

    copy_edge_px: int = 512
    max_shift: float = 0.12
    scales: tuple[float, ...] = (1.0, 0.9, 0.92, 0.94, 0.96, 0.98, 1.02, 1.04, 1.06, 1.08, 1.1)
    min_peak: float = 7.0
    min_gain: float = 1.3
    min_present: int = 3
    enough_matches: float = 0.6
    max_still_px: float = 0.75
    snap_px: float = 0.06
    references: int = 6
    margin_px: int = 10
    coarse_factor: int = 4
    min_component_px: int = 12
    min_frame_px: int = 16


SETTINGS = RegistrationSettings()


@dataclass
class Registration:
    """A watermark's position.

    Args:
        layout: how the frame lies on pictures.
        box: the watermark with a margin, in the frame.
        placements: of each picture; None where the watermark seems to be missing.
        weight: the amount of common structure on the small copies.
        displaced: whether pictures have shifts or scales of their own.
        support: (h, w) bool of the small frame, pixels near common gradients.
    """

    layout: Layout
    box: Box
    placements: list[Placement | None]
    weight: float
    displaced: bool
    support: NDArray[np.bool_]


def downscale_factor(sizes: Sequence[tuple[int, int]]) -> int:
    """Returns the integer factor by which pictures of these (width, height) are downscaled."""
    return max(1, math.ceil(float(np.median([max(size) for size in sizes])) / SETTINGS.copy_edge_px))


def downscaled_gray(picture: Picture, factor: int) -> Array:
    """Returns the luma averaged over squares, (H // factor, W // factor) float32 in [0, 1]."""
    height, width = picture.height // factor, picture.width // factor
    weights = np.asarray(LUMA if picture.channels == 3 else (1.0,), np.float32) / np.iinfo(picture.pixels.dtype).max
    result = np.empty((height, width), np.float32)
    for rows in strips(height, picture.width * factor):
        part = picture.pixels[rows.start * factor : rows.stop * factor, : width * factor].astype(np.float32) @ weights
        result[rows] = part.reshape(-1, factor, width, factor).mean((1, 3))
    return result


def register(
    copies: Sequence[Array], sizes: Sequence[tuple[int, int]], factor: int, cancel: CancelToken
) -> Generator[float, None, Registration | None]:
    """Yields the fraction done; returns the watermark's position, or None if the pictures have no common structure.

    Args:
        copies: small gray copies of the pictures, downscaled by ``factor``.
        sizes: (width, height) of the pictures.
    """
    small_sizes = [(copy.shape[1], copy.shape[0]) for copy in copies]
    layout = yield from _best_layout(copies, small_sizes, cancel)
    frame = layout.common_frame(small_sizes)
    placements: list[Placement | None] = [layout.place(*size) for size in small_sizes]
    stack = np.stack(_aligned_copies(copies, placements, frame))
    common = find_common_gradients(stack, cancel)
    yield 0.5
    shifted, shifted_common = yield from _align_singly(copies, layout, frame, stack, common, cancel)
    displaced = shifted_common.weight > SETTINGS.min_gain * common.weight
    if displaced:
        placements, common = shifted, shifted_common
    box = _bounding_box(common, frame)
    if box is None:
        return None
    if min(frame.width, frame.height) >= SETTINGS.min_frame_px * SETTINGS.coarse_factor:
        box = _with_soft_parts(box, frame, _aligned_copies(copies, placements, frame), cancel)
    full = Layout(sizes[small_sizes.index(layout.reference)], layout.anchor, layout.scaling)
    exact = [
        _at_full_resolution(placement, layout.place(*small), full.place(*size), factor)
        for placement, small, size in zip(placements, small_sizes, sizes, strict=True)
    ]
    support = np.zeros((layout.reference[1], layout.reference[0]), bool)
    support[frame.slices] = binary_dilation(common.significance > MIN_SIGNIFICANCE, iterations=SETTINGS.margin_px)
    return Registration(full, _with_margin(box, factor, full.reference), exact, common.weight, displaced, support)


def snap_to_pixels(placement: Placement) -> Placement:
    """Rounds a placement to whole pixels if it is very close to them, so that pixels need no resampling."""
    left, top = round(placement.left), round(placement.top)
    near = placement.scale == 1 and max(abs(placement.left - left), abs(placement.top - top)) < SETTINGS.snap_px
    return Placement(1.0, left, top) if near else placement


def _aligned_copies(copies: Sequence[Array], placements: Sequence[Placement | None], frame: Box) -> list[Array]:
    """The frame as seen on each copy that has a placement, (h, w) each."""
    return [sample_frame(copy[:, :, None], placement, frame)[0] for copy, placement in zip(copies, placements, strict=True) if placement]


def _best_layout(copies: Sequence[Array], sizes: list[tuple[int, int]], cancel: CancelToken) -> Generator[float, None, Layout]:
    """The layout that gives the most common structure; trivial if all pictures have one size."""
    reference = sorted(sizes, key=lambda size: size[0] * size[1])[len(sizes) // 2]
    plain = Layout(reference)
    if len(set(sizes)) == 1:
        return plain
    candidates: dict[tuple[Placement, ...], Layout] = {}
    for scaling in SCALINGS:
        for across in ANCHORS:
            for down in ANCHORS:
                layout = Layout(reference, (across, down), scaling)
                candidates.setdefault(tuple(layout.place(*size) for size in sizes), layout)
    best, best_weight = plain, -1.0
    for done, (placements, layout) in enumerate(candidates.items()):
        frame = layout.common_frame(sizes)
        if min(frame.width, frame.height) >= SETTINGS.min_frame_px:
            weight = find_common_gradients(np.stack(_aligned_copies(copies, placements, frame)), cancel).weight
            if weight > best_weight:
                best, best_weight = layout, weight
        yield 0.5 * done / len(candidates)
    return best


def _align_singly(
    copies: Sequence[Array], layout: Layout, frame: Box, stack: Array, common: CommonGradients, cancel: CancelToken
) -> Generator[float, None, tuple[list[Placement | None], CommonGradients]]:
    """Moves every picture to where the template fits best, and computes the template anew, up to three times."""
    reach = (max(2, int(SETTINGS.max_shift * frame.height)), max(2, int(SETTINGS.max_shift * frame.width)))
    centre = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    starts = [layout.place(copy.shape[1], copy.shape[0]) for copy in copies]
    placements: list[Placement | None] = list(starts)
    best = common
    matches = yield from _match_to_reference(stack, reach, cancel)
    largest = max((abs(shift) for match in matches if match for shift in (match.right_px, match.down_px)), default=0.0)
    if largest < SETTINGS.max_still_px:
        return placements, best
    shifted = [
        np.roll(picture, (-round(match.down_px), -round(match.right_px)), (0, 1))
        for picture, match in zip(stack, matches, strict=True)
        if match
    ]
    template = find_common_gradients(np.stack(shifted), cancel).template
    for iteration in range(3):
        moves: list[TemplateMatch] = []
        for index, picture in enumerate(stack):
            cancel.check()
            all_same_scale = index >= SETTINGS.min_present and all(match.scale == 1 for match in moves)
            moves.append(match_template(template, picture, reach, (1.0,) if all_same_scale or not iteration else SETTINGS.scales))
            yield 0.7 + 0.3 * (iteration + (index + 1) / len(stack)) / 3
        present = [match.peak > SETTINGS.min_peak for match in moves]
        if sum(present) < SETTINGS.min_present:
            break
        moved = [
            snap_to_pixels(apply_match(start, match, centre)) if found else None
            for start, match, found in zip(starts, moves, present, strict=True)
        ]
        again = find_common_gradients(np.stack(_aligned_copies(copies, moved, frame)), cancel)
        if again.weight <= best.weight:
            break
        placements, best, template = moved, again, again.template
    return placements, best


def _match_to_reference(stack: Array, reach: tuple[int, int], cancel: CancelToken) -> Generator[float, None, list[TemplateMatch | None]]:
    """Matches every picture to the one whose own gradients are found on most others; None where they are not found."""
    best: list[TemplateMatch | None] = [None] * len(stack)
    references = np.linspace(0, len(stack) - 1, min(SETTINGS.references, len(stack))).astype(int)
    for turn, reference in enumerate(references):
        template = picture_template(stack[reference])
        matches: list[TemplateMatch | None] = []
        for index, picture in enumerate(stack):
            cancel.check()
            same = index == reference
            match = TemplateMatch(0, 0, 1, math.inf) if same else match_template(template, picture, reach, either_sign=True)
            matches.append(match if match.peak > SETTINGS.min_peak else None)
        yield 0.5 + 0.2 * (turn + 1) / len(references)
        if _found(matches) > _found(best):
            best = matches
        if _found(best) > SETTINGS.enough_matches * len(stack):
            break
    return best if _found(best) >= SETTINGS.min_present else [None] * len(stack)


def _found(matches: Sequence[TemplateMatch | None]) -> int:
    return sum(match is not None for match in matches)


def _bounding_box(common: CommonGradients, frame: Box) -> Box | None:
    """The box around all significant components of some size, in the frame."""
    significant = common.significance > MIN_SIGNIFICANCE
    labels, count = label(binary_dilation(significant, iterations=2))
    area_px = np.bincount(labels[significant], minlength=count + 1)
    kept = significant & (area_px >= SETTINGS.min_component_px)[labels]
    if not kept.any():
        return None
    inner = bounds(kept)
    return Box(frame.left + inner.left, frame.top + inner.top, frame.left + inner.right, frame.top + inner.bottom)


def _with_soft_parts(box: Box, frame: Box, stack: Sequence[Array], cancel: CancelToken) -> Box:
    """The box extended to connected structure on coarser copies, where soft edges are steeper."""
    factor = SETTINGS.coarse_factor
    height, width = frame.height // factor, frame.width // factor
    coarse = np.stack([copy[: height * factor, : width * factor].reshape(height, factor, width, factor).mean((1, 3)) for copy in stack])
    significant = find_common_gradients(coarse, cancel).significance > MIN_SIGNIFICANCE
    inside = np.zeros_like(significant)
    top, left = (box.top - frame.top) // factor, (box.left - frame.left) // factor
    inside[top : (box.bottom - frame.top) // factor + 1, left : (box.right - frame.left) // factor + 1] = True
    labels, _ = label(binary_dilation(significant | inside))
    rows, columns = np.nonzero((labels == labels[top, left]) & (significant | inside))
    return Box(
        min(box.left, frame.left + int(columns.min()) * factor),
        min(box.top, frame.top + int(rows.min()) * factor),
        min(frame.right, max(box.right, frame.left + (int(columns.max()) + 1) * factor)),
        min(frame.bottom, max(box.bottom, frame.top + (int(rows.max()) + 1) * factor)),
    )


def _with_margin(box: Box, factor: int, size: tuple[int, int]) -> Box:
    """The box at full resolution, with a margin for soft edges that are too faint on the copies."""
    margin = SETTINGS.margin_px + (box.width + box.height) // 10
    left, top = max(0, (box.left - margin) * factor), max(0, (box.top - margin) * factor)
    return Box(left, top, min(size[0], (box.right + margin) * factor), min(size[1], (box.bottom + margin) * factor))


def _at_full_resolution(placement: Placement | None, start: Placement, full: Placement, factor: int) -> Placement | None:
    """The placement on the full picture: the displacement found on the copy, on top of the layout's placement."""
    if placement is None or placement == start:
        return placement and full
    scale = full.scale * placement.scale / start.scale
    return Placement(scale, full.left + factor * (placement.left - start.left), full.top + factor * (placement.top - start.top))
