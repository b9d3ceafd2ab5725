"""Where an ink of a mark ends, or another begins: the border beside which the picture goes on.

A network tells the inks of a logo apart only roughly, and now and then takes a gap for a part of the mark. But of two inks that may lie
over a pixel, or an ink and none, only the right one leaves the picture as it is next to it. Which of them each pixel has, so that the
picture changes as little as possible along all of their borders, is a minimum cut (Kolmogorov and Zabih 2004). Between two inks of one
opacity it is exact: the cost of two neighbours with different ones can never be less than the change within one.

Changes are told in light and two differences of colours, each beside its own usual change: a picture changes less in colour.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from aedesk.imaging.masks import bounds
from aedesk.inpainting.regions import dilated, eroded
from aedesk.watermark.single.overlay import OPPONENT
from aedesk.watermark.single.overlay_stack import Layers, Place

REACH_PX = (1, 2, 3)
"""Distances of the neighbours that are compared: edges are soft, and a pixel may be of both inks."""
OUTSIDE = 0.6
"""Cost, beside the usual change of light from a pixel to the next, of one darker than black or lighter than white by all of its range."""
BETWEEN_INKS, AROUND_INK = (0.25, 0.02, 0.05), (0.3, 0.5, 0.5)
"""The same of a border, of another ink than was thought, and of each unit of log-odds that were told against an ink. All of them chosen on
marks over CBSD68's and McMaster's pictures."""
CLEARER = 0.5
"""Power of 1 / (1 - alpha) by which changes of the bare picture are multiplied: without it all would be bare, for an ink weakens them."""
THICK_PX, AROUND_PX, MOST_PX = 1, 3, 500_000
"""Half the least width of what is given to an ink or taken from it, for the rest is its soft edges; how far beyond a mark it may be; and
the largest mark, with its holes, that is gone over, for memory."""
NEAR_PX, LEAST_SHARE, LEAST_CHANGE = 4.0, 0.02, 0.006
"""Sigma of the surroundings in which the usual change is measured, what of them must be seen, and the least that it can be."""
ROUNDING = 0.02
DIGITS, MOST = 1000, 10_000
"""Capacities of the cut are whole numbers: costs, up to the second, times the first."""
ROUNDS = 2
"""How often the border is found: the usual change is better known once it has been."""
CRACK_PX, OUTLINE_PX = 2, 4
"""Half the width of what may lie between two inks of one mark, and how near to its outline a pixel may be bare in part."""
DOUBT = 4.0
"""Log-odds beyond which a network is no surer which ink a pixel has."""
RIM_PX, INKED = 3, 0.8
"""How wide the rims of a hole are, and what of the change from one to the other may be left, if both are inked, where the hole is."""


def odds(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much likelier a pixel has the other ink than the one, told from a network's log-odds of both."""
    return np.asarray(np.clip(other, -DOUBT, DOUBT) - np.clip(one, -DOUBT, DOUBT))


