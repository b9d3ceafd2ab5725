"""Random watermarks and the blending model J = alpha W + (1 - alpha) I in sRGB: seeded, batched, on any device.

Training, evaluation and tools share this implementation. Pictures are (B, 3, H, W) float32, sRGB-encoded in [0, 1]. A watermark is a pair
of *premultiplied* colour alpha W (B, 3, H, W) and *alpha* (B, 1, H, W): in this form overlays can be composed and resized linearly.
Random numbers come from the given generator, which lives on the pictures' device.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradations import uniform
from aedesk.data.watermarks.fonts import system_fonts
from aedesk.data.watermarks.shapes import (
    EDGE_PX,
    FontLoader,
    Shape,
    choose_font,
    date_stamp_shape,
    emblem_shape,
    lines_shape,
    logo_shape,
    text_shape,
)

MAX_RELATIVE_SIZE = 1.1
"""Longer side of the largest watermark, relative to the shorter side of the patch. One that fills the patch has no visible edges."""

VISIBLE_ALPHA = 0.03
"""Opacity above which a pixel counts as part of a watermark."""

SHAPE_WEIGHTS: tuple[tuple[Callable[[Random, FontLoader], Shape], int], ...] = (
    (text_shape, 12),
    (emblem_shape, 5),
    (date_stamp_shape, 2),
    (lines_shape, 1),
)
"""Relative frequencies of drawn shapes. Logos from files, where there are any, make up a third of all shapes."""


def blend_over(picture: Tensor, premultiplied: Tensor, alpha: Tensor) -> Tensor:
    """Returns J = alpha W + (1 - alpha) I, where ``premultiplied`` is alpha W."""
    return premultiplied + (1 - alpha) * picture


class ShapeBank:
    """Shapes in memory at several sizes, ready to be placed on pictures.

    Args:
        shapes: at least one.
        device: the device of the pictures.
    """

    def __init__(self, shapes: Sequence[Shape], device: torch.device | str = "cpu") -> None:
        white = np.full((EDGE_PX, EDGE_PX, 3), 255, np.uint8)
        planes = [np.dstack((white if shape.colour is None else shape.colour, shape.cover)) for shape in shapes]
        self.has_colour = tuple(shape.colour is not None for shape in shapes)
        self._sizes = [torch.from_numpy(np.stack(planes)).permute(0, 3, 1, 2).contiguous().to(device)]
        while self._sizes[-1].shape[2] > 32:
            self._sizes.append(_halved(self._sizes[-1]))

    def __len__(self) -> int:
        return len(self.has_colour)

    def shape(self, index: int, size_px: float) -> Tensor:
        """Returns colour and coverage of a shape, (4, S, S) float32 in [0, 1], at the smallest stored size S >= ``size_px``."""
        size_index = max(0, min(len(self._sizes) - 1, math.floor(math.log2(EDGE_PX / max(size_px, 1)))))
        return self._sizes[size_index][index].float() / 255


@functools.lru_cache(maxsize=4)
def training_bank(count: int = 1200, seed: int = 0, logos: str = "", device: str = "cpu") -> ShapeBank:
    """Shapes to train on: text in this computer's fonts, date stamps, lines, random emblems, and logos from the folder ``logos``.

    Every tenth logo by name is left out, for evaluation (:func:`held_out_logos`). Raises :class:`DataError` for an unreadable logo.
    """
    rng = Random(seed)
    fonts = system_fonts()
    kinds, weights = [kind for kind, _ in SHAPE_WEIGHTS], [weight for _, weight in SHAPE_WEIGHTS]
    files = [path for number, path in enumerate(logo_files(logos)) if number % 10] if logos else []
    shapes = [logo_shape(path) for path in rng.sample(files, min(len(files), count // 3))]
    while len(shapes) < count:
        draw = rng.choices(kinds, weights)[0]
        shapes.append(draw(rng, choose_font(fonts, rng)))
    return ShapeBank(shapes, device)


def logo_files(folder: str) -> list[Path]:
    """The PNG files of a folder, sorted by name."""
    return sorted(Path(folder).expanduser().glob("*.png"))


def held_out_logos(folder: str) -> list[Path]:
    """Every tenth logo of a folder, which training never uses; empty without a folder."""
    return logo_files(folder)[::10] if folder else []


@dataclass(frozen=True)
class WatermarkRanges:
    """Distribution of random watermarks.

    Args:
        alpha: lowest and highest opacity of semi-transparent watermarks.
        opaque: share of watermarks that hide the picture (alpha 0.9 to 1).
        size: shortest and longest longer side, in pixels.
        clean: share of pictures without a watermark.
        tiled: share of pictures whose watermark is repeated over the whole picture.
    """

    alpha: tuple[float, float] = (0.15, 0.85)
    opaque: float = 0.12
    size: tuple[float, float] = (24, 320)
    clean: float = 0.08
    tiled: float = 0.15


def draw_watermarks(
    count: int, height: int, width: int, bank: ShapeBank, ranges: WatermarkRanges, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Returns premultiplied colour (count, 3, height, width) and alpha (count, 1, height, width) of random watermarks.

    Each picture has none, one to three, or one that is repeated.
    """
    premultiplieds, alphas = [], []
    for _ in range(count):
        u = uniform(0, 1, 8, generator).flatten().tolist()
        premultiplied = torch.zeros((3, height, width), device=generator.device)
        alpha = torch.zeros((1, height, width), device=generator.device)
        overlays = 0 if u[0] < ranges.clean else 1 + (u[1] > 0.65) + (u[1] > 0.9)
        tiled = u[2] < ranges.tiled
        for _ in range(1 if tiled and overlays else overlays):
            top_premultiplied, top_alpha = _one_watermark(height, width, bank, ranges, tiled, generator)
            premultiplied = top_premultiplied + (1 - top_alpha) * premultiplied
            alpha = top_alpha + (1 - top_alpha) * alpha
        premultiplieds.append(premultiplied)
        alphas.append(alpha)
    return torch.stack(premultiplieds), torch.stack(alphas)


