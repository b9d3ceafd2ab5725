"""The forward model of visible marks, J = alpha W + (1 - alpha) I in sRGB: seeded, batched, on any device.

The one implementation that training, evaluation and tools use. Pictures are (B, 3, H, W) float32, sRGB-encoded in [0, 1]. Marks are
*light* (B, 3, H, W), which is alpha W, with *alpha* (B, 1, H, W): in this form layers add up and can be resized like pictures. Random
numbers come from the given generator, which lives on the pictures' device.
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
    FontOf,
    Shape,
    emblem_shape,
    font_chooser,
    lines_shape,
    logo_shape,
    stamp_shape,
    text_shape,
)

LARGEST = 1.1
"""Longer side of the largest mark in sides of the picture: one that covers a patch to its edges looks like none."""

VISIBLE = 0.03
"""Alpha from which a pixel belongs to a mark."""

DRAWN: tuple[tuple[Callable[[Random, FontOf], Shape], int], ...] = ((text_shape, 12), (emblem_shape, 5), (stamp_shape, 2), (lines_shape, 1))
"""How often each kind is drawn, beside the logos from files, which make up a third."""


def blend_over(picture: Tensor, light: Tensor, alpha: Tensor) -> Tensor:
    """J = alpha W + (1 - alpha) I, with ``light`` for alpha W."""
    return light + (1 - alpha) * picture


class MarkBank:
    """Shapes in memory at several sizes, ready to be laid over pictures.

    Args:
        shapes: at least one.
        device: where the pictures will be.
    """

    def __init__(self, shapes: Sequence[Shape], device: torch.device | str = "cpu") -> None:
        white = np.full((EDGE_PX, EDGE_PX, 3), 255, np.uint8)
        planes = [np.dstack((white if shape.colour is None else shape.colour, shape.cover)) for shape in shapes]
        self.own_colour = tuple(shape.colour is not None for shape in shapes)
        self._sizes = [torch.from_numpy(np.stack(planes)).permute(0, 3, 1, 2).contiguous().to(device)]
        while self._sizes[-1].shape[2] > 32:
            self._sizes.append(_halved(self._sizes[-1]))

    def __len__(self) -> int:
        return len(self.own_colour)

    def shape(self, index: int, size_px: float) -> Tensor:
        """(4, S, S) float32 of one shape, colour and cover in [0, 1], of the smallest kept size that is no less than ``size_px``."""
        level = max(0, min(len(self._sizes) - 1, math.floor(math.log2(EDGE_PX / max(size_px, 1)))))
        return self._sizes[level][index].float() / 255


@functools.lru_cache(maxsize=4)
def training_bank(count: int = 1200, seed: int = 0, logos: str = "", device: str = "cpu") -> MarkBank:
    """Shapes to train on: text in the machine's fonts, stamps, lines, made-up logos, and those in the folder ``logos``.

    Every tenth logo by name is left out: it is for measuring (:func:`held_out_logos`). Raises :class:`DataError` for an unreadable logo.
    """
    rng = Random(seed)
    fonts = system_fonts()
    kinds, weights = [kind for kind, _ in DRAWN], [weight for _, weight in DRAWN]
    files = [path for number, path in enumerate(logo_files(logos)) if number % 10] if logos else []
    shapes = [logo_shape(path) for path in rng.sample(files, min(len(files), count // 3))]
    while len(shapes) < count:
        draw = rng.choices(kinds, weights)[0]
        shapes.append(draw(rng, font_chooser(fonts, rng)))
    return MarkBank(shapes, device)


def logo_files(folder: str) -> list[Path]:
    """The logos in a folder, by name."""
    return sorted(Path(folder).expanduser().glob("*.png"))


def held_out_logos(folder: str) -> list[Path]:
    """Every tenth logo of a folder: what training never sees. None without a folder."""
    return logo_files(folder)[::10] if folder else []


@dataclass(frozen=True)
class MarkRange:
    """What marks are drawn from.

    Args:
        alpha: lowest and highest opacity.
        opaque: share of marks that hide the picture altogether (alpha 0.9 to 1).
        size: shortest and longest longer side in pixels.
        clean: share of pictures that get none.
        tiled: share of pictures whose mark is repeated all over.
    """

    alpha: tuple[float, float] = (0.15, 0.85)
    opaque: float = 0.12
    size: tuple[float, float] = (24, 320)
    clean: float = 0.08
    tiled: float = 0.15


def draw_marks(count: int, height: int, width: int, bank: MarkBank, ranges: MarkRange, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Light (count, 3, height, width) and alpha (count, 1, height, width) of random marks, one to three a picture or one repeated."""
    lights, alphas = [], []
    for _ in range(count):
        u = uniform(0, 1, 8, generator).flatten().tolist()
        light = torch.zeros((3, height, width), device=generator.device)
        alpha = torch.zeros((1, height, width), device=generator.device)
        layers = 0 if u[0] < ranges.clean else 1 + (u[1] > 0.65) + (u[1] > 0.9)
        tiled = u[2] < ranges.tiled
        for _ in range(1 if tiled and layers else layers):
            over_light, over_alpha = _one_mark(height, width, bank, ranges, tiled, generator)
            light = over_light + (1 - over_alpha) * light
            alpha = over_alpha + (1 - over_alpha) * alpha
        lights.append(light)
        alphas.append(alpha)
    return torch.stack(lights), torch.stack(alphas)


