"""Where a mark sits on pictures of different sizes.

A mark has a frame: the pixels of a reference picture. On another picture it keeps its distance to a corner, an edge or the centre, in
pixels or in proportion to one side of the picture; a small shift and scale of that picture's own may come on top. Coordinates are
continuous: the middle of the first pixel is at 0.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter

from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.gradient_stats import Array

SCALINGS = ("fixed", "width", "height", "short", "long")
"""What the mark's size is in proportion to: nothing, or that side of the picture."""
ANCHORS = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class Place:
    """Frame to picture: x = scale * frame_x + left, y = scale * frame_y + top."""

    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether frame pixels are picture pixels."""
        return self.scale == 1 and self.left == round(self.left) and self.top == round(self.top)

    def moved(self, right: float, down: float, factor: float = 1.0, about: tuple[float, float] = (0.0, 0.0)) -> Place:
        """Shifted by picture pixels and scaled about a point of the frame."""
        scale = self.scale * factor
        left = self.left + right + (self.scale - scale) * about[0]
        return Place(scale, left, self.top + down + (self.scale - scale) * about[1])

    def box(self, box: Box, width: int, height: int) -> Box:
        """The picture's pixels under a box of the frame, at least one."""
        left, right = (
            min(max(0, edge), width) for edge in (_down(self.scale * box.left + self.left), _up(self.scale * box.right + self.left))
        )
        top, bottom = (
            min(max(0, edge), height) for edge in (_down(self.scale * box.top + self.top), _up(self.scale * box.bottom + self.top))
        )
        return Box(min(left, width - 1), min(top, height - 1), max(right, min(left, width - 1) + 1), max(bottom, min(top, height - 1) + 1))


@dataclass(frozen=True)
class Layout:
    """How places follow from sizes.

    Args:
        reference: (width, height) of the picture whose pixels are the frame.
        anchor: the point that stays, as shares of width and height: (1, 1) is the bottom right corner.
        scaling: one of ``SCALINGS``.
    """

    reference: tuple[int, int]
    anchor: tuple[float, float] = (0.0, 0.0)
    scaling: str = "fixed"

    def place(self, width: int, height: int) -> Place:
        """On a picture of that size."""
        scale = 1.0 if self.scaling == "fixed" else side(self.scaling, width, height) / side(self.scaling, *self.reference)
        left, top = (a * (here - scale * there) for a, here, there in zip(self.anchor, (width, height), self.reference, strict=True))
        if scale == 1:
            left, top = math.floor(left), math.floor(top)  # programs place marks on whole pixels
        return Place(scale, left, top)

    def common(self, sizes: list[tuple[int, int]]) -> Box:
        """The part of the frame that lies on every picture; its area may be 0."""
        box = Box(0, 0, *self.reference)
        for width, height in sizes:
            at = self.place(width, height)
            box = Box(
                max(box.left, _up((0 - at.left) / at.scale)),
                max(box.top, _up((0 - at.top) / at.scale)),
                min(box.right, _down((width - at.left) / at.scale)),
                min(box.bottom, _down((height - at.top) / at.scale)),
            )
        return box if box.left < box.right and box.top < box.bottom else Box(0, 0, 0, 0)

    def reduced(self, factor: float) -> Layout:
        """The same for pictures that are ``factor`` times smaller."""
        return replace(self, reference=(int(self.reference[0] / factor), int(self.reference[1] / factor)))


def side(name: str, width: int, height: int) -> int:
    return {"width": width, "height": height, "short": min(width, height), "long": max(width, height)}[name]


def seen(pixels: Array, place: Place, box: Box) -> Array:
    """(C, h, w) float32: a box of the frame as it lies on a picture, (H, W, C) of any type; its edge goes on beyond it."""
    height, width, channels = pixels.shape
    if place.exact:
        rows = np.clip(np.arange(box.top, box.bottom) + int(place.top), 0, height - 1)
        columns = np.clip(np.arange(box.left, box.right) + int(place.left), 0, width - 1)
        return np.ascontiguousarray(pixels[rows[:, None], columns].transpose(2, 0, 1), np.float32)
    margin = 4 + math.ceil(3 * place.scale)
    under = place.box(box, width, height)
    under = Box(
        max(0, under.left - margin), max(0, under.top - margin), min(width, under.right + margin), min(height, under.bottom + margin)
    )
    part = pixels[under.top : under.bottom, under.left : under.right].astype(np.float32)
    offset = (place.top - under.top + place.scale * box.top, place.left - under.left + place.scale * box.left)
    return np.stack([_resampled(part[:, :, c], place.scale, offset, (box.height, box.width)) for c in range(channels)])


def laid(field: Array, origin: Box, place: Place, part: Box, outside: float) -> Array:
    """(h, w): a field of the frame, given on the box ``origin``, as it lies on a ``part`` of a picture; ``outside`` beyond the box.

    Values are never interpolated beyond those around them.
    """
    if place.exact:
        left, top = origin.left + int(place.left) - part.left, origin.top + int(place.top) - part.top
        padded = np.full((part.height, part.width), outside, np.float32)
        rows, columns = slice(max(0, top), min(part.height, top + origin.height)), slice(max(0, left), min(part.width, left + origin.width))
        padded[rows, columns] = field[
            rows.start - top : max(rows.stop - top, rows.start - top), columns.start - left : max(columns.stop - left, columns.start - left)
        ]
        return padded
    back = 1 / place.scale
    offset = (back * (part.top - place.top) - origin.top, back * (part.left - place.left) - origin.left)
    result = _resampled(field.astype(np.float32), back, offset, (part.height, part.width), outside)
    return np.clip(result, min(float(field.min()), outside), max(float(field.max()), outside))


def _resampled(part: Array, scale: float, offset: tuple[float, float], shape: tuple[int, int], outside: float | None = None) -> Array:
    """Value at ``scale`` * (position + 0.5) + offset - 0.5 by cubic splines, low-passed first when that is a reduction."""
    if scale > 1:
        part = gaussian_filter(part, 0.5 * math.sqrt(scale**2 - 1), mode="nearest")
    start = [o + 0.5 * scale - 0.5 for o in offset]
    mode = "nearest" if outside is None else "constant"
    sampled: Array = affine_transform(part, [scale, scale], start, shape, order=3, mode=mode, cval=outside or 0.0)
    return sampled


def _down(value: float) -> int:
    return math.floor(value + 1e-6)


def _up(value: float) -> int:
    return math.ceil(value - 1e-6)
