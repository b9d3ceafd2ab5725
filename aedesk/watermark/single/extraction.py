"""Takes a mark apart into inks: one is measured on what a network has found, the network says where it is, and what is left is next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import dilated, eroded, grown, joined_groups, regions, strong_groups, strongest_group
from aedesk.watermark.single.boundary_graph_cut import find_outline, odds, share_out
from aedesk.watermark.single.network import NEAR_PX, NOWHERE, Look
from aedesk.watermark.single.overlay import INSIDE_PX, Ink, beside_paint, measure_ink, misfit_shares
from aedesk.watermark.single.overlay_stack import EDGE_PX, Layers

INKS = 2
"""Most inks that are taken off: nearly all marks and most logos have no more, and with each the risk grows to take the picture for one."""
TRIES = 2
"""Most groups that are measured."""
JOIN_PX = 8
"""Letters within twice that of each other are one mark."""
GROUP_PX = 32
"""The same of what is measured as one."""
MARGIN_PX = 8
HUNCH, HUNCH_PX = 2.0, 100
"""Log-odds that so many pixels of a group must have for it to be worth a question."""
SURE, SURE_PX = 2.0, 300
"""The same of the answer."""
CERTAIN, CERTAIN_PX = 6.0, 250
"""Log-odds of the first look that are rare where no mark is, and how many pixels must have them to speak for a mark. Chosen on pictures
of CID22's validation set and Kodak's, so that fewer clean ones are changed."""
RAISED, CERTAIN_SHARE = (0.0, 2.0, 4.0), 0.15
"""Log-odds added to the limit from which a pixel belongs to a mark until such a share of a group is certain: a mark that has run together
with something large, for which nothing speaks, is then apart."""
LIKELY, LIKELY_SHARE = 5.5, 0.1
"""Log-odds of the first look that such a share of what is of the ink of a mark found elsewhere must have. Chosen on four of Kodak's
pictures, enlarged to 12 megapixels."""
CLEAR = -2.0
"""Log-odds below which a pixel bears no mark."""
SMOOTH, WORSE = 0.95, 0.2
"""Share of the contrast across its edges that may be left when an ink is taken off; how much more than of its best group of another."""
FAINTEST = 0.1
"""Opacity below which a mark can hardly be seen, and what is measured is the picture's own."""
IMPOSSIBLE, ROUNDING = 0.25, 0.02
"""Share of pixels that may become darker than black or lighter than white when an ink is taken off, by more than rounding and compression
make them."""
MOSTLY = 0.5
"""The same of a group of what an ink is measured on."""
RATHER, CLEAR_INK = 0.75, 0.7
"""Share of a mask that an ink must be able to come off from; alpha above which what cannot is no sign of another ink, for little can."""
LIVELY, BESIDE_PX, FLATTEST = 2.6, 14, 1e-3
"""How many times as lively (by the standard deviation, no less than the third) as the picture so near to it may be what comes out under a
mark."""
AT_FIRST, MISFIT, GROUP_EVIDENCE = 0.25, 3.0, 0.0
"""Weights of what speaks for a group of an ink, in log-odds, and how much must. Chosen on CID22's pictures and two of the benchmark's."""
SEEN, SEEN_SHARE, THROUGH, EVIDENCE = 1.4, 0.1, 4.0, 8.0
"""The same for all of an ink: the log-odds of the first look that such a share of it exceeds, and how much better it explains what is seen
across its edges than a paint does. A logistic regression, rounded, of the inks that are measured on CBSD68's and McMaster's pictures,
marked and unmarked: of these it keeps 157 of 166 that are true and 1 of 60 that are not."""
SAME = 1.3
"""How much worse than its best an ink may fit at the opacity of the one before, to be of that opacity: inks of one logo are."""
SOFT_PX = 3
"""What is left of a mark so near to what came off is its soft edge."""
OUTLINE_PX = 2
"""How far a mark may reach beyond what is surely of it."""
RIM_COVER = 60
"""Cover (of 255) above which a pixel beyond a mask belongs to its soft edge."""
GAP_PX, GAP_AREA = 1, 60
"""What is left out along the edges of gaps, and how many pixels one needs to be looked at."""
WHITE, CONTRAST, ENCLOSED = 0.85, 0.012, 0.95
"""Least colour of what may be the white of a logo; how much it must differ from what lies around it, and share of that which may be left
when it is taken off."""
CRUMBS = 0.08
"""Share of what came off below which the rest of a mark is not worth another question."""

Ask = Callable[[Ink, Box], Look]
"""Looks for one ink in a part of the picture; the log-odds of the rest are ``NOWHERE``."""


