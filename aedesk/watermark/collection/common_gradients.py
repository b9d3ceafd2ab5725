"""Finds the gradients that a stack of pictures has in common, with their significance, and matches them to further pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import zoom

from aedesk.core.cancel import CancelToken
from aedesk.watermark.collection.alignment import Placement
from aedesk.watermark.collection.gradient_stats import AXES, Array, edge_ends, edge_mean, gradient, gradient_stats, smooth

MIN_SIGNIFICANCE = 30.0
"""Chi-square (two degrees of freedom) of a pixel's neighbourhood from which its gradients count as common. Chosen by hand; no script fits
it yet."""

GradientTemplate = tuple[tuple[Array, Array], tuple[Array, Array]]
"""Per axis the slope and intercept of each edge's gradient as a function of the picture's own value."""


@dataclass
class CommonGradients:
    """The gradients that pictures have in common.

    Args:
        significance: (h, w), chi-square of the gradients at each pixel, averaged over its neighbours.
        template: 0 where not significant.
    """

    significance: Array
    template: GradientTemplate

    @property
    def weight(self) -> float:
        """The sum of all significant chi-squares: the amount of common structure."""
        return float(self.significance[self.significance > MIN_SIGNIFICANCE].sum())


def find_common_gradients(stack: Array, cancel: CancelToken) -> CommonGradients:
    """Runs the initial regression of ``gradient_stats`` on gray pictures (K, h, w) in [0, 1]."""
    height, width = stack.shape[1:]
    stats = gradient_stats(stack[:, None], np.ones((height, width)), np.zeros((1, height, width)), cancel.check, initial=True)
    total = np.zeros((height, width))
    regression = []
    for axis, s in zip(AXES, stats, strict=True):
        mean = s.wi[0] / s.w
        slope = (s.wid[0] - s.wd[0] * mean) / (s.wii[0] - s.wi[0] * mean + 1e-3 * s.w)
        intercept = s.wd[0] / s.w - slope * mean
        chi_square = np.maximum(slope * s.wid[0] + intercept * s.wd[0], 0)
        one, two = edge_ends(total, axis)
        one += chi_square / 4
        two += chi_square / 4
        regression.append((slope, intercept))
    significance = smooth(total, 1.0) * 4
    significant = significance > MIN_SIGNIFICANCE
    template = tuple(
        tuple(np.where(edge_ends(significant, axis)[0], field, 0) for field in fields)
        for axis, fields in zip(AXES, regression, strict=True)
    )
    return CommonGradients(significance, template)  # type: ignore[arg-type]


@dataclass
class TemplateMatch:
    """The best position of a template on a picture.

    Args:
        right_px, down_px: displacement.
        scale: size relative to the template's, about the middle.
        peak: height of the correlation peak, in standard deviations of the correlation.
    """

    right_px: float
    down_px: float
    scale: float
    peak: float


def match_template(
    template: GradientTemplate, picture: Array, reach: tuple[int, int], scales: tuple[float, ...] = (1.0,), either_sign: bool = False
) -> TemplateMatch:
    """Finds a template on a gray picture (h, w) of the same size, by correlation with the picture's gradients.

    Args:
        reach: largest displacement down and right, in pixels.
        scales: sizes relative to the template's that are tried.
        either_sign: also match the negative, which a gray watermark gives that is darker than one picture and brighter than another.
    """
    best = TemplateMatch(0, 0, 1, -math.inf)
    height, width = picture.shape
    for scale in scales:
        scaled = picture if scale == 1 else _scaled_about_middle(picture, scale)
        surface = np.zeros((height, width))
        for axis, (slope, intercept) in zip(AXES, template, strict=True):
            own = _normalised_gradient(scaled, axis)
            surface += _correlate(own * edge_mean(scaled, axis), slope, (height, width)) + _correlate(own, intercept, (height, width))
        rows = np.r_[0 : reach[0] + 1, height - reach[0] : height]
        columns = np.r_[0 : reach[1] + 1, width - reach[1] : width]
        surface -= surface.mean()
        if either_sign:
            surface = np.abs(surface)
        near = surface[np.ix_(rows, columns)]
        place = np.unravel_index(int(near.argmax()), near.shape)
        std = float(np.sqrt((surface**2).mean())) + 1e-12
        peak = float(near[place]) / std
        if peak > best.peak:
            down, right = (_subpixel_peak(surface, int(rows[place[0]]), int(columns[place[1]]), axis) for axis in (0, 1))
            best = TemplateMatch(_signed(right, width) * scale, _signed(down, height) * scale, scale, peak)
    return best


def apply_match(placement: Placement, match: TemplateMatch, middle_of_frame: tuple[float, float]) -> Placement:
    """Returns a placement after moving and scaling it by a match about the middle of the frame."""
    scale = placement.scale
    return placement.moved(match.right_px * scale, match.down_px * scale, match.scale, middle_of_frame)


def picture_template(picture: Array) -> GradientTemplate:
    """Returns a picture's own gradients as a template, with strong ones attenuated."""
    result = []
    for axis in AXES:
        own = _normalised_gradient(picture, axis)
        result.append((np.zeros_like(own), own))
    return result[0], result[1]


def _normalised_gradient(picture: Array, axis: int) -> Array:
    """The gradient relative to its local average magnitude."""
    own = gradient(picture, axis)
    normalised: Array = own / (smooth(np.abs(own), 4.0) + 0.01)
    return normalised


def _correlate(signal: Array, template: Array, shape: tuple[int, int]) -> Array:
    """Circular cross-correlation; the value at (d, r) is for the template moved down by d and right by r."""
    product = fft.rfft2(signal, shape) * np.conj(fft.rfft2(template, shape))
    surface: Array = fft.irfft2(product, shape)
    return surface


def _scaled_about_middle(picture: Array, scale: float) -> Array:
    """The picture shrunk by ``scale`` about its middle, with replicated edges, so that its watermark has the template's size."""
    scaled = zoom(picture, 1 / scale, order=1, grid_mode=True, mode="nearest")
    result = np.empty_like(picture)
    rows, columns = (
        np.clip(np.arange(there) - (there - here) // 2, 0, here - 1) for here, there in zip(scaled.shape, picture.shape, strict=True)
    )
    result[:] = scaled[rows[:, None], columns]
    return result


def _subpixel_peak(surface: Array, row: int, column: int, axis: int) -> float:
    """The position of a peak along one axis, from a parabola through three values."""
    before, here, after = (float(np.roll(surface, -d, axis)[row, column]) for d in (-1, 0, 1))
    curvature = before - 2 * here + after
    offset = 0.5 * (before - after) / curvature if curvature < 0 else 0.0
    return (row, column)[axis] + offset


def _signed(value: float, size: int) -> float:
    """A circular displacement as a signed one."""
    return value - size if value > size / 2 else value
