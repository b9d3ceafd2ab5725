"""The cells of a lattice on a picture: sampled as a stack of pictures of one watermark, and a cell rendered over the whole picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import Placement, sample_frame
from aedesk.watermark.collection.gradient_stats import Array
from aedesk.watermark.tiled.lattice import Lattice

MARGIN_PX = 6
"""Margin of a window around its cell."""
MAX_CELLS = 64
"""Number of windows that are sampled at most, to bound memory."""
_INTEGER_TOLERANCE_PX = 0.05


@dataclass(frozen=True)
class Cells:
    """Windows of one size around the points of a lattice.

    Args:
        lattice: its displacements.
        origin: (x, y) of one lattice point on the picture.
        width, height: of a window, which holds everything nearer to its own point than to others, and a margin.
        points: (x, y) of windows that lie on the picture, at most ``MAX_CELLS``.
    """

    lattice: Lattice
    origin: tuple[float, float]
    width: int
    height: int
    points: tuple[tuple[float, float], ...]

    @property
    def box(self) -> Box:
        """The window in its own frame."""
        return Box(0, 0, self.width, self.height)

    def sample(self, pixels: NDArray) -> Array:
        """Returns the windows of (H, W, C) pixels, (K, C, height, width) float32; not resampled at integer displacements."""
        return np.stack([sample_frame(pixels, self.placement(point), self.box) for point in self.points])

    def render(self, field: Array, rows: slice, columns: slice) -> Array:
        """Returns a field (height, width) of the window as it is repeated on a part of the picture, (h, w).

        Each pixel is taken from the window of its nearest lattice point.
        """
        y, x = (axis + 0.5 for axis in np.mgrid[rows, columns])
        right, down = offset_from_nearest(self.lattice, x - self.origin[0], y - self.origin[1])
        left, top = self._corner()
        places = np.stack((down - top - 0.5, right - left - 0.5))
        if np.abs(places - np.rint(places)).max() < 1e-3:
            row, column = np.rint(places).astype(int)
            return np.asarray(field[row.clip(0, self.height - 1), column.clip(0, self.width - 1)])
        return np.asarray(map_coordinates(field, places, order=3, mode="nearest").clip(field.min(), field.max()))

    def placement(self, point: tuple[float, float]) -> Placement:
        """Returns the placement of the window around a lattice point."""
        left, top = self._corner()
        return Placement(1.0, _snapped(point[0] + left), _snapped(point[1] + top))

    def _corner(self) -> tuple[int, int]:
        """The window's left and top edge relative to its lattice point."""
        return -(self.width // 2), -(self.height // 2)


def place_cells(lattice: Lattice, width: int, height: int) -> Cells:
    """Places the windows of a lattice so that as many of them as possible lie completely on a ``width`` x ``height`` picture."""
    window_width, window_height = _window_size(lattice)
    origin, points = (0.0, 0.0), list[tuple[float, float]]()
    for u in (0.0, 0.25, 0.5, 0.75):
        for v in (0.0, 0.25, 0.5, 0.75):
            x = float(round(width / 2 + u * lattice.first[0] + v * lattice.second[0]))
            y = float(round(height / 2 + u * lattice.first[1] + v * lattice.second[1]))
            inside = _points_inside(lattice, (x, y), (window_width, window_height), (width, height))
            if len(inside) > len(points):
                origin, points = (x, y), inside
    chosen = np.unique(np.linspace(0, len(points) - 1, min(len(points), MAX_CELLS)).astype(int)) if points else ()
    return Cells(lattice, origin, window_width, window_height, tuple(points[number] for number in chosen))


def offset_from_nearest(lattice: Lattice, x: Array, y: Array) -> tuple[Array, Array]:
    """Returns the offset (right, down) of places from their nearest lattice point.

    Args:
        lattice: with the shortest possible displacements.
        x, y: relative to one of the lattice points.
    """
    (ax, ay), (bx, by) = lattice.first, lattice.second
    determinant = ax * by - ay * bx
    i, j = np.floor((x * by - y * bx) / determinant), np.floor((y * ax - x * ay) / determinant)
    best_right, best_down, least = np.zeros_like(x), np.zeros_like(y), np.full(np.shape(x), np.inf)
    for di in (0, 1):
        for dj in (0, 1):
            right, down = x - (i + di) * ax - (j + dj) * bx, y - (i + di) * ay - (j + dj) * by
            distance = right**2 + down**2
            nearer = distance < least
            best_right, best_down = np.where(nearer, right, best_right), np.where(nearer, down, best_down)
            least = np.where(nearer, distance, least)
    return best_right, best_down


def _window_size(lattice: Lattice) -> tuple[int, int]:
    """Width and height of everything that is nearest to one lattice point, with a margin on each side."""
    reach = int(np.ceil(np.hypot(*lattice.first) + np.hypot(*lattice.second)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(float)
    right, down = offset_from_nearest(lattice, x, y)
    width, height = (2 * (int(np.ceil(np.abs(offset).max())) + MARGIN_PX) for offset in (right, down))
    return width, height


def _points_inside(
    lattice: Lattice, origin: tuple[float, float], window: tuple[int, int], size: tuple[int, int]
) -> list[tuple[float, float]]:
    """The lattice points whose windows lie completely on a picture; sizes are (width, height)."""
    most = int(2 * max(size) / max(1.0, min(np.hypot(*lattice.first), np.hypot(*lattice.second)))) + 2
    i, j = np.mgrid[-most : most + 1, -most : most + 1]
    x = origin[0] + i * lattice.first[0] + j * lattice.second[0]
    y = origin[1] + i * lattice.first[1] + j * lattice.second[1]
    left, top = window[0] // 2, window[1] // 2
    inside = (x >= left) & (y >= top) & (x + window[0] - left <= size[0]) & (y + window[1] - top <= size[1])
    return [(float(a), float(b)) for a, b in zip(x[inside], y[inside], strict=True)]


def _snapped(value: float) -> float:
    """The nearest integer if the value is close to it."""
    return float(round(value)) if abs(value - round(value)) < _INTEGER_TOLERANCE_PX else value
