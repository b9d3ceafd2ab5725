"""Marks of one colour and one opacity, measured across their edges.

Most marks are: J = alpha W + (1 - alpha) I with the same alpha and W all over (text, stamps), or a few such pairs (logos). A network
says where a mark is better than how opaque it is, but across a mark's edge the picture goes on. What lies on the two sides of it is
enough for four numbers, and thousands of pixels speak for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.inpainting.regions import eroded

OPPONENT = np.array(((1, 1, 1), (1, 0, -1), (-1, 2, -1)), np.float32)
OPPONENT /= np.linalg.norm(OPPONENT, axis=1, keepdims=True)
"""Light, and two differences of colours, of red, green and blue (Ohta, Kanade and Sakai 1980): pictures change far more in light than in
colour, and inks as much in the one as in the other."""
COLOURED = np.array((0.6, 1.2, 1.2), np.float32)[:, None] * OPPONENT
"""The same, weighted: what misfits are told in."""
ALIKE = 0.05
"""Difference of alpha, or of light, for which a network is not asked again."""
COARSE, FINE = np.arange(0.06, 0.9, 0.04), np.arange(-0.03, 0.04, 0.01)
"""Opacities that are tried, and what is tried around the best of them."""
NEAR_PX = 3.0
"""Sigma of the means on either side of an edge."""
ENOUGH = 0.04
"""Share of a mean's window that must lie on its side."""
INSIDE_PX, OUTSIDE_PX = 2, 3
"""What is left out on either side, where soft edges are."""
SLIVER = 0.15
"""Share of a mark that must be left; of a thinner one less is left out."""
SAMPLES, LEAST_SAMPLES = 3000, 60
OUTLIER = 0.05
"""Largest misfit that counts: where the picture itself has an edge, the mask is wrong, or another ink begins."""
CELL, NEAR = 0.1, 0.07
"""Edges of the cells in which lights are counted, and how far from a light in each channel what agrees with it lies."""
GRAIN = 0.001
"""Misfit that says nothing."""
STEPS = 3
POWER = 0.65
"""Of 1 / (1 - alpha), by which misfits are multiplied. With 0 the picture's own changes would be taken for opacity, with 1 for clarity."""


@dataclass(frozen=True)
class Ink:
    """One colour and one opacity.

    Args:
        light: alpha W, each from 0 to alpha.
        alpha: from 0 to 1.
        misfit: mean distance of the two sides once it is taken off.
        contrast: the same with it.
    """

    light: tuple[float, float, float]
    alpha: float
    misfit: float = 0.0
    contrast: float = 1.0

    def like(self, other: Ink) -> bool:
        """Whether a network that is asked for one would answer the same about the other."""
        mine, theirs = np.array((*self.light, self.alpha)), np.array((*other.light, other.alpha))
        return bool(np.abs(mine - theirs).max() < ALIKE)

    def under(self, marked: NDArray[np.float32]) -> NDArray[np.float32]:
        """(3, ...), what is under it where it covers all of (3, ...) pixels; beyond 0 to 1 where it cannot."""
        light = np.asarray(self.light, np.float32).reshape(3, *(1,) * (marked.ndim - 1))
        return np.asarray((marked - light) / np.float32(1 - self.alpha), np.float32)


def measure_ink(
    marked: NDArray[np.float32],
    bare: NDArray[np.float32],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    alpha: float | None = None,
) -> Ink | None:
    """The ink that makes the picture go on across most of the edges of a mark; None if too little of them can be seen.

    For each alpha the lights alpha W = J - (1 - alpha) I of the edges are looked through for one that many share, and its misfit is the
    mean over all of them, of which large ones do not count: half of what is taken for a mark may be none, or of another ink.

    Args:
        marked: (3, h, w), from 0 to 1.
        bare: the same, what is known of the picture ``outside``.
        inside: (h, w), where nothing but the ink covers the picture.
        outside: where ``bare`` is the picture.
        alpha: the opacity if it is known.
    """
    edges = _across(marked, bare, inside, outside)
    if len(edges.places) < LEAST_SAMPLES:
        return None
    pairs = edges.some(SAMPLES)
    if alpha is not None:
        return _fitted(*pairs, alpha)
    rough = min((_fitted(*pairs, float(opacity)) for opacity in COARSE), key=attrgetter("misfit"))
    return min((_fitted(*pairs, float(opacity)) for opacity in rough.alpha + FINE), key=attrgetter("misfit"))


