"""Colours for what each place of a picture costs in bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

OPACITY = 0.62
PERCENTILE = 99.0
"""The brightest colour stands for the cost that only this share of places stays below: one odd place would darken all others."""

_STOPS = np.array([0.0, 0.2, 0.45, 0.7, 0.88, 1.0])
_COLOURS = np.array([(8, 6, 40), (74, 16, 110), (170, 38, 96), (234, 96, 40), (250, 180, 40), (255, 250, 190)], float)


def scale_end(bits: NDArray[np.float32]) -> float:
    """The bits per place that the brightest colour stands for; at least 1."""
    return max(float(np.percentile(bits, PERCENTILE)), 1.0) if bits.size else 1.0


def heat_colours(bits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(rows, columns) bits to (rows, columns, 3), from nearly black over red to pale yellow."""
    share = np.clip(bits / scale_end(bits), 0, 1)
    return np.stack([np.interp(share, _STOPS, _COLOURS[:, channel]) for channel in range(3)], axis=-1).round().astype(np.uint8)


def heat_layer(bits: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(rows, columns, 4): the colours, so transparent that the picture is seen through them."""
    colours = heat_colours(bits)
    alpha = np.full((*colours.shape[:2], 1), round(255 * OPACITY), np.uint8)
    return np.concatenate([colours, alpha], axis=-1)


def heated(display: NDArray[np.uint8], bits: NDArray[np.float32], stride_px: float) -> NDArray[np.uint8]:
    """A part of a picture with its costs laid over it.

    Args:
        display: (h, w, 3 or 4) as on the screen; its top left corner is that of the first place.
        stride_px: pixels per place along one axis.
    """
    height, width = display.shape[:2]
    rows = np.minimum(np.arange(height) / stride_px, bits.shape[0] - 1).astype(int)
    columns = np.minimum(np.arange(width) / stride_px, bits.shape[1] - 1).astype(int)
    colours = heat_colours(bits)[rows[:, None], columns[None, :]]
    return (display[:, :, :3] * (1 - OPACITY) + colours * OPACITY).astype(np.uint8)
