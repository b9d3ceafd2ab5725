"""Groups of nearby mask components, such as the letters of a word, which are accepted or rejected together. Arrays are (h, w)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.inpainting.mask_ops import dilate


def label_groups(mask: NDArray[np.bool_], join_px: int) -> NDArray[np.int32]:
    """Labels the groups of a mask, and the pixels within ``join_px`` of them, from 1; 0 elsewhere.

    Components within twice ``join_px`` of each other (chessboard metric) are one group.
    """
    labels, _ = ndimage.label(dilate(mask, join_px), structure=np.ones((3, 3)))
    return np.asarray(labels, np.int32)


def confident_groups(
    mask: NDArray[np.bool_], confident: NDArray[np.bool_], min_px: int, join_px: int, min_fraction: float = 0.0
) -> NDArray[np.bool_]:
    """Returns the mask pixels of groups with at least ``min_px`` confident pixels that make up at least ``min_fraction`` of the group."""
    labels = label_groups(mask, join_px)
    count = int(labels.max()) + 1
    confident_px, area_px = (np.bincount(labels[where], minlength=count) for where in (confident & mask, mask))
    keep = (confident_px >= min_px) & (confident_px >= min_fraction * area_px)
    keep[0] = False
    return np.asarray(keep[labels] & mask)


def most_confident_group(mask: NDArray[np.bool_], confident: NDArray[np.bool_], join_px: int) -> NDArray[np.bool_]:
    """Returns the mask pixels of the group with the most confident pixels."""
    labels = label_groups(mask, join_px)
    counts = np.bincount(labels[confident & mask], minlength=2)
    return np.asarray((labels == 1 + int(counts[1:].argmax())) & mask)


def uncovered_groups(mask: NDArray[np.bool_], other: NDArray[np.bool_], max_fraction: float, join_px: int) -> NDArray[np.bool_]:
    """Returns the mask pixels of groups with fewer pixels of ``other`` in them than ``max_fraction`` of their area."""
    labels = label_groups(mask, join_px)
    count = int(labels.max()) + 1
    area_px, covered_px = (np.bincount(labels[where], minlength=count) for where in (mask, other & (labels > 0)))
    keep = covered_px < max_fraction * area_px
    keep[0] = False
    return np.asarray(keep[labels] & mask)


def colour_spread(pixels: NDArray[np.float32]) -> float:
    """Returns the median distance (maximum over channels) of (3, n) pixels from their median colour, in the pixels' units."""
    return float(np.median(np.abs(pixels - np.median(pixels, axis=1, keepdims=True)).max(axis=0)))
