"""Where a watermark lies on pictures of different sizes.

A watermark is given in a *frame*: the pixels of a reference picture. On another picture it keeps its distance to a corner, an edge or the
centre, in pixels or in proportion to one side of the picture; each picture may add a small shift and scale of its own. Coordinates are
continuous: the centre of the first pixel is at 0.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter

from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.gradient_stats import Array

SCALINGS = ("fixed", "width", "height", "short", "long")
"""What the size of a watermark is proportional to: nothing, or that side of the picture."""
ANCHORS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Placement:
    """Maps the frame to a picture: x = scale * frame_x + left, y = scale * frame_y + top."""

    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    @property
    def pixel_exact(self) -> bool:
        """Whether frame pixels coincide with picture pixels."""
        return self.scale == 1 and self.left == round(self.left) and self.top == round(self.top)

    def moved(self, right: float, down: float, factor: float = 1.0, about: tuple[float, float] = (0.0, 0.0)) -> Placement:
        """Returns a placement shifted by picture pixels and scaled by ``factor`` about a point of the frame."""
        scale = self.scale * factor
        left = self.left + right + (self.scale - scale) * about[0]
        return Placement(scale, left, self.top + down + (self.scale - scale) * about[1])

    def box(self, box: Box, width: int, height: int) -> Box:
        """Returns the pixels of a ``width`` x ``height`` picture under a box of the frame, at least one."""
        left, right = (
            min(max(0, edge), width) for edge in (_floor(self.scale * box.left + self.left), _ceil(self.scale * box.right + self.left))
        )
        top, bottom = (
            min(max(0, edge), height) for edge in (_floor(self.scale * box.top + self.top), _ceil(self.scale * box.bottom + self.top))
        )
        return Box(min(left, width - 1), min(top, height - 1), max(right, min(left, width - 1) + 1), max(bottom, min(top, height - 1) + 1))


@dataclass(frozen=True)
class Layout:
    """How placements follow from picture sizes.

    Args:
        reference: (width, height) of the picture whose pixels are the frame.
        anchor: the fixed point, in fractions of width and height: (1, 1) is the bottom right corner.
        scaling: one of ``SCALINGS``.
    """

    reference: tuple[int, int]
    anchor: tuple[float, float] = (0.0, 0.0)
    scaling: str = "fixed"

    def place(self, width: int, height: int) -> Placement:
        """Returns the placement on a picture of that size."""
        scale = 1.0 if self.scaling == "fixed" else _side(self.scaling, width, height) / _side(self.scaling, *self.reference)
        left, top = (a * (here - scale * there) for a, here, there in zip(self.anchor, (width, height), self.reference, strict=True))
        if scale == 1:
            left, top = math.floor(left), math.floor(top)  # programs place watermarks on whole pixels
        return Placement(scale, left, top)

    def common_frame(self, sizes: list[tuple[int, int]]) -> Box:
        """Returns the part of the frame that lies on every picture; it may be empty."""
        box = Box(0, 0, *self.reference)
        for width, height in sizes:
            at = self.place(width, height)
            box = Box(
                max(box.left, _ceil((0 - at.left) / at.scale)),
                max(box.top, _ceil((0 - at.top) / at.scale)),
                min(box.right, _floor((width - at.left) / at.scale)),
                min(box.bottom, _floor((height - at.top) / at.scale)),
            )
        return box if box.left < box.right and box.top < box.bottom else Box(0, 0, 0, 0)


def sample_frame(pixels: Array, placement: Placement, box: Box) -> Array:
    """Returns a box of the frame as it appears on a picture, (C, h, w) float32; edges are replicated beyond the picture.

    Args:
        pixels: (H, W, C), of any type.
    """
    height, width, channels = pixels.shape
    if placement.pixel_exact:
        rows = np.clip(np.arange(box.top, box.bottom) + int(placement.top), 0, height - 1)
        columns = np.clip(np.arange(box.left, box.right) + int(placement.left), 0, width - 1)
        return np.ascontiguousarray(pixels[rows[:, None], columns].transpose(2, 0, 1), np.float32)
    margin = 4 + math.ceil(3 * placement.scale)
    under = placement.box(box, width, height)
    under = Box(
        max(0, under.left - margin), max(0, under.top - margin), min(width, under.right + margin), min(height, under.bottom + margin)
    )
    part = pixels[under.slices].astype(np.float32)
    offset = (placement.top - under.top + placement.scale * box.top, placement.left - under.left + placement.scale * box.left)
    return np.stack([_resample(part[:, :, c], placement.scale, offset, (box.height, box.width)) for c in range(channels)])


def render_in_picture(field: Array, origin: Box, placement: Placement, part: Box, outside: float) -> Array:
    """Returns a field of the frame as it lies on a part of a picture, (h, w) float32.

    Interpolated values stay in the range of the field and ``outside``.

    Args:
        field: the values in the box ``origin`` of the frame.
        part: box of the picture.
        outside: the value beyond ``origin``.
    """
    if placement.pixel_exact:
        left, top = origin.left + int(placement.left) - part.left, origin.top + int(placement.top) - part.top
        padded = np.full((part.height, part.width), outside, np.float32)
        rows, columns = slice(max(0, top), min(part.height, top + origin.height)), slice(max(0, left), min(part.width, left + origin.width))
        padded[rows, columns] = field[
            rows.start - top : max(rows.stop - top, rows.start - top), columns.start - left : max(columns.stop - left, columns.start - left)
        ]
        return padded
    back = 1 / placement.scale
    offset = (back * (part.top - placement.top) - origin.top, back * (part.left - placement.left) - origin.left)
    result = _resample(field.astype(np.float32), back, offset, (part.height, part.width), outside)
    return np.clip(result, min(float(field.min()), outside), max(float(field.max()), outside))


def _resample(part: Array, scale: float, offset: tuple[float, float], shape: tuple[int, int], outside: float | None = None) -> Array:
    """Values at ``scale`` * (position + 0.5) + offset - 0.5 by cubic splines, low-pass filtered first if that downscales.

    Edges are replicated if ``outside`` is None.
    """
    if scale > 1:
        part = gaussian_filter(part, 0.5 * math.sqrt(scale**2 - 1), mode="nearest")
    start = [o + 0.5 * scale - 0.5 for o in offset]
    mode = "nearest" if outside is None else "constant"
    sampled: Array = affine_transform(part, [scale, scale], start, shape, order=3, mode=mode, cval=outside or 0.0)
    return sampled


def _side(name: str, width: int, height: int) -> int:
    return {"width": width, "height": height, "short": min(width, height), "long": max(width, height)}[name]


def _floor(value: float) -> int:
    return math.floor(value + 1e-6)


def _ceil(value: float) -> int:
    return math.ceil(value - 1e-6)
