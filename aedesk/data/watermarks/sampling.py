"""Random watermarks and the blending model J = alpha W + (1 - alpha) I in sRGB: seeded, batched, on any device.

Training, evaluation and tools share this implementation. Pictures are (B, 3, H, W) float32, sRGB-encoded in [0, 1]. A watermark is a pair
of *premultiplied* colour alpha W (B, 3, H, W) and *alpha* (B, 1, H, W): in this form overlays can be composed and resized linearly.
Random numbers come from the given generator, which lives on the pictures' device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradation.operations import uniform
from aedesk.data.watermarks.bank import ShapeBank, StoredShape

MAX_RELATIVE_SIZE = 1.1
"""Longer side of the largest watermark that is no line of text, relative to the shorter side of the patch. One that fills the patch has no
visible edges."""

VISIBLE_ALPHA = 0.03
"""Opacity above which a pixel counts as part of a watermark."""

LINE_PX = (12.0, 60.0)
"""Usual height of a line of text, in pixels."""
USUAL_LINE, CORNER, STRETCHED = 0.6, 0.2, 0.12
"""Shares: texts in a usual height, and marks near an edge or stretched from side to side."""
OWN_COLOUR = 0.85
"""Share of the shapes with colours that keep them."""


def blend_over(picture: Tensor, premultiplied: Tensor, alpha: Tensor) -> Tensor:
    """Returns J = alpha W + (1 - alpha) I, where ``premultiplied`` is alpha W."""
    return premultiplied + (1 - alpha) * picture


@dataclass(frozen=True)
class WatermarkRanges:
    """Distribution of random watermarks and of what they lie on.

    Args:
        alpha: lowest and highest opacity of semi-transparent watermarks.
        opaque: share of watermarks that hide the picture (alpha 0.9 to 1).
        size: shortest and longest longer side, in pixels; most lines of text are chosen by their height (``LINE_PX``) instead.
        clean: share of pictures without a watermark.
        tiled: share of pictures whose watermark is repeated over the whole picture.
        gray, sepia, dark: shares of the pictures that are made so before they are marked.
        lettering: share of the pictures that show lettering which belongs to the scene, and stays.
    """

    alpha: tuple[float, float] = (0.15, 0.85)
    opaque: float = 0.05
    size: tuple[float, float] = (12, 400)
    clean: float = 0.25
    tiled: float = 0.15
    gray: float = 0.1
    sepia: float = 0.06
    dark: float = 0.1
    lettering: float = 0.1


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
    stagger: float = 0.5,
    tilt: tuple[float, float] = (0.0, 0.0),
) -> Tensor:
    """Draws a shape on an empty (4, height, width) canvas, with bilinear interpolation.

    Args:
        shape: (4, h, w), colour and coverage.
        centre: x and y in pixels.
        size_px: longer side of the shape on the picture.
        angle: rotation in radians.
        cell: width and height in pixels of the grid cells in which it is repeated, before the rotation; None to draw it once.
        stagger: shift of every other row, in cells.
        tilt: perspective along both sides of the shape: relative change of scale over ``size_px``; without ``cell``.
    """
    device = shape.device
    y = torch.arange(height, device=device, dtype=torch.float32).view(-1, 1) + 0.5 - centre[1]
    x = torch.arange(width, device=device, dtype=torch.float32).view(1, -1) + 0.5 - centre[0]
    cos, sin = math.cos(angle), math.sin(angle)
    u, v = x * cos + y * sin, y * cos - x * sin
    if cell is not None:
        row = torch.floor(v / cell[1] + 0.5)
        v = v - row * cell[1]
        u = u + stagger * cell[0] * (row % 2)
        u = u - torch.floor(u / cell[0] + 0.5) * cell[0]
    elif any(tilt):
        depth = (1 + (tilt[0] * u + tilt[1] * v) / size_px).clamp(min=0.1)
        u, v = u / depth, v / depth
    scale = size_px / max(shape.shape[1:])
    grid = torch.stack((u * (2 / (scale * shape.shape[2])), v * (2 / (scale * shape.shape[1]))), 2)
    return F.grid_sample(shape[None], grid[None], mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def _one_watermark(
    height: int, width: int, bank: ShapeBank, ranges: WatermarkRanges, tiled: bool, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    u = uniform(0, 1, 22, generator).flatten().tolist()
    shape = bank[int(u[0] * len(bank)) % len(bank)]
    size = _size(shape, min(height, width), ranges, tiled, u[1], u[2])
    angle = _angle(u[3], u[4], tiled)
    centre = (u[5] * width, u[6] * height)
    cell, stagger = None, 0.0
    sides = (size * min(1.0, shape.proportions), size / max(1.0, shape.proportions))
    if tiled:
        sparse = 1 + 2 * u[7] if u[8] < 0.3 else 1.0
        cell = (sides[0] * (1.05 + 1.2 * u[9] ** 2) * sparse + 2, sides[1] * (1.15 + 3 * u[10] ** 2) * sparse + 2)
        stagger = 0.5 if u[11] < 0.5 else (0.0 if u[11] < 0.8 else u[12])
    elif u[13] < CORNER:
        angle, centre = 0.0, (_near_edge(u[5], sides[0], width), _near_edge(u[6], sides[1], height))
    elif u[13] < CORNER + STRETCHED:
        diagonal = math.atan2(height, width) * (1 if u[4] < 0.5 else -1)
        angle, centre = 0.0 if u[3] < 0.5 else diagonal, (width / 2, height * (u[6] if u[3] < 0.5 else 0.5))
        size = (0.8 + 0.3 * u[2]) * (width if u[3] < 0.5 else math.hypot(height, width))
    placed = place_shape(shape.planes(size), height, width, centre, size, angle, cell, stagger)
    own_colour = shape.has_colour and u[14] < OWN_COLOUR
    colour = placed[:3] if own_colour else _uniform_colour(u[15], u[16], u[17:20], placed)
    opacity = _opacity(u[20], u[21], ranges)
    softness = uniform(0, 1, 3, generator).flatten().tolist()
    cover = placed[3:]
    if softness[0] < 0.3:
        cover = _blurred(cover, 0.4 + 1.8 * softness[1])
    if softness[2] < 0.1:  # fades from one side to the other
        ramp = torch.linspace(1, 0.4, width, device=cover.device).view(1, 1, -1)
        cover = cover * (ramp if softness[2] < 0.05 else ramp.flip(2))
    alpha = cover * opacity
    return alpha * colour, alpha


def _size(shape: StoredShape, patch_px: int, ranges: WatermarkRanges, tiled: bool, u: float, v: float) -> float:
    """Longer side in pixels. Lines of text may be longer than the patch, as they are on whole pictures."""
    lines, proportions = shape.lines, shape.proportions
    if lines and u < USUAL_LINE:
        height = lines * LINE_PX[0] * (LINE_PX[1] / LINE_PX[0]) ** v
        return height * max(1.0, proportions)
    low, high = ranges.size
    if tiled:
        high = min(high, 200)
    if not lines:
        high = min(high, MAX_RELATIVE_SIZE * patch_px)
    high = max(low, high)
    low = min(high, max(low, LINE_PX[0] * lines * max(1.0, proportions)))
    return float(low * (high / low) ** (v if tiled else v**0.7))


def _angle(u: float, v: float, tiled: bool) -> float:
    if tiled:
        return 0.0 if u < 0.3 else (v - 0.5) * math.pi
    return 0.0 if u < 0.6 else (math.pi / 2 if u < 0.7 else (v - 0.5) * math.pi / (1 if u < 0.8 else 2))


def _near_edge(u: float, side: float, edge: int) -> float:
    """Middle of a mark of that side whose distance to the first or the last edge is at most a tenth of the picture's side."""
    distance = (0.1 * edge * (2 * u % 1) if side < edge else 0.0) + side / 2
    return distance if u < 0.5 else edge - distance


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
