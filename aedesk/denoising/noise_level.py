"""The noise level that a network is given: set by the user, or estimated from the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.specs import HIGHEST_SIGMA
from aedesk.imaging.tiling import Box, round_up
from aedesk.models.inference.tiled import Source, run_tiled
from aedesk.models.restoration.noise_estimator import CELL_PX

SAMPLE_PX = 256
SAMPLES_PER_AXIS = 4


@dataclass(frozen=True)
class NoiseLevel:
    """A noise level in 8-bit units: (1, 1, H/8, W/8) cells of ``box``, or one value as (1, 1, 1, 1)."""

    cells: Tensor
    box: Box

    @property
    def mean(self) -> float:
        return float(self.cells.square().mean().sqrt())

    def over(self, outer: Box) -> Tensor:
        """Returns the level for the tile ``outer``: one value, or a map at pixel resolution."""
        if self.cells.numel() == 1:
            return self.cells
        # One more cell on each side, so that tiles interpolate at their edges as the whole picture does.
        rows = _Span(outer.top - self.box.top, outer.bottom - self.box.top, self.cells.shape[2])
        columns = _Span(outer.left - self.box.left, outer.right - self.box.left, self.cells.shape[3])
        cells = F.pad(self.cells[:, :, rows.start : rows.stop, columns.start : columns.stop], _edges(rows, columns), mode="replicate")
        full = F.interpolate(cells, scale_factor=CELL_PX, mode="bilinear")
        return full[:, :, CELL_PX : CELL_PX + outer.height, CELL_PX : CELL_PX + outer.width]


class _Span:
    """The cells that cover pixels [first, last), one more on each side, and how many of these do not exist."""

    def __init__(self, first: int, last: int, count: int) -> None:
        begin, end = first // CELL_PX - 1, round_up(last, CELL_PX) // CELL_PX + 1
        self.start, self.stop = max(0, begin), min(count, end)
        self.before, self.after = self.start - begin, end - self.stop


def _edges(rows: _Span, columns: _Span) -> tuple[int, int, int, int]:
    return columns.before, columns.after, rows.before, rows.after


def given_level(sigma: float) -> NoiseLevel:
    return NoiseLevel(torch.full((1, 1, 1, 1), float(sigma)), Box(0, 0, 0, 0))


UNKNOWN = given_level(float("nan"))
"""The level passed to networks that need none."""


def estimate_level(
    network: Any, source: Source, size: tuple[int, int], part: Box, device: torch.device, dtype: torch.dtype, cancel: CancelToken
) -> NoiseLevel:
    """Estimates the noise level of a picture with the model's estimator, at most ``HIGHEST_SIGMA``.

    A "global" estimate uses up to 16 windows spread over the whole picture, so that a part of a picture is denoised in the same way as the
    whole. A "local" estimate covers every cell of ``part``.
    """
    run = _runner(network, source, size, device, dtype, cancel)
    if network.config.estimate == "global":
        sums = [run(window) for window in _windows(*size)]
        cells = torch.cat([cells.flatten() for cells in sums])
        return given_level(min(float(cells.mean()), HIGHEST_SIGMA))
    multiple = network.descriptor.size_multiple
    halo = network.descriptor.halo_px + CELL_PX
    left, top = (max(0, v // multiple * multiple - halo) for v in (part.left, part.top))
    right, bottom = (
        min(round_up(edge, multiple), round_up(last, multiple) + halo) for edge, last in zip(size, (part.right, part.bottom), strict=True)
    )
    area = Box(left, top, right, bottom)
    return NoiseLevel(run(area).clamp(max=HIGHEST_SIGMA), area)


def _runner(
    network: Any, source: Source, size: tuple[int, int], device: torch.device, dtype: torch.dtype, cancel: CancelToken
) -> Callable[[Box], Tensor]:
    def run(area: Box) -> Tensor:
        cells = torch.zeros((1, 1, round_up(area.height, CELL_PX) // CELL_PX, round_up(area.width, CELL_PX) // CELL_PX))

        def forward(pixels: Tensor, outer: Box) -> Tensor:
            level: Tensor = network.estimator(pixels)
            return level.repeat_interleave(CELL_PX, 2).repeat_interleave(CELL_PX, 3)

        def sink(core: Box, level: Tensor) -> None:
            place = core.within(area)
            rows = slice(place.top // CELL_PX, round_up(place.bottom, CELL_PX) // CELL_PX)
            columns = slice(place.left // CELL_PX, round_up(place.right, CELL_PX) // CELL_PX)
            cells[0, 0, rows, columns] = level[0, ::CELL_PX, ::CELL_PX]

        padded = (round_up(size[0], CELL_PX), round_up(size[1], CELL_PX))
        halo = network.estimator.halo_px
        tiles = run_tiled(
            forward, source, sink, padded, halo_px=halo, multiple=CELL_PX, device=device, dtype=dtype, part=area, cancel=cancel
        )
        for _ in tiles:
            pass
        return cells

    return run


def _windows(width: int, height: int) -> list[Box]:
    """Up to 4x4 windows on the 8-pixel grid, spread evenly; small pictures are covered completely."""
    boxes = []
    for top in _starts(height):
        for left in _starts(width):
            boxes.append(Box(left, top, min(left + SAMPLE_PX, round_up(width, CELL_PX)), min(top + SAMPLE_PX, round_up(height, CELL_PX))))
    return boxes


def _starts(length: int) -> list[int]:
    if length <= SAMPLE_PX:
        return [0]
    count = min(SAMPLES_PER_AXIS, -(-length // SAMPLE_PX))
    last = length - SAMPLE_PX
    return sorted({round(last * i / (count - 1)) // CELL_PX * CELL_PX for i in range(count)})
