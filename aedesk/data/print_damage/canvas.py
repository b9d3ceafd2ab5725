"""Antialiased drawing of masks, and what roughens and softens them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Plane = NDArray[np.float32]
Point = tuple[float, float]

OVERSAMPLING = 2


class Canvas:
    """A mask that shapes are drawn on. Coordinates and widths are in pixels of the result.

    Args:
        height, width: of the result in pixels.
    """

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self._image = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING), 0)
        self._draw = ImageDraw.Draw(self._image)

    def line(self, points: Sequence[Point], width_px: float) -> None:
        """A polyline; it is at least half a pixel wide."""
        width = max(1, round(width_px * OVERSAMPLING))
        self._draw.line([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points], fill=255, width=width, joint="curve")

    def polygon(self, points: Sequence[Point], value: int = 255) -> None:
        """A filled polygon of three or more points."""
        self._draw.polygon([(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points], fill=value)

    def ellipse(self, centre: Point, radius_x: float, radius_y: float, angle: float = 0.0) -> None:
        """A filled ellipse, turned by ``angle`` radians."""
        cos, sin = math.cos(angle), math.sin(angle)
        steps = 8 if max(radius_x, radius_y) < 3 else 24
        around = [(radius_x * math.cos(math.tau * k / steps), radius_y * math.sin(math.tau * k / steps)) for k in range(steps)]
        self.polygon([(centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos) for x, y in around])

    def cover(self) -> Plane:
        """(height, width) float32 in [0, 1]: the share of each pixel that is covered."""
        return as_plane(self._image.reduce(OVERSAMPLING))


def as_plane(image: Image.Image) -> Plane:
    """An 8-bit picture of one channel as float32 in [0, 1]."""
    return np.asarray(image, np.float32) / np.float32(255)


def as_image(plane: Plane) -> Image.Image:
    """The inverse of :func:`as_plane`, clipped and rounded."""
    return Image.fromarray((plane.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def blurred(plane: Plane, sigma: float) -> Plane:
    """A plane in [0, 1], softened by a Gaussian; in steps of 1/255."""
    return as_plane(as_image(plane).filter(ImageFilter.GaussianBlur(sigma))) if sigma > 0 else plane


def rough(cover: Plane, field: Plane, amount: float, softness: float = 0.25) -> Plane:
    """A cover whose edges follow a random field.

    Args:
        cover: in [0, 1], with soft edges where they are to be moved.
        field: of mean 0 and standard deviation 1.
        amount: how far the field moves the threshold of a half.
        softness: width of the new edge, as a difference of cover.
    """
    return ((cover + amount * field - 0.5) / softness + 0.5).clip(0, 1).astype(np.float32)


def rim(cover: Plane, width_px: float) -> Plane:
    """The outer side of the edges of a cover, in [0, 1]."""
    return (2 * (blurred(cover, width_px) - cover)).clip(0, 1)