def share_out(marked: NDArray[np.float32], layers: Layers, odds: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find the border between two inks of a mark that have one opacity and touch; returns (h, w), the pixels of that mark. Inside of it
    they leave nothing bare, but for holes that look better as they are.

    Args:
        marked: (3, h, w), from 0 to 1.
        layers: with two inks; changed.
        odds: (h, w), how much likelier a network takes a pixel for the second than for the first.
    """
    result = np.zeros(layers.which.shape, bool)
    one, other = layers.inks
    if one.alpha != other.alpha:
        return result
    labels, count = ndimage.label(ndimage.binary_closing(layers.which > 0, np.ones((2 * CRACK_PX + 1,) * 2)))
    both = np.all([np.bincount(labels[layers.which == number], minlength=count + 1) > 0 for number in (1, 2)], axis=0)
    both[0] = False
    if not both.any():
        return result
    place = bounds(both[labels]).slices
    part, where, which, cover = marked[:, *place], both[labels[place]], layers.which[place], layers.cover[place]
    whole = ndimage.binary_fill_holes(where)
    fixed = whole & ~eroded(whole, OUTLINE_PX) & (which == 1)
    under = one.under(part), other.under(part)
    second = which == 2
    for _ in range(ROUNDS):
        second = second_of_two(under, whole, second, odds[place], fixed)
    where |= _inked(np.where(second, under[1], under[0]), part, whole & ~where, where)
    which[where] = 1 + second[where]
    cover[eroded(where, OUTLINE_PX)] = 255
    result[place] = where
    return result


def sharpen_border(marked: NDArray[np.float32], layers: Layers, odds: NDArray[np.float32], reach_px: int) -> None:
    """Find the border between two inks of one opacity once more where it is known roughly, as when it was found in a smaller picture.

    Args:
        marked: (3, h, w), from 0 to 1.
        layers: with two inks, of which one may be changed into the other.
        odds: as for :func:`share_out`.
        reach_px: how far the border may be from where it is.
    """
    one, other = layers.inks
    inked, second = layers.which > 0, layers.which == 2
    near = inked & dilated(second, reach_px) & dilated(layers.which == 1, reach_px)
    if one.alpha != other.alpha or not near.any():
        return
    where = inked & dilated(near, max(REACH_PX))
    place = bounds(where).slices
    part = marked[:, *place]
    under = one.under(part), other.under(part)
    for _ in range(ROUNDS):
        second[place] = second_of_two(under, where[place], second[place], odds[place], ~near[place])
    layers.which[near] = 1 + second[near]


def find_outline(marked: NDArray[np.float32], layers: Layers, logit: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find out where a single ink is and where it has gaps; returns two of (h, w), what it was given and what was taken from it. Its soft
    edges stay as they are.

    Args:
        marked: (3, h, w), from 0 to 1.
        layers: with one ink; changed.
        logit: (h, w), log-odds, as a network sees them, that a pixel is of it.
    """
    (ink,) = layers.inks
    given, taken = (np.zeros(layers.which.shape, bool) for _ in range(2))
    labels, _ = ndimage.label(dilated(ndimage.binary_fill_holes(dilated(layers.which > 0, AROUND_PX)), 2))
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        where = labels[place] == number
        if np.count_nonzero(where) > MOST_PX:
            continue
        told, part = layers.which[place] == 1, marked[:, *place]
        odds = np.clip(logit[place], -DOUBT, DOUBT)
        inked = second_of_two(
            (part, ink.under(part)), where, told, odds, ~eroded(where, 1), AROUND_INK, gain=float(1 - ink.alpha) ** -CLEARER
        )
        changed = (inked != told) & where
        changed &= dilated(eroded(changed, THICK_PX), THICK_PX + 1)
        given[place] |= changed & ~told
        taken[place] |= changed & told
    layers.which[given], layers.cover[given] = 1, 255
    layers.which[taken], layers.cover[taken] = 0, 0
    return given, taken


def second_of_two(
    under: tuple[NDArray[np.float32], NDArray[np.float32]],
    where: NDArray[np.bool_],
    told: NDArray[np.bool_],
    odds: NDArray[np.float32],
    fixed: NDArray[np.bool_],
    costs: tuple[float, float, float] = BETWEEN_INKS,
    gain: float = 1.0,
) -> NDArray[np.bool_]:
    """(h, w), the pixels of a mark that are of the second of two inks; the others are of the first.

    Args:
        under: two of (3, h, w), the picture if all were of the one ink, which may be none, and of the other.
        where: (h, w), what is of one of them.
        told: what is thought to be of the second.
        odds: how much likelier a network takes it for the second.
        fixed: what surely is as told.
        costs: of a border, of what is not as told, and of each unit of ``odds``.
        gain: what changes within the first are multiplied by.
    """
    border, otherwise, weight = costs
    beyond = [np.maximum(np.maximum(-each, each - 1) - ROUNDING, 0).sum(axis=0) for each in under]
    one, other = (np.tensordot(OPPONENT, each, 1) for each in under)
    usual = _usual_change(np.where(told, other, gain * one), where)
    second = OUTSIDE * (beyond[1] - beyond[0]) / usual[0] + np.where(told, -otherwise, otherwise) - weight * odds
    second[fixed] = np.where(told[fixed], -MOST, MOST)
    number = np.cumsum(where).reshape(where.shape) - 1
    cost, edges = second[where].astype(np.float64), []
    for here, there in _neighbours(where.shape):
        pair = where[here] & where[there]
        start, end, scale = number[here][pair], number[there][pair], usual[:, *here][:, pair]
        (from_one, from_other), (to_one, to_other) = ([each[:, *side][:, pair] for each in (one, other)] for side in (here, there))
        changes = [np.abs(a - b) for a, b in ((from_one, to_one), (from_one, to_other), (from_other, to_one), (from_other, to_other))]
        changes[0] *= gain
        # Where the picture has an edge of its own, whatever the inks, a border must explain more of it.
        scale = scale + np.minimum.reduce(changes)
        stay, leave, enter, last = ((each / scale).mean(axis=0) for each in changes)
        np.add.at(cost, start, enter + border - stay)
        np.add.at(cost, end, last - enter - border)
        edges.append((start, end, leave + enter + 2 * border - stay - last))
    result = np.zeros(where.shape, bool)
    result[where] = _least(cost, *(np.concatenate(each) for each in zip(*edges, strict=True)))
    return result


def _inked(
    bare: NDArray[np.float32], marked: NDArray[np.float32], holes: NDArray[np.bool_], around: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The holes in a mark in which the picture goes on better from ``around`` if they are inked too."""
    rim, inside = around & dilated(holes, RIM_PX) & ~dilated(holes, 1), holes & ~eroded(holes, RIM_PX)
    if not rim.any():
        return np.zeros_like(holes)
    labels, count = ndimage.label(holes)
    near = tuple(index[rim] for index in ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True))
    inked, open_ = (np.bincount(labels[near], np.abs(each[:, *near] - bare[:, rim]).sum(axis=0), count + 1) for each in (bare, marked))
    keep = inked < INKED * open_
    keep[0] = False
    return np.asarray(keep[labels])


def _usual_change(picture: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(c, h, w), by how much a pixel of a (c, h, w) picture differs from the next, in the mean around it."""
    seen = np.maximum(ndimage.gaussian_filter(where.astype(np.float32), NEAR_PX), LEAST_SHARE)
    result = np.empty_like(picture)
    for plane, out in zip(picture, result, strict=True):
        change = sum(np.abs(np.diff(plane, axis=axis, append=plane.take([-1], axis))) for axis in (0, 1)) / 2
        out[:] = ndimage.gaussian_filter(np.where(where, np.minimum(change, 0.5), 0).astype(np.float32), NEAR_PX) / seen + LEAST_CHANGE
    return result


def _neighbours(shape: tuple[int, ...]) -> Iterator[tuple[Place, Place]]:
    """Pairs of places: each pixel of one is compared with the same of the other."""
    height, width = shape
    for reach in REACH_PX:
        yield (slice(0, height - reach), slice(None)), (slice(reach, None), slice(None))
        yield (slice(None), slice(0, width - reach)), (slice(None), slice(reach, None))


def _least(cost: NDArray[np.float64], start: NDArray[np.intp], end: NDArray[np.intp], capacity: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,), which of n pixels cost least as second ones.

    Args:
        cost: (n,), what each costs more as a second than as a first one.
        start, end, capacity: (m,), what a pair costs more if ``start`` is a first and ``end`` a second one.
    """
    count = len(cost)
    source, sink, pixels = count, count + 1, np.arange(count)
    starts = np.concatenate((start, np.full(count, source), pixels))
    ends = np.concatenate((end, pixels, np.full(count, sink)))
    whole = np.rint(np.clip(np.concatenate((capacity, cost, -cost)), 0, MOST) * DIGITS).astype(np.int32)
    graph = coo_matrix((whole, (starts, ends)), (count + 2, count + 2)).tocsr().astype(np.int32)
    rest = graph - maximum_flow(graph, source, sink).flow
    rest.data[rest.data < 0] = 0
    rest.eliminate_zeros()
    result = np.ones(count + 2, bool)
    result[breadth_first_order(rest, source, return_predecessors=False)] = False
    return np.asarray(result[:count])
