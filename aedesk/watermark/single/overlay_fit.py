"""Fits a uniform overlay to a mask by comparing the picture on both sides of the mask's edges.

The network predicts where a watermark is more accurately than how opaque it is. Across the edge of a watermark the picture continues, so
the means of both sides near an edge pixel, J inside and I outside, satisfy J = alpha W + (1 - alpha) I with four unknowns, and thousands
of edge pixels determine them.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.inpainting.mask_ops import erode
from aedesk.watermark.single.overlay import UniformOverlay

OPPONENT = np.array(((1, 1, 1), (1, 0, -1), (-1, 2, -1)), np.float32)
OPPONENT /= np.linalg.norm(OPPONENT, axis=1, keepdims=True)
"""Rows: intensity and two colour differences of RGB (Ohta, Kanade and Sakai 1980). Pictures vary far more in intensity than in colour;
overlays change both alike."""

COARSE_ALPHAS, FINE_ALPHA_OFFSETS = np.arange(0.06, 0.9, 0.04), np.arange(-0.03, 0.04, 0.01)
"""Opacities that are tried first, and offsets that are tried around the best of them."""
EDGE_CLEARANCE_PX = 2
"""Width of the rim inside of a mask that is not measured, because edges are soft."""


@dataclass(frozen=True)
class OverlayFitSettings:
    """Settings of the fit. They were chosen by hand; no script fits them yet.

    Args:
        sigma_px: of the Gaussian means on both sides of an edge.
        min_side_weight: share of the Gaussian window that must lie on either side.
        outside_clearance_px: width of the rim outside of a mask that is not measured, because edges are soft.
        thin_fraction: a mask of which less than this is left by ``EDGE_CLEARANCE_PX`` is eroded by 1 pixel only.
        max_samples: edge pixels that are used.
        min_samples: edge pixels below which nothing is fitted.
        max_difference: colour differences are clipped to it, so that outliers (edges of the picture, mask errors) do not dominate.
        bin_width: of the colour histogram from which the most frequent colour starts.
        inlier_distance: largest difference per channel from the fitted colour.
        refinement_steps: median steps over the inliers.
        min_residual: added to residuals in ratios, so that perfect fits stay finite.
        alpha_exponent: differences after removal are multiplied by (1 - alpha) ** -exponent. With 0 the picture's own variation would
            favour opaque overlays, with 1 transparent ones.
    """

    sigma_px: float = 3.0
    min_side_weight: float = 0.04
    outside_clearance_px: int = 3
    thin_fraction: float = 0.15
    max_samples: int = 3000
    min_samples: int = 60
    max_difference: float = 0.05
    bin_width: float = 0.1
    inlier_distance: float = 0.07
    refinement_steps: int = 3
    min_residual: float = 0.001
    alpha_exponent: float = 0.65


SETTINGS = OverlayFitSettings()
DIFFERENCE_TRANSFORM = np.array((0.6, 1.2, 1.2), np.float32)[:, None] * OPPONENT
"""Weighted opponent colours in which differences are measured. The weights were chosen by hand; no script fits them yet."""


def fit_overlay(
    marked: NDArray[np.float32],
    background: NDArray[np.float32],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    alpha: float | None = None,
) -> UniformOverlay | None:
    """Returns the overlay whose removal best continues the picture across the mask's edges; None with too few usable edge pixels.

    For each candidate alpha the premultiplied colours J - (1 - alpha) I of the edge pixels are searched for one that many share. The
    residual is the mean over all of them with clipping: half of the mask may be wrong or belong to another overlay.

    Args:
        marked: (3, h, w) in [0, 1], J.
        background: (3, h, w), I where ``outside`` is True.
        inside: (h, w), covered by this overlay only.
        outside: (h, w), where ``background`` is known.
        alpha: the opacity if it is known.
    """
    edges = _edge_pixels(marked, background, inside, outside)
    if len(edges.places) < SETTINGS.min_samples:
        return None
    pairs = edges.means(SETTINGS.max_samples)
    if alpha is not None:
        return _fit_at_alpha(*pairs, alpha)
    rough = min((_fit_at_alpha(*pairs, float(opacity)) for opacity in COARSE_ALPHAS), key=attrgetter("residual"))
    return min((_fit_at_alpha(*pairs, float(opacity)) for opacity in rough.alpha + FINE_ALPHA_OFFSETS), key=attrgetter("residual"))


def residual_ratios(
    marked: NDArray[np.float32],
    background: NDArray[np.float32],
    labels: NDArray[np.int32],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    overlay: UniformOverlay,
) -> NDArray[np.float64]:
    """Returns per group the contrast across its edges after removing the overlay, relative to that before.

    Args:
        marked, background, inside, outside: as for :func:`fit_overlay`.
        labels: (h, w), groups with their surroundings, numbered from 1.

    Returns:
        (groups + 1,), indexed by label; NaN with too few usable edge pixels.
    """
    groups = int(labels.max()) + 1
    edges = _edge_pixels(marked, background, inside, outside)
    if not len(edges.places):
        return np.full(groups, np.nan)
    inner, outer = edges.means(len(edges.places))
    group = labels[edges.part].flat[edges.places]
    after = _difference(inner - (1 - overlay.alpha) * outer - np.asarray(overlay.premultiplied)[:, None], overlay.alpha)
    left, before = (np.bincount(group, each.mean(axis=0), groups) for each in (after, _difference(inner - outer)))
    enough = np.bincount(group, minlength=groups) >= SETTINGS.min_samples
    return np.divide(left, before, out=np.full(groups, np.nan), where=enough & (before > 0))


def residual_vs_opaque(
    marked: NDArray[np.float32],
    background: NDArray[np.float32],
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    overlay: UniformOverlay,
) -> float:
    """Returns the overlay's residual relative to that of the best opaque colour.

    About 1 for an object in the picture, which an opaque colour explains as well; less if the picture visibly continues under the overlay;
    1 with too few usable edge pixels. Arguments as for :func:`fit_overlay`.
    """
    edges = _edge_pixels(marked, background, inside, outside)
    if len(edges.places) < SETTINGS.min_samples:
        return 1.0
    inner, outer = edges.means(SETTINGS.max_samples)
    transparent = _difference(inner - (1 - overlay.alpha) * outer - np.asarray(overlay.premultiplied)[:, None], overlay.alpha)
    opaque = _difference(inner - np.median(inner, axis=1, keepdims=True))
    return float((transparent.mean() + SETTINGS.min_residual) / (opaque.mean() + SETTINGS.min_residual))


def _fit_at_alpha(inner: NDArray[np.float64], outer: NDArray[np.float64], alpha: float) -> UniformOverlay:
    premultiplied = inner - (1 - alpha) * outer
    bins = np.array([64 * 64, 64, 1]) @ np.floor(premultiplied / SETTINGS.bin_width).astype(int)
    values, counts = np.unique(bins, return_counts=True)
    most_frequent = premultiplied[:, bins == values[counts.argmax()]]
    fits = [_inlier_median(premultiplied, np.median(start, axis=1), alpha) for start in (premultiplied, most_frequent)]
    residuals = [float(_difference(premultiplied - fit[:, None], alpha).mean()) for fit in fits]
    best = int(np.argmin(residuals))
    red, green, blue = fits[best].tolist()
    return UniformOverlay((red, green, blue), alpha, residuals[best], float(_difference(inner - outer).mean()))


def _inlier_median(premultiplied: NDArray[np.float64], start: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    """The median of the colours near the median, found iteratively."""
    centre = np.clip(start, 0, alpha)
    for _ in range(SETTINGS.refinement_steps):
        near = (np.abs(premultiplied - centre[:, None]) < SETTINGS.inlier_distance).all(axis=0)
        if np.count_nonzero(near) < SETTINGS.min_samples // 2:
            break
        centre = np.clip(np.median(premultiplied[:, near], axis=1), 0, alpha)
    return centre


@dataclass(frozen=True)
class _EdgePixels:
    """Pixels near the edges of a mask from which both sides are visible.

    Args:
        part: rows and columns of the surroundings of the mask.
        places: (n,), flat indices in the part.
        sides: for the inside and the outside (planes, where, weight): the Gaussian sum of ``planes[:, where]`` at a place, divided by its
            ``weight``, is the mean of that side.
    """

    part: tuple[slice, slice]
    places: NDArray[np.intp]
    sides: tuple[tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]], ...]

    def means(self, max_samples: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns the mean colours inside and outside, (3, n) each, at up to ``max_samples`` random places (fixed seed)."""
        places = self.places
        if len(places) > max_samples:
            places = np.random.default_rng(0).choice(places, max_samples, replace=False)
        inner, outer = (
            np.stack([_blurred(np.where(where, plane, 0)).flat[places] / weight.flat[places] for plane in planes]).astype(np.float64)
            for planes, where, weight in self.sides
        )
        return inner, outer


