"""Synthetic hole masks: scratches, dust, folds and stains as on old prints, text, and brush strokes and rectangles as users draw them.

Pillow draws a bank of large square masks once. Patches are cropped from it, flipped and transposed at random: seeded, batched, on any
device.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from random import Random

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from aedesk.data.degradation.operations import uniform
from aedesk.data.watermarks.fonts import system_fonts
from aedesk.data.watermarks.shapes import choose_font, text_shape

CANVAS_PX = 512
MAX_HOLE_SHARE = 0.6
"""Largest share of a patch that one hole may hide, so that enough context remains."""


def scratches(rng: Random, draw: ImageDraw.ImageDraw) -> None:
    """Draws thin, long, nearly straight lines."""
    for _ in range(rng.randint(3, 14)):
        x, y, angle = rng.uniform(0, CANVAS_PX), rng.uniform(0, CANVAS_PX), rng.uniform(0, math.tau)
        points = [(x, y)]
        for _ in range(rng.randint(2, 12)):
            angle += rng.gauss(0, 0.15)
            step = rng.uniform(10, 60)
            x, y = x + step * math.cos(angle), y + step * math.sin(angle)
            points.append((x, y))
        draw.line(points, fill=255, width=rng.choice((1, 1, 2, 2, 3, 4, 6)), joint="curve")


def dust(rng: Random, draw: ImageDraw.ImageDraw) -> None:
    """Draws specks and short hairs."""
    for _ in range(rng.randint(60, 260)):
        x, y, radius = rng.uniform(0, CANVAS_PX), rng.uniform(0, CANVAS_PX), rng.uniform(0.6, 5)
        draw.ellipse((x - radius, y - radius * rng.uniform(0.5, 1), x + radius, y + radius), fill=255)
    for _ in range(rng.randint(0, 12)):
        x, y = rng.uniform(0, CANVAS_PX), rng.uniform(0, CANVAS_PX)
        radius, begin = rng.uniform(5, 30), rng.uniform(0, 360)
        draw.arc((x - radius, y - radius, x + radius, y + radius), begin, begin + rng.uniform(30, 200), fill=255, width=rng.randint(1, 3))


def folds(rng: Random, draw: ImageDraw.ImageDraw) -> None:
    """Draws creases with ragged edges from one side to the other."""
    for _ in range(rng.randint(2, 5)):
        angle, offset = rng.uniform(0, math.tau), rng.uniform(-0.4, 0.4) * CANVAS_PX
        cos, sin = math.cos(angle), math.sin(angle)
        width = rng.uniform(1.5, 6)
        for t in range(-CANVAS_PX, CANVAS_PX, 2):
            offset += rng.gauss(0, 0.3)
            x = CANVAS_PX / 2 + t * cos - offset * sin
            y = CANVAS_PX / 2 + t * sin + offset * cos
            radius = max(0.7, width * rng.uniform(0.4, 1))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def stains(rng: Random, draw: ImageDraw.ImageDraw) -> None:
    """Draws blots with smooth, irregular outlines."""
    for _ in range(rng.randint(3, 12)):
        x, y, radius = rng.uniform(0, CANVAS_PX), rng.uniform(0, CANVAS_PX), rng.uniform(6, 48)
        waves = [(rng.randint(2, 7), rng.uniform(0, math.tau), rng.uniform(0, 0.25)) for _ in range(3)]
        angles = [math.tau * k / 60 for k in range(60)]
        radii = [radius * (1 + sum(height * math.sin(count * a + phase) for count, phase, height in waves)) for a in angles]
        draw.polygon([(x + r * math.cos(a), y + r * math.sin(a)) for a, r in zip(angles, radii, strict=True)], fill=255)


def brush_strokes(rng: Random, draw: ImageDraw.ImageDraw) -> None:
    """Draws strokes of a round brush."""
    for _ in range(rng.randint(2, 7)):
        radius = rng.uniform(3, 18)
        x, y, angle = rng.uniform(0, CANVAS_PX), rng.uniform(0, CANVAS_PX), rng.uniform(0, math.tau)
        for _ in range(rng.randint(3, 30)):
            angle += rng.gauss(0, 0.4)
            x, y = x + radius * math.cos(angle), y + radius * math.sin(angle)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def rectangles(rng: Random, draw: ImageDraw.ImageDraw) -> None:
    """Draws rectangles of the size of user selections."""
    for _ in range(rng.randint(2, 8)):
        x, y = rng.uniform(0, CANVAS_PX), rng.uniform(0, CANVAS_PX)
        draw.rectangle((x, y, x + rng.uniform(6, 90), y + rng.uniform(6, 60)), fill=255)


HOLE_WEIGHTS: tuple[tuple[Callable[[Random, ImageDraw.ImageDraw], None], int], ...] = (
    (scratches, 4), (dust, 2), (folds, 2), (stains, 2), (brush_strokes, 4), (rectangles, 1),
)  # fmt: skip
"""Relative frequencies of the kinds of holes, apart from text."""
TEXT_SHARE = 0.25


def draw_hole(rng: Random) -> Image.Image:
    """Returns a canvas (mode L, 0 or 255) with holes of one random kind, or with text."""
    canvas = Image.new("L", (CANVAS_PX, CANVAS_PX), 0)
    if rng.random() < TEXT_SHARE:
        for _ in range(rng.randint(3, 12)):
            shape = Image.fromarray(text_shape(rng, choose_font(system_fonts(), rng)).cover)
            shape = shape.crop(shape.getbbox())
            scale = rng.uniform(40, 400) / shape.width
            size = (max(2, round(shape.width * scale)), max(2, round(shape.height * scale)))
            shape = shape.resize(size).rotate(rng.choice((0, 0, 0, 30, -30, 90)), expand=True).point(lambda v: 255 * (v > 20))
            canvas.paste(255, (rng.randint(-40, CANVAS_PX - 20), rng.randint(-10, CANVAS_PX - 10)), shape)
        return canvas
    kinds, weights = zip(*HOLE_WEIGHTS, strict=True)
    rng.choices(kinds, weights)[0](rng, ImageDraw.Draw(canvas))
    return canvas


class HoleBank:
    """Drawn holes in memory.

    Args:
        count: number of masks.
        seed: of the masks.
        device: the device of the pictures.
    """

    def __init__(self, count: int = 256, seed: int = 0, device: torch.device | str = "cpu") -> None:
        rng = Random(seed)
        self._holes = torch.from_numpy(np.stack([np.asarray(draw_hole(rng)) > 127 for _ in range(count)])).to(device)

    def draw(self, count: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Returns masks (count, 1, height, width) float32, 1 in holes; holes take between 0.1 % and ``MAX_HOLE_SHARE`` of each mask."""
        found: list[Tensor] = []
        while len(found) < count:
            u = uniform(0, 1, 5, generator).flatten().tolist()
            hole = self._holes[int(u[0] * len(self._holes)) % len(self._holes)]
            orientation = int(u[3] * 8)
            hole = hole.T if orientation & 1 else hole
            hole = hole.flip(0) if orientation & 2 else hole
            hole = hole.flip(1) if orientation & 4 else hole
            high, wide = min(height, CANVAS_PX), min(width, CANVAS_PX)
            top, left = int(u[1] * (CANVAS_PX - high + 1)), int(u[2] * (CANVAS_PX - wide + 1))
            piece = hole.new_zeros((height, width))
            piece[:high, :wide] = hole[top : top + high, left : left + wide]
            share = float(piece.float().mean())
            if 1e-3 < share < MAX_HOLE_SHARE:
                found.append(piece.float())
        return torch.stack(found)[:, None]


@functools.lru_cache(maxsize=2)
def training_holes(device: str = "cpu") -> HoleBank:
    """The holes used in training."""
    return HoleBank(device=device)