@dataclass
class Peeled:
    """What was taken off.

    Args:
        mask: (h, w), where the network sees an ink; the layers reach beyond it by soft edges.
        bare: (3, h, w), the picture without them.
        gaps: (h, w), where a mark lets the picture through bare.
        logits: of each ink (h, w), where the network sees it.
    """

    layers: Layers
    mask: NDArray[np.bool_]
    bare: NDArray[np.float32]
    gaps: NDArray[np.bool_]
    logits: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def inks(self) -> list[Ink]:
        return self.layers.inks


def peel(marked: NDArray[np.float32], first: Look, ask: Ask, limit: float = 0.0, tries: int = TRIES, evidence: float = EVIDENCE) -> Peeled:
    """Take off all inks that can be measured.

    Args:
        marked: (3, h, w), from 0 to 1.
        first: what the network says of all marks.
        limit: log-odds from which a pixel belongs to a mark.
        tries: most groups that are measured.
        evidence: how much must speak for an ink.
    """
    mask, gaps = (np.zeros(first.logit.shape, bool) for _ in range(2))
    done = Peeled(Layers.none(*first.logit.shape), mask, marked.copy(), gaps)
    left = candidates(first, limit)
    for _ in range(tries):
        if len(done.inks) == INKS or not left.any():
            break
        group = _next_group(left, first, limit)
        clear = (first.logit < CLEAR) & ~left
        for guess in _guesses(marked, group, clear, first, done):
            found = _ink_of(marked, guess, group, clear, ask, limit, done)
            if found is None:
                continue
            ink, look = found
            look = _everywhere(ask, ink, left & (look.logit <= NOWHERE), first.logit > limit + LIKELY, look)
            where = _believed(marked, ink, look, first, clear, _where(look, limit, done), done, evidence)
            if where.any():
                break
        else:
            left &= ~group
            continue
        _take_off(marked, ink, look, _outlined(look, ink, where), done)
        if len(done.inks) == 1:
            _take_off_enclosed(marked, ask, done)
        left &= ~dilated(where, SOFT_PX) & dilated(done.mask, GROUP_PX)  # another ink of the same mark
        if np.count_nonzero(left) < CRUMBS * np.count_nonzero(done.mask):
            break
    if len(done.inks) == 1:
        given, done.gaps = find_outline(marked, done.layers, done.logits[0])
        done.mask = (done.mask | given) & ~done.gaps
        where = done.layers.which > 0
        done.inks[0] = measured_again(done.inks[0], marked, where, ~dilated(where, 1))
        done.bare = done.layers.without(marked)
    if len(done.inks) == 2:
        shared = share_out(marked, done.layers, odds(*done.logits))
        done.mask |= shared
        done.bare[:, shared] = done.layers.without(marked)[:, shared]
    return done


def _next_group(left: NDArray[np.bool_], first: Look, limit: float) -> NDArray[np.bool_]:
    """The group that is likeliest a mark."""
    certain = first.logit > limit + CERTAIN
    for raised in RAISED:
        group = strongest_group(left & (first.logit > limit + raised), certain, GROUP_PX)
        count = np.count_nonzero(certain & group)
        if count >= CERTAIN_PX and count >= CERTAIN_SHARE * np.count_nonzero(group):
            return group
    return strongest_group(left, first.logit > limit + SURE, GROUP_PX)


def believable(marked: NDArray[np.float32], ink: Ink, inside: NDArray[np.bool_], clear: NDArray[np.bool_]) -> bool:
    """Whether what comes out under an ink can be a picture, and goes on like what is ``clear`` of marks near it."""
    if ink.alpha < FAINTEST or ink.misfit >= SMOOTH * ink.contrast:
        return False
    impossible, lively = _uncovered(marked, ink, inside, clear)
    return impossible <= IMPOSSIBLE and lively < LIVELY


def measured_again(ink: Ink, marked: NDArray[np.float32], inside: NDArray[np.bool_], clear: NDArray[np.bool_]) -> Ink:
    """An ink as it is measured where it is known better where it ends; as it was if that cannot be believed, or is another one with which
    less of the edges vanishes: of a large mark seen from near a network sees them less well.

    Args:
        marked: (3, h, w), from 0 to 1.
        inside: (h, w), where it is.
        clear: where no mark is.
    """
    better = measure_ink(marked, marked, inside, clear)
    if better is None or not (better.like(ink) or better.misfit * ink.contrast < ink.misfit * better.contrast):
        return ink
    return better if believable(marked, better, inside, clear) else ink


