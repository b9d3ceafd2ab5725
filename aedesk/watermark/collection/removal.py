"""Removes a known watermark from one picture: I = (J - m) / t where enough shows through; opaque pixels are left for inpainting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from aedesk.core.cancel import CancelToken
from aedesk.imaging.blend import LUMA
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import Placement, render_in_picture, sample_frame
from aedesk.watermark.collection.gradient_stats import AXES, edge_ends, gradient, gradient_stats
from aedesk.watermark.collection.saved_mark import SharedMark

MIN_ALPHA = 0.004
"""Alpha below which a watermark changes less than one of 255 levels."""
OPAQUE_ALPHA = 0.85
"""Alpha above which too little of the picture shows through. Chosen by hand; no script fits it yet."""
SAME_COLOUR_TOLERANCE = 0.06
"""Largest difference in [0, 1] between a sample and an opaque watermark. Chosen by hand; no script fits it yet."""
_STRIP_ROWS = 256


@dataclass
class RemovalResult:
    """A picture without its watermark.

    Args:
        picture: the result.
        hidden: (H, W) uint8, 255 where the watermark is opaque and the picture unchanged.
        area_px: pixels under the watermark.
    """

    picture: Picture
    hidden: NDArray[np.uint8]
    area_px: int


def remove_watermark(mark: SharedMark, picture: Picture, placement: Placement, cancel: CancelToken) -> RemovalResult:
    """Unblends a watermark. Pixels outside of it, under ``OPAQUE_ALPHA`` and fully transparent ones keep every bit."""
    pixels = picture.pixels.copy()
    hidden = np.zeros(pixels.shape[:2], np.uint8)
    under = placement.box(mark.box, picture.width, picture.height)
    area_px = 0
    for top in range(under.top, under.bottom, _STRIP_ROWS):
        cancel.check()
        part = Box(under.left, top, under.right, min(under.bottom, top + _STRIP_ROWS))
        area_px += _remove_from_strip(mark, picture, placement, part, pixels, hidden)
    return RemovalResult(picture.with_pixels(pixels), hidden, area_px)


def _remove_from_strip(
    mark: SharedMark, picture: Picture, placement: Placement, part: Box, pixels: NDArray, hidden: NDArray[np.uint8]
) -> int:
    """Changes a part of ``pixels`` and ``hidden`` in place; returns the pixels under the watermark."""
    max_sample = np.iinfo(pixels.dtype).max
    place = part.slices
    transmission = render_in_picture(mark.fields.transmission, mark.box, placement, part, 1.0)
    changed = transmission < 1 - MIN_ALPHA
    if picture.alpha is not None:
        changed &= picture.alpha[place] > 0
    opaque = changed & (transmission < 1 - OPAQUE_ALPHA)
    changed &= ~opaque
    hidden[place][opaque] = 255
    through = transmission[changed][:, None]
    premultiplied = _premultiplied(mark, picture.channels, placement, part)[:, changed].T
    target = pixels[place]
    clean = (target[changed].astype(np.float32) / max_sample - premultiplied) / through
    target[changed] = np.rint(np.clip(clean, 0, 1) * max_sample).astype(pixels.dtype)
    return int(changed.sum() + opaque.sum())


def _premultiplied(mark: SharedMark, channels: int, placement: Placement, part: Box) -> NDArray[np.float32]:
    planes = mark.fields.premultiplied
    if len(planes) == 3 and channels == 1:
        planes = np.tensordot(LUMA, planes, 1)[None]
    rendered = np.stack([render_in_picture(plane, mark.box, placement, part, 0.0) for plane in planes])
    return np.repeat(rendered, channels // len(rendered), axis=0)


def measure_presence(mark: SharedMark, picture: Picture, placement: Placement, cancel: CancelToken) -> float:
    """Returns how much of a watermark is on a picture: about 1 if it is there, about 0 if not.

    Measured by its gradients where it is semi-transparent, and by its colour where it is opaque.
    """
    stack = sample_frame(picture.pixels, placement, mark.box)[None] / np.float32(np.iinfo(picture.pixels.dtype).max)
    fields, channels = mark.fields, stack.shape[1]
    premultiplied = fields.premultiplied
    if len(premultiplied) != channels:
        premultiplied = np.repeat(premultiplied.mean(0, keepdims=True), channels, axis=0)
    stats = gradient_stats(stack, fields.transmission, premultiplied, cancel.check, initial=False)
    opaque = fields.alpha > OPAQUE_ALPHA
    found = expected = 0.0
    for axis, s in zip(AXES, stats, strict=True):
        one, two = edge_ends(opaque, axis)
        t, m = (np.where(one | two, 0, gradient(field, axis)) for field in (fields.transmission, premultiplied))
        found += float((t * s.wid + m * s.wd).sum())
        expected += float((t * t * s.wii + 2 * t * m * s.wi + m * m * s.w).sum())
    by_gradients = found / expected if expected > 0 else 0.0
    inner = binary_erosion(opaque)  # its edges are soft
    if not inner.any():
        return by_gradients
    difference = np.abs(stack[0][:, inner] - premultiplied[:, inner] / fields.alpha[inner]).max(axis=0)
    opaque_fraction = float(opaque.sum() / (fields.alpha > MIN_ALPHA).sum())
    return opaque_fraction * float((difference < SAME_COLOUR_TOLERANCE).mean()) + (1 - opaque_fraction) * by_gradients
