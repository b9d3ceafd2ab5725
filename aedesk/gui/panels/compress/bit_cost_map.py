"""Colour maps of the bits that each position of the latent takes in the file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OPACITY = 0.62
PERCENTILE = 99.0
"""Percentile of the bits that gets the brightest colour: with the maximum, a single outlier would darken all other positions."""

_STOPS = np.array([0.0, 0.2, 0.45, 0.7, 0.88, 1.0])
_COLOURS = np.array([(8, 6, 40), (74, 16, 110), (170, 38, 96), (234, 96, 40), (250, 180, 40), (255, 250, 190)], float)


def full_scale_bits(bits: NDArray[np.float32]) -> float:
    """Returns the bits per position that get the brightest colour; at least 1."""
    return max(float(np.percentile(bits, PERCENTILE)), 1.0) if bits.size else 1.0


def bit_cost_colours(bits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns (rows, columns, 3) uint8 colours of (rows, columns) bits, from nearly black through red to pale yellow."""
    share = np.clip(bits / full_scale_bits(bits), 0, 1)
    return np.stack([np.interp(share, _STOPS, _COLOURS[:, channel]) for channel in range(3)], axis=-1).round().astype(np.uint8)


def bit_cost_overlay(bits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns (rows, columns, 4) uint8: the colours, transparent enough to see the picture below them."""
    colours = bit_cost_colours(bits)
    alpha = np.full((*colours.shape[:2], 1), round(255 * OPACITY), np.uint8)
    return np.concatenate([colours, alpha], axis=-1)


def with_bit_costs(display: NDArray[np.uint8], bits: NDArray[np.float32], stride_px: float) -> NDArray[np.uint8]:
    """Returns (h, w, 3) uint8: a part of a picture with its bit costs laid over it.

    Args:
        display: (h, w, 3 or 4) uint8 for the screen; its top left corner is that of the first position.
        stride_px: pixels per position along one axis.
    """
    height, width = display.shape[:2]
    rows = np.minimum(np.arange(height) / stride_px, bits.shape[0] - 1).astype(int)
    columns = np.minimum(np.arange(width) / stride_px, bits.shape[1] - 1).astype(int)
    colours = bit_cost_colours(bits)[rows[:, None], columns[None, :]]
    return (display[:, :, :3] * (1 - OPACITY) + colours * OPACITY).astype(np.uint8)
