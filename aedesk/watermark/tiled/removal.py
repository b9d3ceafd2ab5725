"""Finds a watermark that is tiled over one picture and removes it, if the evidence leaves no doubt.

A lattice alone proves nothing: bricks, fabrics and railings have one too. They do not have one colour and one opacity through which other
structure shows. The watermark is therefore estimated from all cells as from a collection of pictures. It must be semi-transparent, of
one colour that is not black, and equally strong in all cells. (A dark pattern that only dims what is under it cannot be distinguished
from a texture in uneven light.)
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from aedesk.core.cancel import CancelToken
from aedesk.core.generators import convert_items
from aedesk.imaging.blend import LUMA
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import strips
from aedesk.watermark.collection.alignment import Layout
from aedesk.watermark.collection.gradient_stats import Array
from aedesk.watermark.collection.poisson_estimate import MIN_TRANSMISSION, WatermarkFields
from aedesk.watermark.collection.removal import MIN_ALPHA, OPAQUE_ALPHA, measure_presence
from aedesk.watermark.collection.saved_mark import SharedMark
from aedesk.watermark.collection.stack_estimate import StackEstimate, estimate_watermark
from aedesk.watermark.tiled.cells import Cells, place_cells
from aedesk.watermark.tiled.lattice import Lattice, find_lattice


@dataclass(frozen=True)
class TiledSettings:
    """Settings of the estimate. Chosen by hand; no script fits these values yet.

    Args:
        max_cell_px: largest window; the equations of larger ones take minutes and gigabytes.
        min_cells: smallest number of windows; fewer are too few pictures for a collection.
        presence_cells: number of windows in which the watermark's presence is measured, about.
        inside_alpha: opacity from which a pixel belongs to the watermark.
    """

    max_cell_px: int = 250_000
    min_cells: int = 6
    presence_cells: int = 16
    inside_alpha: float = 0.05


SETTINGS = TiledSettings()


@dataclass(frozen=True)
class Evidence:
    """Evidence of a tiled watermark; larger values are stronger.

    Args:
        peak: median height of the peaks at the lattice points, in standard deviations.
        peak_fraction: fraction of the lattice points that have a peak.
        brightness: of the watermark's colour, 0 for black.
        presence: lower quartile over the cells of how much of the watermark is there, about 1 for all of it.
    """

    peak: float
    peak_fraction: float
    brightness: float = 0.0
    presence: float = 0.0

    def reaches(self, minimum: Evidence) -> bool:
        """Whether all values are at least those of another one."""
        return all(getattr(self, each.name) >= getattr(minimum, each.name) for each in fields(self))


MIN_EVIDENCE = Evidence(peak=11.973, peak_fraction=0.833, brightness=0.425, presence=0.472)
"""Thresholds for accepting a watermark, fitted by ``packaging/fit_watermark_thresholds.py tiled --count 8`` on training data."""


@dataclass(frozen=True)
class TiledMark:
    """A watermark and how it is repeated.

    Args:
        cells: where it is repeated.
        fields: the watermark in one window of the cells.
        evidence: how certain it is.
    """

    cells: Cells
    fields: WatermarkFields
    evidence: Evidence

    def alpha(self, width: int, height: int) -> NDArray[np.float32]:
        """Returns the watermark's opacity on the whole picture, (H, W)."""
        result = np.empty((height, width), np.float32)
        for rows in strips(height, width):
            result[rows] = 1 - self.cells.render(self.fields.transmission, rows, slice(0, width))
        return result

    def remove_from(self, pixels: NDArray) -> NDArray:
        """Returns (H, W, C) pixels without the watermark, of the same type; those outside of it keep every bit."""
        result, max_sample = pixels.copy(), np.iinfo(pixels.dtype).max
        height, width, channels = pixels.shape
        for rows in strips(height, width):
            transmission = self.cells.render(self.fields.transmission, rows, slice(0, width))
            changed = transmission < 1 - MIN_ALPHA
            planes = [self.cells.render(plane, rows, slice(0, width))[changed] for plane in self.fields.premultiplied]
            premultiplied = np.stack(planes, 1) if len(planes) == channels else np.mean(planes, 0)[:, None]
            clean = (result[rows][changed] / max_sample - premultiplied) / transmission[changed].clip(MIN_TRANSMISSION)[:, None]
            result[rows][changed] = np.rint(clean.clip(0, 1) * max_sample).astype(pixels.dtype)
        return result


def find_tiled_mark(
    picture: Picture, cancel: CancelToken, min_evidence: Evidence = MIN_EVIDENCE
) -> Generator[float, None, TiledMark | None]:
    """Yields the fraction done; returns the watermark that is tiled over a picture, or None if there is not enough evidence of one."""
    lattice = find_lattice(_gray(picture))
    yield 0.1
    cancel.check()
    if lattice is None or lattice.peak < min_evidence.peak or lattice.peak_fraction < min_evidence.peak_fraction:
        return None
    cells = place_cells(lattice, picture.width, picture.height)
    if len(cells.points) < SETTINGS.min_cells or cells.box.area > SETTINGS.max_cell_px:
        return None
    stack = cells.sample(picture.pixels) / np.float32(np.iinfo(picture.pixels.dtype).max)
    estimate = yield from convert_items(estimate_watermark(stack, cancel), lambda done: 0.1 + 0.9 * done)
    mark = TiledMark(cells, estimate.fields, _measure_evidence(lattice, cells, estimate, picture, cancel))
    return mark if estimate.colours == 1 and mark.evidence.reaches(min_evidence) else None


def _measure_evidence(lattice: Lattice, cells: Cells, estimate: StackEstimate, picture: Picture, cancel: CancelToken) -> Evidence:
    alpha = estimate.fields.alpha
    inside = alpha > SETTINGS.inside_alpha
    if not inside.any() or alpha.max() > OPAQUE_ALPHA:
        return Evidence(lattice.peak, lattice.peak_fraction)
    strong = alpha > 0.8 * float(np.quantile(alpha[inside], 0.75))
    brightness = float((estimate.fields.premultiplied[:, strong] / alpha[strong]).max(0).mean())
    mark = SharedMark(estimate.fields, cells.box, Layout((cells.width, cells.height)), len(cells.points), estimate.error, False)
    points = cells.points[:: max(1, len(cells.points) // SETTINGS.presence_cells)]
    presence = [measure_presence(mark, picture, cells.placement(point), cancel) for point in points]
    return Evidence(lattice.peak, lattice.peak_fraction, brightness, float(np.quantile(presence, 0.25)))


def _gray(picture: Picture) -> Array:
    """(H, W) float32 in [0, 1]."""
    weights = np.asarray(LUMA if picture.channels == 3 else (1.0,), np.float32) / np.iinfo(picture.pixels.dtype).max
    gray = np.empty((picture.height, picture.width), np.float32)
    for rows in strips(picture.height, picture.width):
        gray[rows] = picture.pixels[rows].astype(np.float32) @ weights
    return gray