def _edge_pixels(
    marked: NDArray[np.float32], background: NDArray[np.float32], inside: NDArray[np.bool_], outside: NDArray[np.bool_]
) -> _EdgePixels:
    box = bounds(inside)
    if box.empty:
        return _EdgePixels((slice(0), slice(0)), np.zeros(0, np.intp), ())
    part = box.grown(int(4 * SETTINGS.sigma_px) + SETTINGS.outside_clearance_px).within(inside).slices
    inside, outside = inside[part], erode(outside[part], SETTINGS.outside_clearance_px)
    core = erode(inside, EDGE_CLEARANCE_PX)
    if np.count_nonzero(core) < SETTINGS.thin_fraction * np.count_nonzero(inside):
        core = erode(inside, 1)
    inner, outer = (_blurred(where.astype(np.float32)) for where in (core, outside))
    places = np.flatnonzero((inner > SETTINGS.min_side_weight) & (outer > SETTINGS.min_side_weight))
    return _EdgePixels(part, places, ((marked[:, *part], core, inner), (background[:, *part], outside, outer)))


def _blurred(plane: NDArray) -> NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(plane.astype(np.float32, copy=False), SETTINGS.sigma_px, mode="constant"))


def _difference(colours: NDArray[np.float64], alpha: float = 0.0) -> NDArray[np.float64]:
    """Absolute colour differences (3, n) in weighted opponent colours, scaled for the opacity and clipped."""
    scaled = np.abs(DIFFERENCE_TRANSFORM @ colours) / (1 - alpha) ** SETTINGS.alpha_exponent
    return np.asarray(np.minimum(scaled, SETTINGS.max_difference))
