"""Takes a mark apart into inks: one is measured on what a network has found, the network says where it is, and what is left is next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aedesk.models.unblending import LEAST_LIGHT
from aedesk.restoration.eraser import Look
from aedesk.restoration.ink import Ink, measure_ink
from aedesk.restoration.mask_regions import dilated, eroded, strong_groups

INKS = 2
"""Most inks that are taken off: nearly all marks and most logos have no more, and with each the risk grows to take the picture for one."""
JOIN_PX = 8
"""Letters within twice that of each other are one mark."""
HUNCH, HUNCH_PX = 2.0, 100
"""Log-odds that so many pixels of a group must have for it to be worth a question."""
SURE, SURE_PX = 2.0, 150
"""The same of the answer."""
CLEAR = -2.0
"""Log-odds below which a pixel bears no mark."""
SMOOTH = 0.6
"""Share of the contrast across its edges that may be left when an ink is taken off."""
SAME = 1.3
"""How much worse than its best an ink may fit at the opacity of the one before, to be of that opacity: inks of one logo are."""
SOFT_PX = 3
"""What is left of a mark so near to what came off is its soft edge."""
CRUMBS = 0.08
"""Share of what came off below which the rest of a mark is not worth another question."""
EDGE_PX = 1
"""How far soft edges reach beyond what the network says, ..."""
CORE_PX = 2
"""... and how deep they go into it."""
TRACE = 0.02
"""Cover below which a pixel is none of the mark."""

Ask = Callable[[Ink], Look]
"""Looks for one ink."""


@dataclass
class Peeled:
    """What was taken off.

    Args:
        mask: (h, w), where an ink is.
        alpha: (h, w); with soft edges, somewhat beyond the mask.
        light: (3, h, w).
        bare: (3, h, w), the picture without it.
        inks: in the order in which they came off.
    """

    mask: NDArray[np.bool_]
    alpha: NDArray[np.float32]
    light: NDArray[np.float32]
    bare: NDArray[np.float32]
    inks: list[Ink] = field(default_factory=list)


def peel(marked: NDArray[np.float32], first: Look, ask: Ask, limit: float = 0.0) -> Peeled:
    """Take off all inks that can be measured.

    Args:
        marked: (3, h, w), from 0 to 1.
        first: what the network says of all marks.
        limit: log-odds from which a pixel belongs to a mark.
    """
    shape = first.logit.shape
    done = Peeled(np.zeros(shape, bool), np.zeros(shape, np.float32), np.zeros(marked.shape, np.float32), marked.copy())
    left = candidates(first, limit)
    while len(done.inks) < INKS and left.any():
        ink = _measured(marked, done, left, (first.logit < CLEAR) & ~left)
        if ink is None:
            break
        # What the first look took for the mark may be half of it, or more; the ink measured on it finds a mask to measure it on.
        look, where = _where(ask(ink), limit, done)
        clear = (look.logit < CLEAR) & (first.logit < limit) & ~left
        better = _measured(marked, done, where & (look.logit > limit + 1), clear)
        if better is None or better.misfit > SMOOTH * better.contrast:
            break
        if not better.like(ink):
            look, where = _where(ask(better), limit, done)
        if not where.any():
            break
        _take_off(marked, better, look, where, done)
        left &= ~dilated(where, SOFT_PX)
        if np.count_nonzero(left) < CRUMBS * np.count_nonzero(done.mask):
            break
    return done


def candidates(first: Look, limit: float) -> NDArray[np.bool_]:
    """What of a first look is worth a question."""
    return strong_groups(first.logit > limit, first.logit > limit + HUNCH, HUNCH_PX, JOIN_PX)


def _measured(marked: NDArray[np.float32], done: Peeled, inside: NDArray[np.bool_], clear: NDArray[np.bool_]) -> Ink | None:
    outside = clear | done.mask
    ink = measure_ink(marked, done.bare, inside, outside)
    if ink is not None and done.inks:
        same = measure_ink(marked, done.bare, inside, outside, done.inks[0].alpha)
        if same is not None and same.misfit < SAME * ink.misfit:
            return same
    return ink


def _where(look: Look, limit: float, done: Peeled) -> tuple[Look, NDArray[np.bool_]]:
    found = strong_groups(look.logit > limit, look.logit > limit + SURE, SURE_PX, JOIN_PX)
    return look, found & ~eroded(done.mask, EDGE_PX)


def _take_off(marked: NDArray[np.float32], ink: Ink, look: Look, where: NDArray[np.bool_], done: Peeled) -> None:
    cover = np.where(dilated(where, EDGE_PX) & ~done.mask, np.clip(look.alpha / ink.alpha, 0, 1), 0).astype(np.float32)
    cover[eroded(where, CORE_PX)] = 1
    cover[cover < TRACE] = 0
    light, alpha = ink.planes(cover)
    taken = cover > 0
    done.alpha[taken], done.light[:, taken] = alpha[taken], light[:, taken]
    done.bare[:, taken] = (marked[:, taken] - light[:, taken]) / np.maximum(1 - alpha[taken], LEAST_LIGHT)
    done.mask |= where
    done.inks.append(ink)
