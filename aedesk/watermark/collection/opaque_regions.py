"""Finds where a watermark hides the pictures: they are all alike there, and differ on the other side of a sharp common edge.

The regression of ``gradient_stats`` gives no information inside, where no picture differs from another, and little at the edge, where the
differences between pictures look like noise. Their spread shows it directly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label, maximum_filter

from aedesk.core.cancel import CancelToken
from aedesk.imaging.blend import LUMA
from aedesk.watermark.collection.common_gradients import MIN_SIGNIFICANCE, find_common_gradients
from aedesk.watermark.collection.gradient_stats import Array
from aedesk.watermark.collection.poisson_estimate import MIN_TRANSMISSION, WatermarkFields


@dataclass(frozen=True)
class OpaqueSettings:
    """Chosen by hand; no script fits these values yet.

    Args:
        min_pictures: number of pictures from which their spread is meaningful.
        max_relative_spread: largest spread of hidden pixels, relative to the pictures' own: that under an alpha of 0.85.
        own_spread_quantile: quantile of the spread over the box that counts as the pictures' own; the watermark must be smaller than that.
        min_sharp_edge_fraction: share of a region's edge at which there is a common gradient with differing pictures behind it. A bright
            sky that all pictures share ends gradually.
        differing_spread: relative spread from which pictures differ.
        differing_radius_px: distance from the edge at which they must.
        min_region_px: smallest region.
    """

    min_pictures: int = 6
    max_relative_spread: float = 0.15
    own_spread_quantile: float = 0.75
    min_sharp_edge_fraction: float = 0.5
    differing_spread: float = 0.6
    differing_radius_px: int = 2
    min_region_px: int = 12


SETTINGS = OpaqueSettings()
_EIGHT_NEIGHBOURS = np.ones((3, 3))


def add_opaque_regions(stack: Array, fields: WatermarkFields, cancel: CancelToken) -> WatermarkFields:
    """Returns the fields with the opaque regions of the stack (K, C, h, w) set to ``MIN_TRANSMISSION`` and the pictures' median colour."""
    hidden = find_opaque_regions(stack, cancel)
    if not hidden.any():
        return fields
    transmission, premultiplied = fields.transmission.copy(), fields.premultiplied.copy()
    transmission[hidden] = MIN_TRANSMISSION
    premultiplied[:, hidden] = (1 - MIN_TRANSMISSION) * np.median(stack[:, :, hidden], axis=0)
    return WatermarkFields(transmission, premultiplied)


def find_opaque_regions(stack: Array, cancel: CancelToken) -> NDArray[np.bool_]:
    """Returns the pixels (h, w) in which a watermark hides the pictures of a stack (K, C, h, w), extended by 1 for its soft edge."""
    nowhere = np.zeros(stack.shape[2:], bool)
    if len(stack) < SETTINGS.min_pictures:
        return nowhere
    gray = np.tensordot(stack, np.asarray(LUMA if stack.shape[1] == 3 else (1.0,), np.float32), (1, 0))
    spread = np.median(np.abs(gray - np.median(gray, axis=0)), axis=0)
    own_spread = np.quantile(spread, SETTINGS.own_spread_quantile)
    alike = spread < SETTINGS.max_relative_spread * own_spread
    if not alike.any():
        return nowhere
    sharp = binary_dilation(find_common_gradients(gray, cancel).significance > MIN_SIGNIFICANCE)
    sharp &= maximum_filter(spread, 2 * SETTINGS.differing_radius_px + 1) > SETTINGS.differing_spread * own_spread
    labels, count = label(alike, structure=_EIGHT_NEIGHBOURS)
    edge = alike & binary_dilation(~alike)
    area_px, edge_px, sharp_px = (np.bincount(labels[where], minlength=count + 1) for where in (alike, edge, edge & sharp))
    keep = (area_px >= SETTINGS.min_region_px) & (sharp_px > SETTINGS.min_sharp_edge_fraction * edge_px)
    keep[0] = False
    return np.asarray(binary_dilation(keep[labels], structure=_EIGHT_NEIGHBOURS))
