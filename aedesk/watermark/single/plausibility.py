"""Checks whether what removing an overlay reveals can be a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.inpainting.mask_ops import dilate, erode
from aedesk.watermark.single.extraction_thresholds import EXTRACTION, ExtractionThresholds
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_fit import EDGE_CLEARANCE_PX, fit_overlay


def is_plausible(
    marked: NDArray[np.float32],
    overlay: UniformOverlay,
    inside: NDArray[np.bool_],
    background: NDArray[np.bool_],
    thresholds: ExtractionThresholds = EXTRACTION,
) -> bool:
    """Whether removing an overlay reduces the contrast across its edges and reveals valid pixels, no livelier than the surroundings.

    Args:
        marked: (3, h, w) in [0, 1].
        inside: (h, w), the overlay's mask.
        background: (h, w), pixels without a watermark.
    """
    if overlay.alpha < thresholds.min_alpha or overlay.residual >= thresholds.max_residual_ratio * overlay.contrast:
        return False
    core = erode(inside, EDGE_CLEARANCE_PX)
    revealed = overlay.remove_from(marked[:, core if core.any() else inside])
    if float(out_of_range(revealed, thresholds).mean()) > thresholds.max_out_of_range_fraction:
        return False
    nearby = marked[:, dilate(inside, thresholds.surroundings_px) & background]
    if not nearby.size:
        return True
    ratio = float(revealed.std(axis=1).mean() / max(nearby.std(axis=1).mean(), thresholds.min_background_std))
    return ratio < thresholds.max_contrast_ratio


def out_of_range(revealed: NDArray[np.float32], thresholds: ExtractionThresholds = EXTRACTION) -> NDArray[np.bool_]:
    """(...), which of the (3, ...) pixels are outside of [0, 1] by more than rounding and compression can explain."""
    tolerance = thresholds.range_tolerance
    return np.asarray(((revealed < -tolerance) | (revealed > 1 + tolerance)).any(axis=0))


def without_bright_sign(
    marked: NDArray[np.float32], overlay: UniformOverlay, inside: NDArray[np.bool_], thresholds: ExtractionThresholds = EXTRACTION
) -> NDArray[np.bool_]:
    """Returns a mask (h, w) without areas that are too bright to be under the overlay, such as a white sign on a disc.

    The mask is returned unchanged if such areas are a large part of it.
    """
    box = bounds(inside)
    if box.empty or overlay.alpha > thresholds.sign_max_alpha:
        return inside
    part = box.slices
    bright = (overlay.remove_from(marked[:, *part]) > 1 + thresholds.range_tolerance).any(axis=0) & inside[part]
    result = inside.copy()
    result[part] &= ~dilate(ndimage.binary_opening(bright, np.ones((3, 3))), EDGE_CLEARANCE_PX)
    return result if np.count_nonzero(result) >= thresholds.min_without_sign_fraction * np.count_nonzero(inside) else inside


def refit_overlay(
    overlay: UniformOverlay,
    marked: NDArray[np.float32],
    inside: NDArray[np.bool_],
    background: NDArray[np.bool_],
    thresholds: ExtractionThresholds = EXTRACTION,
) -> UniformOverlay:
    """Fits an overlay again to a more accurate mask; returns the old one if the new fit is implausible, or different without being better.

    Arguments as for :func:`is_plausible`.
    """
    refit = fit_overlay(marked, marked, inside, background)
    if refit is None or not (refit.is_close_to(overlay) or refit.residual * overlay.contrast < overlay.residual * refit.contrast):
        return overlay
    return refit if is_plausible(marked, refit, inside, background, thresholds) else overlay
