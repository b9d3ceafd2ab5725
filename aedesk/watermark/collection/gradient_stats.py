"""What a collection of pictures says about the steps of a mark: robust weighted sums over the pictures, one set per pixel edge.

A marked picture is J = t I + m with the transmission t = 1 - alpha and the premultiplied colour m = alpha W. Across an edge between two
neighbouring pixels, with the means of both ends written with a bar and steps with a d, exactly

    dJ = dt Ibar + dm + tbar dI

The step dI of the unmarked picture has mean zero over many pictures and does not depend on Ibar, so it is the noise of a linear
regression of dJ on Ibar, whose slope is dt and whose intercept is dm. (A regression on the pixel at one end would be biased: dI depends
on it.) The noise is small where a picture is smooth and large where it is not, so every picture weighs at every place by its own
smoothness there: the mean square of dI around the edge, and Student's t for what still stands out.
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
"""Vertical edges' steps run along rows (-2), horizontal ones' along columns (-1)."""

_ROUNDING = 0.7 / 255
"""Standard deviation of a step in a picture without any detail: two roundings to 8 bits and a little compression."""
_NEIGHBOURHOOD_PX = 2.0
_FREEDOM = 4.0
"""Of Student's t: small for heavy tails."""


@dataclass
class EdgeSums:
    """Sums over the pictures for the edges along one axis, e of them: weights w, (e) and for each channel (C, e)."""

    w: Array
    wi: Array
    wii: Array
    wd: Array
    wid: Array

    def quadratic(self, a: Array, b: Array) -> Array:
        """(e): sums over channels of w (Ibar - a)(Ibar - b) for (C, e) or (C, 1, 1) ``a``, ``b``."""
        total: Array = (self.wii - (a + b) * self.wi + a * b * self.w).sum(0)
        return total


def step(field: Array, axis: int) -> Array:
    """Second end minus first end of each edge."""
    first, second = ends(field, axis)
    return second - first


def middle(field: Array, axis: int) -> Array:
    """Mean of both ends of each edge."""
    first, second = ends(field, axis)
    return (first + second) * np.float32(0.5)


def ends(field: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Views of the two ends of each edge of a (..., h, w) field."""
    if axis == -2:
        return field[..., :-1, :], field[..., 1:, :]
    return field[..., :-1], field[..., 1:]


def pool(field: Array, sigma_px: float) -> Array:
    """Gaussian mean of the neighbourhood, of two sigmas' radius."""
    pooled: Array = gaussian_filter(field, sigma_px, truncate=2.0)
    return pooled


def edge_sums(stack: Array, transmission: Array, colour: Array, check: Callable[[], None], first: bool) -> tuple[EdgeSums, EdgeSums]:
    """The sums for both axes, given what is known of the mark so far.

    Args:
        stack: (K, C, h, w) float32 in [0, 1]: the marked pictures, the mark at the same place in all.
        transmission: (h, w); ``colour``: (C, h, w), premultiplied.
        check: called once for each picture; may raise.
        first: nothing is known of the mark, so that the common part of the steps must not count as detail of the pictures.
    """
    t, m = transmission.astype(np.float32), colour.astype(np.float32)
    inverse = 1 / t
    common = [_median_step(stack, axis) for axis in AXES] if first else None
    sums = tuple(_empty(stack.shape[1], step(t, axis).shape) for axis in AXES)
    for picture in stack:
        check()
        clean = np.clip((picture - m) * inverse, -0.05, 1.05)
        for index, axis in enumerate(AXES):
            d, i, through = step(picture, axis), middle(clean, axis), middle(t, axis)
            noise = step(clean, axis) if common is None else d - common[index]
            _add(sums[index], d, i, _weights(noise, through))
    return sums[0], sums[1]


def _weights(noise: Array, through: Array) -> Array:
    """1 / variance of each edge's noise in J; ``noise`` is dI."""
    square = np.einsum("cij,cij->ij", noise, noise) / np.float32(len(noise))
    variance = pool(square, _NEIGHBOURHOOD_PX) + (np.float32(_ROUNDING) / through) ** 2
    weights: Array = np.float32(_FREEDOM + 1) / (np.float32(_FREEDOM) + square / variance) / (variance * through**2)
    return weights


def _add(sums: EdgeSums, d: Array, i: Array, w: Array) -> None:
    wi = w * i
    sums.w += w
    sums.wi += wi
    wi *= i
    sums.wii += wi
    wd = w * d
    sums.wd += wd
    wd *= i
    sums.wid += wd


def _empty(channels: int, shape: tuple[int, ...]) -> EdgeSums:
    return EdgeSums(np.zeros(shape, np.float32), *(np.zeros((channels, *shape), np.float32) for _ in range(4)))


def _median_step(stack: Array, axis: int) -> Array:
    return np.stack([np.median(step(stack[:, channel], axis), axis=0) for channel in range(stack.shape[1])])
