"""Finds the exact boundary of an overlay, or between two overlays, by a graph cut.

The network separates the overlays of a logo only roughly and sometimes closes gaps. But of the two candidates for a pixel (two overlays,
or one overlay and none), only the right one makes the recovered picture continue smoothly. The labelling that changes the picture least
across all label boundaries is a minimum cut. Between two overlays of the same opacity it is exact: the cost of two neighbours with
different labels can never be less than the change within one overlay.

Changes between neighbours are measured in intensity and two colour differences, each relative to its local average, because pictures vary
less in colour than in intensity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.inpainting.mask_ops import dilate, erode
from aedesk.watermark.single.min_cut import MAX_CAPACITY, min_cut
from aedesk.watermark.single.overlay_fit import OPPONENT
from aedesk.watermark.single.overlay_stack import OverlayStack, Slices


@dataclass(frozen=True)
class LabelCosts:
    """Costs of the graph cut, in units of the local average change between neighbours.

    Args:
        boundary: of a pair of neighbours with different labels.
        relabel: of a pixel whose label differs from the initial one.
        logit: per unit of the network's log-odds against a label.
    """

    boundary: float
    relabel: float
    logit: float


BETWEEN_OVERLAYS = LabelCosts(boundary=0.25, relabel=0.02, logit=0.05)
AGAINST_BACKGROUND = LabelCosts(boundary=0.3, relabel=0.5, logit=0.5)
"""Chosen by hand on watermarks over CBSD68 and McMaster pictures; no script fits them yet."""


@dataclass(frozen=True)
class BoundarySettings:
    """Settings of the boundary search. They were chosen by hand, like the costs; no script fits them yet.

    Args:
        neighbour_distances_px: distances of compared pixels; more than 1 because edges are soft and boundary pixels may be mixtures.
        out_of_range_cost: cost of a pixel that is outside of [0, 1] by its full range.
        transmission_exponent: changes of the uncovered picture are multiplied by (1 - alpha) ** -exponent; otherwise uncovered would
            always win, because removing an overlay amplifies changes.
        min_half_width_px: half of the smallest width of what is added to or removed from an overlay; narrower parts are soft edges.
        search_margin_px: distance outside of an overlay in which its outline may lie.
        max_area_px: larger overlays are left as they are, to bound memory.
        average_sigma_px: of the window of the local average change.
        min_window_fraction: smallest share of that window to be inside of the mask.
        min_average_change: lower limit of the local average change.
        rounding: tolerance outside of [0, 1].
        iterations: the local average change is updated after each.
        gap_half_width_px: half of the largest gap between two overlays of one watermark.
        outline_px: distance from a watermark's outline in which pixels may be partly covered.
        max_logit: log-odds are clipped to it.
        rim_px: width of the rims on both sides of a hole's edge that are compared.
        hole_fill_ratio: a hole is covered too if the change across its edge then falls below this share.
    """

    neighbour_distances_px: tuple[int, ...] = (1, 2, 3)
    out_of_range_cost: float = 0.6
    transmission_exponent: float = 0.5
    min_half_width_px: int = 1
    search_margin_px: int = 3
    max_area_px: int = 500_000
    average_sigma_px: float = 4.0
    min_window_fraction: float = 0.02
    min_average_change: float = 0.006
    rounding: float = 0.02
    iterations: int = 2
    gap_half_width_px: int = 2
    outline_px: int = 4
    max_logit: float = 4.0
    rim_px: int = 3
    hole_fill_ratio: float = 0.8


SETTINGS = BoundarySettings()


def logit_difference(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the log-odds (h, w) of the second overlay relative to the first, from the network's log-odds of both."""
    limit = SETTINGS.max_logit
    return np.asarray(np.clip(second, -limit, limit) - np.clip(first, -limit, limit))


