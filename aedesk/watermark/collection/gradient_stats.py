"""Robust statistics of a watermark's gradients over a collection of pictures, one set per pixel edge.

A watermarked picture is J = t I + m with the transmission t = 1 - alpha and the premultiplied colour m = alpha W. Across the edge between
two neighbouring pixels, with bars for the means and d for the differences of both ends, exactly

    dJ = dt Ibar + dm + tbar dI

Over many pictures the gradient dI has mean zero and does not depend on Ibar. It is therefore the noise of a linear regression of dJ on
Ibar, whose slope is dt and whose intercept is dm. (A regression on the value at one end would be biased, because dI depends on it.) The
noise is small where a picture is smooth, so each picture is weighted at each place by its own smoothness: by the mean square of dI around
the edge, and by Student's t distribution for remaining outliers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.floating]

AXES = (-2, -1)
"""Gradients along columns of the array (vertical, -2) and along rows (horizontal, -1)."""


@dataclass(frozen=True)
class NoiseModel:
    """Noise of a picture's gradients. Chosen by hand; no script fits these values yet.

    Args:
        rounding_std: standard deviation of a gradient in a picture without detail, in [0, 1]: two roundings to 8 bits and some compression.
        sigma_px: of the neighbourhood in which a picture's own variance is measured.
        degrees_of_freedom: of Student's t; small for heavy tails.
    """

    rounding_std: float = 0.7 / 255
    sigma_px: float = 2.0
    degrees_of_freedom: float = 4.0


NOISE = NoiseModel()


@dataclass
class GradientStats:
    """Sums over all pictures for the e pixel edges along one axis.

    Args:
        w: (e), sum of the weights.
        wi: (C, e), sum of w Ibar.
        wii: (C, e), sum of w Ibar^2.
        wd: (C, e), sum of w dJ.
        wid: (C, e), sum of w Ibar dJ.
    """

    w: Array
    wi: Array
    wii: Array
    wd: Array
    wid: Array

    def quadratic(self, a: Array, b: Array) -> Array:
        """Returns the sum over pictures and channels of w (Ibar - a)(Ibar - b), (e), for ``a`` and ``b`` of (C, e) or (C, 1, 1)."""
        total: Array = (self.wii - (a + b) * self.wi + a * b * self.w).sum(0)
        return total


def gradient(field: Array, axis: int) -> Array:
    """Returns the second end minus the first end of each pixel edge."""
    first, second = edge_ends(field, axis)
    return second - first


def edge_mean(field: Array, axis: int) -> Array:
    """Returns the mean of both ends of each pixel edge."""
    first, second = edge_ends(field, axis)
    return (first + second) * np.float32(0.5)


def edge_ends(field: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns views of the two ends of each pixel edge of a (..., h, w) field."""
    if axis == -2:
        return field[..., :-1, :], field[..., 1:, :]
    return field[..., :-1], field[..., 1:]


def smooth(field: Array, sigma_px: float) -> Array:
    """Returns a Gaussian average, truncated at two sigma."""
    smoothed: Array = gaussian_filter(field, sigma_px, truncate=2.0)
    return smoothed


def gradient_stats(
    stack: Array, transmission: Array, premultiplied: Array, check: Callable[[], None], initial: bool
) -> tuple[GradientStats, GradientStats]:
    """Computes the statistics along both axes, given the current estimate of the watermark.

    Args:
        stack: (K, C, h, w) float32 in [0, 1], watermarked pictures with the watermark at the same place.
        transmission: (h, w).
        premultiplied: (C, h, w).
        check: called once per picture; may raise to cancel.
        initial: nothing is known of the watermark yet; the median gradient is then not counted as detail of the pictures.
    """
    t, m = transmission.astype(np.float32), premultiplied.astype(np.float32)
    inverse = 1 / t
    common = [_median_gradient(stack, axis) for axis in AXES] if initial else None
    stats = tuple(_zeros(stack.shape[1], gradient(t, axis).shape) for axis in AXES)
    for picture in stack:
        check()
        clean = np.clip((picture - m) * inverse, -0.05, 1.05)
        for index, axis in enumerate(AXES):
            d, i, through = gradient(picture, axis), edge_mean(clean, axis), edge_mean(t, axis)
            noise = gradient(clean, axis) if common is None else d - common[index]
            _accumulate(stats[index], d, i, _weights(noise, through))
    return stats[0], stats[1]


def _weights(noise: Array, through: Array) -> Array:
    """Inverse variance of each edge's noise in J, (e); ``noise`` is dI, (C, e)."""
    square = np.einsum("cij,cij->ij", noise, noise) / np.float32(len(noise))
    variance = smooth(square, NOISE.sigma_px) + (np.float32(NOISE.rounding_std) / through) ** 2
    freedom = NOISE.degrees_of_freedom
    weights: Array = np.float32(freedom + 1) / (np.float32(freedom) + square / variance) / (variance * through**2)
    return weights


def _accumulate(stats: GradientStats, d: Array, i: Array, w: Array) -> None:
    wi = w * i
    stats.w += w
    stats.wi += wi
    wi *= i
    stats.wii += wi
    wd = w * d
    stats.wd += wd
    wd *= i
    stats.wid += wd


def _zeros(channels: int, shape: tuple[int, ...]) -> GradientStats:
    return GradientStats(np.zeros(shape, np.float32), *(np.zeros((channels, *shape), np.float32) for _ in range(4)))


def _median_gradient(stack: Array, axis: int) -> Array:
    return np.stack([np.median(gradient(stack[:, channel], axis), axis=0) for channel in range(stack.shape[1])])