def _uncovered(marked: NDArray[np.float32], ink: Ink, inside: NDArray[np.bool_], clear: NDArray[np.bool_]) -> tuple[float, float]:
    """The share of pixels that no picture can have where an ink comes off, and how many times as lively as near it the picture is there;
    once, where nothing is clear near it."""
    core = eroded(inside, INSIDE_PX)
    under = ink.under(marked[:, core if core.any() else inside])
    near = marked[:, dilated(inside, BESIDE_PX) & clear]
    return float(_impossible(under).mean()), float(under.std(axis=1).mean() / max(near.std(axis=1).mean(), FLATTEST)) if near.size else 1.0


def _impossible(under: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(...), which of (3, ...) pixels no picture can have."""
    return np.asarray(((under < -ROUNDING) | (under > 1 + ROUNDING)).any(axis=0))


def _guesses(marked: NDArray[np.float32], group: NDArray[np.bool_], clear: NDArray[np.bool_], first: Look, done: Peeled) -> Iterator[Ink]:
    """Inks that a group may be of, the likelier first: the one measured across its edges, and the one that the network saw in it."""
    measured = _measured(marked, done, group, clear)
    if measured is not None:
        yield measured
    surer = group & (first.logit >= np.median(first.logit[group]))
    alpha = float(np.median(first.alpha[surer]))
    colour = np.median(first.light[:, surer] / np.maximum(first.alpha[surer], FAINTEST), axis=1)
    red, green, blue = (alpha * np.minimum(colour, 1)).tolist()
    yield Ink((red, green, blue), alpha, misfit=1.0)  # how well it fits nobody has seen


def _ink_of(
    marked: NDArray[np.float32], guess: Ink, group: NDArray[np.bool_], clear: NDArray[np.bool_], ask: Ask, limit: float, done: Peeled
) -> tuple[Ink, Look] | None:
    """The ink of a group that is thought to be of about that one, and where it is around it; None if it is of none.

    What the first look took for the mark may be half of it, or more: the ink that was guessed finds a mask to measure it on again. If what
    is measured then cannot be believed, it may be as it was guessed.
    """
    box = _around(group)
    look = ask(guess, box)
    sure = _where(look, limit, done) & (look.logit > limit + 1)
    clear = clear & (look.logit < CLEAR)
    shares, labels = _misfit_shares(marked, guess, sure, clear, done)
    sure = sure & (shares < max(SMOOTH, shares[1:].min(initial=np.inf) + WORSE))[labels]
    cannot, area = (np.bincount(labels[sure], weights, len(shares)) for weights in (_impossible(guess.under(marked[:, sure])), None))
    sure &= (cannot <= MOSTLY * area)[labels]
    if not sure.any():
        return None
    for each in (_measured(marked, done, sure, clear), guess):
        if each is not None and believable(marked, each, _without_sign(marked, each, sure), clear):
            return each, look if each.like(guess) else ask(each, box)
    return None


def _without_sign(marked: NDArray[np.float32], ink: Ink, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask without the places, if they are the smaller part of it, that are too light to be under an ink: the white sign on a disc."""
    box = bounds(inside)
    if box.empty or ink.alpha > CLEAR_INK:
        return inside
    part = box.slices
    light = (ink.under(marked[:, *part]) > 1 + ROUNDING).any(axis=0) & inside[part]
    result = inside.copy()
    result[part] &= ~dilated(ndimage.binary_opening(light, np.ones((3, 3))), INSIDE_PX)
    return result if np.count_nonzero(result) >= RATHER * np.count_nonzero(inside) else inside


def _everywhere(ask: Ask, ink: Ink, others: NDArray[np.bool_], likely: NDArray[np.bool_], look: Look) -> Look:
    """A look with what other groups, which may be of the ink too, add to it: each is asked about in its own place, if that is less work.
    Those that are not ``likely``, or small beside what is known to be of the ink, are not: in a large picture many are nothing."""
    least = CRUMBS * np.count_nonzero(look.logit > 0)
    boxes = []
    for box in regions(others):
        area, sure = (np.count_nonzero(each[box.top : box.bottom, box.left : box.right]) for each in (others, others & likely))
        if area >= least and sure >= LIKELY_SHARE * area:
            boxes.append(box)
    if boxes and sum((box.width + 2 * NEAR_PX) * (box.height + 2 * NEAR_PX) for box in boxes) > others.size:
        boxes = [_around(others)]
    height, width = others.shape
    for box in boxes:
        part = grown(box, MARGIN_PX, width, height)
        place = (slice(part.top, part.bottom), slice(part.left, part.right))
        more = ask(ink, part)
        surer = more.logit[place] > look.logit[place]
        for old, new in ((look.logit, more.logit), (look.alpha, more.alpha), *zip(look.light, more.light, strict=True)):
            old[place][surer] = new[place][surer]
    return look


def _believed(
    marked: NDArray[np.float32],
    ink: Ink,
    look: Look,
    first: Look,
    clear: NDArray[np.bool_],
    where: NDArray[np.bool_],
    done: Peeled,
    evidence: float,
) -> NDArray[np.bool_]:
    """What of a look at an ink is believed: the groups for which enough speaks, if enough speaks for them together.

    That is how sure the network is of the ink, was before it was asked, and how well the picture goes on under it; of all of them that the
    picture goes on at all, for a thing in the picture is explained as well by a paint.
    """
    clear = clear & (look.logit < CLEAR)
    shares, labels = _misfit_shares(marked, ink, where, clear, done)
    sure = look.logit + AT_FIRST * first.logit
    sums, areas = (np.bincount(labels[where], weights, len(shares)) for weights in (sure[where], None))
    where = where & (sums >= areas * (MISFIT * shares + GROUP_EVIDENCE))[labels]
    if where.any():
        seen = float(np.quantile(first.logit[where], 1 - SEEN_SHARE))
        through = beside_paint(marked, done.bare, where, clear | done.mask, ink)
        if SEEN * seen - THROUGH * np.log(through) < evidence:
            where[:] = False
    return where


def _misfit_shares(
    marked: NDArray[np.float32], ink: Ink, inside: NDArray[np.bool_], clear: NDArray[np.bool_], done: Peeled
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Shares of the contrast that are left of the groups of a mask, the ink's own where that cannot be seen, and the groups."""
    labels = joined_groups(inside, JOIN_PX)
    shares = misfit_shares(marked, done.bare, labels, inside, clear | done.mask, ink)
    return np.where(np.isnan(shares), ink.misfit / ink.contrast, shares), labels


def _around(mask: NDArray[np.bool_]) -> Box:
    """A box twice as large as what is in a mask."""
    box = bounds(mask)
    height, width = mask.shape
    return grown(Box(*box), max(MARGIN_PX, max(box.width, box.height) // 2), width, height)


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


def _where(look: Look, limit: float, done: Peeled) -> NDArray[np.bool_]:
    found = strong_groups(look.logit > limit, look.logit > limit + SURE, SURE_PX, JOIN_PX)
    return np.asarray(found & ~eroded(done.mask, EDGE_PX))


def _outlined(look: Look, ink: Ink, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask that is believed, ending where the network sees less than half of the ink."""
    result = dilated(where, OUTLINE_PX) & (look.alpha > 0.5 * ink.alpha)
    return result if result.any() else where


def _take_off_enclosed(marked: NDArray[np.float32], ask: Ask, done: Peeled) -> None:
    """Take off the white that the first ink encloses: signs of logos are so, and no network need have seen them.

    What is fitted at the opacity of that ink is white where it is part of the mark. Where the picture shows through a gap it is of the
    picture's own colours; a white picture is left alone, for it fits no better than before.
    """
    first = done.inks[0]
    gaps = ndimage.binary_fill_holes(done.mask) & ~dilated(done.mask, GAP_PX)
    labels, count = ndimage.label(dilated(gaps, GAP_PX) & ~done.mask)
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    areas[0] = 0
    gaps = (areas >= GAP_AREA)[labels]
    if not gaps.any():
        return
    white = measure_ink(marked, done.bare, gaps, done.mask, first.alpha)
    if white is None or min(white.light) < WHITE * first.alpha or white.contrast < CONTRAST:
        return
    shares, other = (misfit_shares(marked, done.bare, labels, gaps, done.mask, each) for each in (white, first))
    unlike = ~(shares < np.fmin(ENCLOSED, other))
    unlike[0] = True
    gaps &= ~unlike[labels]
    if np.count_nonzero(gaps) < GAP_AREA:
        return
    _take_off(marked, white, ask(white, _around(gaps)), gaps, done)


def _take_off(marked: NDArray[np.float32], ink: Ink, look: Look, where: NDArray[np.bool_], done: Peeled) -> None:
    done.inks.append(ink)
    done.logits.append(look.logit)
    taken = done.layers.put(len(done.inks), where & ~done.mask, look.alpha, marked)
    done.bare[:, taken] = done.layers.without(marked)[:, taken]
    done.mask |= where | (taken & (done.layers.cover > RIM_COVER))