def place_shape(
    shape: Tensor,
    height: int,
    width: int,
    centre: tuple[float, float],
    size_px: float,
    angle: float,
    cell: tuple[float, float] | None = None,
) -> Tensor:
    """Draws a shape on an empty (4, height, width) canvas, with bilinear interpolation.

    Args:
        shape: (4, S, S), colour and coverage.
        centre: x and y in pixels.
        size_px: edge of the shape's canvas on the picture.
        angle: rotation in radians.
        cell: width and height in pixels of the grid cells in which it is repeated, before the rotation; None to draw it once.
    """
    device = shape.device
    y = torch.arange(height, device=device, dtype=torch.float32).view(-1, 1) + 0.5 - centre[1]
    x = torch.arange(width, device=device, dtype=torch.float32).view(1, -1) + 0.5 - centre[0]
    cos, sin = math.cos(angle), math.sin(angle)
    u, v = x * cos + y * sin, y * cos - x * sin
    if cell is not None:
        row = torch.floor(v / cell[1] + 0.5)
        v = v - row * cell[1]
        u = u + 0.5 * cell[0] * (row % 2)  # every other row is shifted, as is usual for tiled watermarks
        u = u - torch.floor(u / cell[0] + 0.5) * cell[0]
    grid = torch.stack((u, v), 2) * (2 / size_px)
    return F.grid_sample(shape[None], grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def _one_watermark(
    height: int, width: int, bank: ShapeBank, ranges: WatermarkRanges, tiled: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    u = uniform(0, 1, 16, generator).flatten().tolist()
    index = int(u[0] * len(bank)) % len(bank)
    low, high = ranges.size
    high = max(low, min(high, MAX_RELATIVE_SIZE * min(height, width)))
    size = low * (min(high, 160) / low) ** u[1] if tiled else low * (high / low) ** (u[1] ** 0.7)
    centre = (u[2] * width, u[3] * height)
    angle = 0.0 if u[4] < 0.6 else (math.pi / 2 if u[4] < 0.7 else (u[5] - 0.5) * math.pi / (1 if u[4] < 0.8 else 2))
    cell = (size * (1.05 + u[6]), size * (0.35 + u[7])) if tiled else None
    placed = place_shape(bank.shape(index, size), height, width, centre, size, angle, cell)
    own_colour = bank.has_colour[index] and u[8] < 0.6
    colour = placed[:3] if own_colour else _uniform_colour(u[9], u[10], u[11:14], placed)
    opacity = _opacity(u[14], u[15], ranges)
    softness = uniform(0, 1, 3, generator).flatten().tolist()
    cover = placed[3:]
    if softness[0] < 0.3:
        cover = _blurred(cover, 0.4 + 1.8 * softness[1])
    if softness[2] < 0.12:  # fades from one side to the other
        ramp = torch.linspace(1, 0.4, width, device=cover.device).view(1, 1, -1)
        cover = cover * (ramp if softness[2] < 0.06 else ramp.flip(2))
    alpha = cover * opacity
    return alpha * colour, alpha


def _opacity(u: float, v: float, ranges: WatermarkRanges) -> float:
    if u < ranges.opaque:
        return 0.9 + 0.1 * min(1.0, 1.5 * v)  # a third of them exactly 1
    low, high = ranges.alpha
    return low + (high - low) * v


def _uniform_colour(kind: float, tone: float, random: list[float], like: Tensor) -> Tensor:
    """White in half of the cases, otherwise black, gray or a random colour; (3, 1, 1)."""
    if kind < 0.5:
        rgb = [0.9 + 0.1 * min(1.0, 2 * tone)] * 3
    elif kind < 0.65:
        rgb = [0.15 * tone] * 3
    elif kind < 0.78:
        rgb = [tone] * 3
    else:
        rgb = random
    return like.new_tensor(rgb).view(3, 1, 1)


def _blurred(plane: Tensor, sigma_px: float) -> Tensor:
    radius = min(max(1, round(3 * sigma_px)), *(edge - 1 for edge in plane.shape[1:]))
    offsets = torch.arange(-radius, radius + 1, device=plane.device)
    kernel = torch.exp(-0.5 * (offsets / sigma_px) ** 2)
    kernel = kernel / kernel.sum()
    padded = F.pad(plane[None], (radius,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))[0]


def _halved(planes: Tensor) -> Tensor:
    """(N, 4, S, S) uint8 at half the size. Colours are averaged with coverage as the weight, so that the background does not bleed in."""
    parts = []
    for chunk in planes.split(64):
        x = chunk.float()
        cover = F.avg_pool2d(x[:, 3:], 2)
        colour = F.avg_pool2d(x[:, :3] * x[:, 3:], 2) / cover.clamp(min=1)
        parts.append(torch.cat((torch.where(cover > 0, colour, F.avg_pool2d(x[:, :3], 2)), cover), 1).round().clamp(0, 255).byte())
    return torch.cat(parts)