def place(
    shape: Tensor,
    height: int,
    width: int,
    centre: tuple[float, float],
    size_px: float,
    angle: float,
    cell: tuple[float, float] | None = None,
) -> Tensor:
    """A shape on an empty canvas.

    Args:
        shape: (4, S, S).
        centre: x and y in pixels.
        size_px: what the edge of the shape becomes.
        angle: in radians.
        cell: width and height in pixels of the cells in which it is repeated, before it is turned; None for once.

    Returns:
        (4, height, width).
    """
    device = shape.device
    y = torch.arange(height, device=device, dtype=torch.float32).view(-1, 1) + 0.5 - centre[1]
    x = torch.arange(width, device=device, dtype=torch.float32).view(1, -1) + 0.5 - centre[0]
    cos, sin = math.cos(angle), math.sin(angle)
    u, v = x * cos + y * sin, y * cos - x * sin
    if cell is not None:
        row = torch.floor(v / cell[1] + 0.5)
        v = v - row * cell[1]
        u = u + 0.5 * cell[0] * (row % 2)  # every other row is shifted, as tiled marks are
        u = u - torch.floor(u / cell[0] + 0.5) * cell[0]
    grid = torch.stack((u, v), 2) * (2 / size_px)
    return F.grid_sample(shape[None], grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def _one_mark(height: int, width: int, bank: MarkBank, ranges: MarkRange, tiled: bool, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    u = uniform(0, 1, 16, generator).flatten().tolist()
    index = int(u[0] * len(bank)) % len(bank)
    low, high = ranges.size
    high = max(low, min(high, LARGEST * min(height, width)))
    size = low * (min(high, 160) / low) ** u[1] if tiled else low * (high / low) ** (u[1] ** 0.7)
    centre = (u[2] * width, u[3] * height)
    angle = 0.0 if u[4] < 0.6 else (math.pi / 2 if u[4] < 0.7 else (u[5] - 0.5) * math.pi / (1 if u[4] < 0.8 else 2))
    cell = (size * (1.05 + u[6]), size * (0.35 + u[7])) if tiled else None
    placed = place(bank.shape(index, size), height, width, centre, size, angle, cell)
    own = bank.own_colour[index] and u[8] < 0.6
    colour = placed[:3] if own else _plain_colour(u[9], u[10], u[11:14], placed)
    strength = _opacity(u[14], u[15], ranges)
    soft = uniform(0, 1, 3, generator).flatten().tolist()
    cover = placed[3:]
    if soft[0] < 0.3:
        cover = _blurred(cover, 0.4 + 1.8 * soft[1])
    if soft[2] < 0.12:  # fades from one side to the other
        ramp = torch.linspace(1, 0.4, width, device=cover.device).view(1, 1, -1)
        cover = cover * (ramp if soft[2] < 0.06 else ramp.flip(2))
    alpha = cover * strength
    return alpha * colour, alpha


def _opacity(u: float, v: float, ranges: MarkRange) -> float:
    if u < ranges.opaque:
        return 0.9 + 0.1 * min(1.0, 1.5 * v)  # a third of them wholly
    low, high = ranges.alpha
    return low + (high - low) * v


def _plain_colour(kind: float, tone: float, random: list[float], like: Tensor) -> Tensor:
    """Mostly white, else black, gray or any colour."""
    if kind < 0.5:
        rgb = [0.9 + 0.1 * min(1.0, 2 * tone)] * 3
    elif kind < 0.65:
        rgb = [0.15 * tone] * 3
    elif kind < 0.78:
        rgb = [tone] * 3
    else:
        rgb = random
    return like.new_tensor(rgb).view(3, 1, 1)


def _blurred(plane: Tensor, sigma: float) -> Tensor:
    reach = min(max(1, round(3 * sigma)), *(edge - 1 for edge in plane.shape[1:]))
    span = torch.arange(-reach, reach + 1, device=plane.device)
    line = torch.exp(-0.5 * (span / sigma) ** 2)
    line = line / line.sum()
    padded = F.pad(plane[None], (reach,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(padded, line.view(1, 1, 1, -1)), line.view(1, 1, -1, 1))[0]


def _halved(planes: Tensor) -> Tensor:
    """(N, 4, S, S) uint8 at half the size; colours are averaged by their cover, so that what is under no mark does not bleed in."""
    parts = []
    for chunk in planes.split(64):
        x = chunk.float()
        cover = F.avg_pool2d(x[:, 3:], 2)
        colour = F.avg_pool2d(x[:, :3] * x[:, 3:], 2) / cover.clamp(min=1)
        parts.append(torch.cat((torch.where(cover > 0, colour, F.avg_pool2d(x[:, :3], 2)), cover), 1).round().clamp(0, 255).byte())
    return torch.cat(parts)