def separate_overlays(marked: NDArray[np.float32], stack: OverlayStack, second_logit: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Finds the boundary between two touching overlays of the same opacity; returns the pixels (h, w) of their watermark.

    The overlays then cover the watermark without gaps, except for holes in which the picture continues better uncovered.

    Args:
        marked: (3, h, w) in [0, 1].
        stack: with two overlays; changed in place.
        second_logit: (h, w), log-odds of the second overlay relative to the first.
    """
    result = np.zeros(stack.index.shape, bool)
    one, other = stack.overlays
    if one.alpha != other.alpha:
        return result
    labels, count = ndimage.label(ndimage.binary_closing(stack.index > 0, np.ones((2 * SETTINGS.gap_half_width_px + 1,) * 2)))
    has_both = np.all([np.bincount(labels[stack.index == number], minlength=count + 1) > 0 for number in (1, 2)], axis=0)
    has_both[0] = False
    if not has_both.any():
        return result
    place = bounds(has_both[labels]).slices
    part, where, index, cover = marked[:, *place], has_both[labels[place]], stack.index[place], stack.cover[place]
    whole = ndimage.binary_fill_holes(where)
    fixed = whole & ~erode(whole, SETTINGS.outline_px) & (index == 1)
    candidates = one.remove_from(part), other.remove_from(part)
    second = index == 2
    for _ in range(SETTINGS.iterations):
        second = assign_pixels(candidates, whole, second, second_logit[place], fixed)
    where |= _holes_to_cover(np.where(second, candidates[1], candidates[0]), part, whole & ~where, where)
    index[where] = 1 + second[where]
    cover[erode(where, SETTINGS.outline_px)] = 255
    result[place] = where
    return result


def refine_boundary(marked: NDArray[np.float32], stack: OverlayStack, second_logit: NDArray[np.float32], search_px: int) -> None:
    """Refines the boundary between two overlays of the same opacity that is known roughly, as from a downscaled picture.

    Args:
        marked: (3, h, w) in [0, 1].
        stack: with two overlays; pixels may change from one to the other.
        second_logit: as for :func:`separate_overlays`.
        search_px: largest displacement of the boundary.
    """
    one, other = stack.overlays
    covered, second = stack.index > 0, stack.index == 2
    near = covered & dilate(second, search_px) & dilate(stack.index == 1, search_px)
    if one.alpha != other.alpha or not near.any():
        return
    where = covered & dilate(near, max(SETTINGS.neighbour_distances_px))
    place = bounds(where).slices
    part = marked[:, *place]
    candidates = one.remove_from(part), other.remove_from(part)
    for _ in range(SETTINGS.iterations):
        second[place] = assign_pixels(candidates, where[place], second[place], second_logit[place], ~near[place])
    stack.index[near] = 1 + second[near]


def find_outline(
    marked: NDArray[np.float32], stack: OverlayStack, logit: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Corrects the extent and the gaps of a single overlay; returns the pixels (h, w) that were added and those that were removed.

    Soft edges stay as they are.

    Args:
        marked: (3, h, w) in [0, 1].
        stack: with one overlay; changed in place.
        logit: (h, w), the network's log-odds of the overlay.
    """
    (overlay,) = stack.overlays
    added, removed = (np.zeros(stack.index.shape, bool) for _ in range(2))
    labels, _ = ndimage.label(dilate(ndimage.binary_fill_holes(dilate(stack.index > 0, SETTINGS.search_margin_px)), 2))
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        where = labels[place] == number
        if np.count_nonzero(where) > SETTINGS.max_area_px:
            continue
        initial, part = stack.index[place] == 1, marked[:, *place]
        covered = assign_pixels(
            (part, overlay.remove_from(part)),
            where,
            initial,
            np.clip(logit[place], -SETTINGS.max_logit, SETTINGS.max_logit),
            ~erode(where, 1),
            AGAINST_BACKGROUND,
            first_gain=float(1 - overlay.alpha) ** -SETTINGS.transmission_exponent,
        )
        changed = (covered != initial) & where
        changed &= dilate(erode(changed, SETTINGS.min_half_width_px), SETTINGS.min_half_width_px + 1)
        added[place] |= changed & ~initial
        removed[place] |= changed & initial
    stack.index[added], stack.cover[added] = 1, 255
    stack.index[removed], stack.cover[removed] = 0, 0
    return added, removed


def assign_pixels(
    candidates: tuple[NDArray[np.float32], NDArray[np.float32]],
    where: NDArray[np.bool_],
    initial: NDArray[np.bool_],
    second_logit: NDArray[np.float32],
    fixed: NDArray[np.bool_],
    costs: LabelCosts = BETWEEN_OVERLAYS,
    first_gain: float = 1.0,
) -> NDArray[np.bool_]:
    """Assigns each pixel to one of two candidates by a minimum cut; returns True (h, w) for the second.

    Args:
        candidates: two of (3, h, w), the recovered picture if every pixel belonged to the first overlay (which may be none), or to the
            second.
        where: (h, w), the pixels to assign; False elsewhere in the result.
        initial: (h, w), the current estimate of the result.
        second_logit: (h, w), log-odds of the second candidate.
        fixed: (h, w), pixels that keep their initial label.
        costs: see :class:`LabelCosts`.
        first_gain: factor of the changes within the first candidate.
    """
    excess = [np.maximum(np.maximum(-each, each - 1) - SETTINGS.rounding, 0).sum(axis=0) for each in candidates]
    one, other = (np.tensordot(OPPONENT, each, 1) for each in candidates)
    average = _average_change(np.where(initial, other, first_gain * one), where)
    second_cost = SETTINGS.out_of_range_cost * (excess[1] - excess[0]) / average[0]
    second_cost = second_cost + np.where(initial, -costs.relabel, costs.relabel) - costs.logit * second_logit
    second_cost[fixed] = np.where(initial[fixed], -MAX_CAPACITY, MAX_CAPACITY)
    number = np.cumsum(where).reshape(where.shape) - 1
    cost, edges = second_cost[where].astype(np.float64), []
    for here, there in _neighbours(where.shape):
        pair = where[here] & where[there]
        start, end, scale = number[here][pair], number[there][pair], average[:, *here][:, pair]
        (start_one, start_other), (end_one, end_other) = ([each[:, *side][:, pair] for each in (one, other)] for side in (here, there))
        changes = [
            np.abs(a - b) for a, b in ((start_one, end_one), (start_one, end_other), (start_other, end_one), (start_other, end_other))
        ]
        changes[0] *= first_gain
        # At edges of the picture itself, which no assignment removes, a boundary must explain more.
        scale = scale + np.minimum.reduce(changes)
        both_first, first_second, second_first, both_second = ((each / scale).mean(axis=0) for each in changes)
        np.add.at(cost, start, second_first + costs.boundary - both_first)
        np.add.at(cost, end, both_second - second_first - costs.boundary)
        edges.append((start, end, first_second + second_first + 2 * costs.boundary - both_first - both_second))
    result = np.zeros(where.shape, bool)
    result[where] = min_cut(cost, *(np.concatenate(each) for each in zip(*edges, strict=True)))
    return result


def _holes_to_cover(
    uncovered: NDArray[np.float32], marked: NDArray[np.float32], holes: NDArray[np.bool_], around: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The holes (h, w) of a watermark in which the picture continues better from ``around`` if they are covered as well."""
    rim, inside = around & dilate(holes, SETTINGS.rim_px) & ~dilate(holes, 1), holes & ~erode(holes, SETTINGS.rim_px)
    if not rim.any():
        return np.zeros_like(holes)
    labels, count = ndimage.label(holes)
    nearest = tuple(index[rim] for index in ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True))
    if_covered, if_open = (
        np.bincount(labels[nearest], np.abs(each[:, *nearest] - uncovered[:, rim]).sum(axis=0), count + 1) for each in (uncovered, marked)
    )
    keep = if_covered < SETTINGS.hole_fill_ratio * if_open
    keep[0] = False
    return np.asarray(keep[labels])


def _average_change(picture: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(c, h, w), the local average of the absolute difference to the next pixel, over the pixels of ``where``."""
    weight = np.maximum(ndimage.gaussian_filter(where.astype(np.float32), SETTINGS.average_sigma_px), SETTINGS.min_window_fraction)
    result = np.empty_like(picture)
    for plane, out in zip(picture, result, strict=True):
        change = sum(np.abs(np.diff(plane, axis=axis, append=plane.take([-1], axis))) for axis in (0, 1)) / 2
        clipped = np.where(where, np.minimum(change, 0.5), 0).astype(np.float32)
        out[:] = ndimage.gaussian_filter(clipped, SETTINGS.average_sigma_px) / weight + SETTINGS.min_average_change
    return result


def _neighbours(shape: tuple[int, ...]) -> Iterator[tuple[Slices, Slices]]:
    """Yields pairs of slices; each pixel of the first is compared with the same of the second."""
    height, width = shape
    for distance in SETTINGS.neighbour_distances_px:
        yield (slice(0, height - distance), slice(None)), (slice(distance, None), slice(None))
        yield (slice(None), slice(0, width - distance)), (slice(None), slice(distance, None))