def misfit_shares(
    marked: NDArray[np.float32],
    bare: NDArray[np.float32],
    labels: NDArray[np.int32],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    ink: Ink,
) -> NDArray[np.float64]:
    """For every group of a mask how much of the contrast across its edges is left when an ink is taken off; NaN where too little of them
    can be seen.

    Args:
        marked, bare, inside, outside: as for :func:`measure_ink`.
        labels: (h, w), the groups and their surroundings, numbered from 1; the result's first number is of what is in none.
    """
    groups = int(labels.max()) + 1
    edges = _across(marked, bare, inside, outside)
    if not len(edges.places):
        return np.full(groups, np.nan)
    ours, theirs = edges.some(len(edges.places))
    group = labels[edges.part].flat[edges.places]
    misfits = _misfits(ours - (1 - ink.alpha) * theirs - np.asarray(ink.light)[:, None], ink.alpha)
    left, before = (np.bincount(group, each.mean(axis=0), groups) for each in (misfits, _misfits(ours - theirs)))
    seen = np.bincount(group, minlength=groups) >= LEAST_SAMPLES
    return np.divide(left, before, out=np.full(groups, np.nan), where=seen & (before > 0))


def beside_paint(
    marked: NDArray[np.float32], bare: NDArray[np.float32], inside: NDArray[np.bool_], outside: NDArray[np.bool_], ink: Ink
) -> float:
    """The misfit of an ink as a multiple of that of the paint which fits best and hides what is under it: 1 for what is as well explained
    as a thing in the picture, less if the picture is seen to go on under the ink; 1 where too little of the edges can be seen.

    Arguments as for :func:`measure_ink`.
    """
    edges = _across(marked, bare, inside, outside)
    if len(edges.places) < LEAST_SAMPLES:
        return 1.0
    ours, theirs = edges.some(SAMPLES)
    under = _misfits(ours - (1 - ink.alpha) * theirs - np.asarray(ink.light)[:, None], ink.alpha)
    paint = _misfits(ours - np.median(ours, axis=1, keepdims=True))
    return float((under.mean() + GRAIN) / (paint.mean() + GRAIN))


def _fitted(ours: NDArray[np.float64], theirs: NDArray[np.float64], alpha: float) -> Ink:
    lights = ours - (1 - alpha) * theirs
    cells = np.array([64 * 64, 64, 1]) @ np.floor(lights / CELL).astype(int)
    values, counts = np.unique(cells, return_counts=True)
    commonest = lights[:, cells == values[counts.argmax()]]
    fits = [_refined(lights, np.median(some, axis=1), alpha) for some in (lights, commonest)]
    misfits = [float(_misfits(lights - light[:, None], alpha).mean()) for light in fits]
    best = int(np.argmin(misfits))
    red, green, blue = fits[best].tolist()
    return Ink((red, green, blue), alpha, misfits[best], float(_misfits(ours - theirs).mean()))


def _refined(lights: NDArray[np.float64], light: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """The median of those lights that are near it, found in a few steps."""
    light = np.clip(light, 0, alpha)
    for _ in range(STEPS):
        near = (np.abs(lights - light[:, None]) < NEAR).all(axis=0)
        if np.count_nonzero(near) < LEAST_SAMPLES // 2:
            break
        light = np.clip(np.median(lights[:, near], axis=1), 0, alpha)
    return light


@dataclass(frozen=True)
class _Edges:
    """Where both sides of a mark's edges can be seen.

    Args:
        part: of the picture, around the mark.
        places: (n,), flat indices in it.
        sides: (planes, where, weight) of the inside and the outside: sums of ``planes[:, where]`` near a place, divided by its ``weight``,
            are means.
    """

    part: tuple[slice, slice]
    places: NDArray[np.intp]
    sides: tuple[tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]], ...]

    def some(self, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(3, n) means of what lies inside and of what lies outside near so many of the places."""
        places = self.places
        if len(places) > most:
            places = np.random.default_rng(0).choice(places, most, replace=False)
        ours, theirs = (
            np.stack([_blurred(np.where(where, plane, 0)).flat[places] / weight.flat[places] for plane in planes]).astype(np.float64)
            for planes, where, weight in self.sides
        )
        return ours, theirs


def _across(marked: NDArray[np.float32], bare: NDArray[np.float32], inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> _Edges:
    box = bounds(inside)
    if box.empty:
        return _Edges((slice(0), slice(0)), np.zeros(0, np.intp), ())
    part = box.grown(int(4 * NEAR_PX) + OUTSIDE_PX).within(inside).slices
    inside, outside = inside[part], eroded(outside[part], OUTSIDE_PX)
    core = eroded(inside, INSIDE_PX)
    if np.count_nonzero(core) < SLIVER * np.count_nonzero(inside):
        core = eroded(inside, 1)
    here, there = (_blurred(where.astype(np.float32)) for where in (core, outside))
    places = np.flatnonzero((here > ENOUGH) & (there > ENOUGH))
    return _Edges(part, places, ((marked[:, *part], core, here), (bare[:, *part], outside, there)))


def _blurred(plane: NDArray) -> NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(plane.astype(np.float32, copy=False), NEAR_PX, mode="constant"))


def _misfits(difference: NDArray[np.float64], alpha: float = 0.0) -> NDArray[np.float64]:
    return np.asarray(np.minimum(np.abs(COLOURED @ difference) / (1 - alpha) ** POWER, OUTLIER))
