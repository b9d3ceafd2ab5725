"""Damage for evaluation only: other shapes, textures and colours than in training.

Cracks follow the level lines of a field instead of walking at random, scratches are Bezier curves, stains are unions of discs with double
rims, torn edges come from midpoint displacement, and every texture from fields of other seeds and slopes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from aedesk.core.damage_specs import DAMAGE_KINDS
from aedesk.data.print_damage.canvas import Canvas, Plane, Point, blurred
from aedesk.data.print_damage.layers import LINES, SPECKS, STAINS, Layer
from aedesk.data.print_damage.textures import Textures, unseen_textures

Draw = Callable[[Random, int, int, float, Textures], list[Layer]]


def unseen_damage(kind: str, rng: Random, height: int, width: int) -> list[Layer]:
    """One to three pieces of damage of one of ``DAMAGE_KINDS``. Widths suit the picture's size, between a 600 px and a 12 MP scan."""
    unit = max(0.9, min(height, width) / 500) * 2 ** rng.uniform(-0.5, 1.2)
    layers: list[Layer] = []
    for draw in rng.choices(UNSEEN[kind], k=rng.choice((1, 2, 3))):
        layers += draw(rng, height, width, unit, unseen_textures())
    return layers


def _tone(rng: Random) -> NDArray[np.float32]:
    """Off-white, ochre or anthracite."""
    base = rng.choice(((0.94, 0.93, 0.9), (0.88, 0.82, 0.7), (0.16, 0.15, 0.14)))
    return np.clip(np.array(base) + rng.gauss(0, 0.03), 0, 1).astype(np.float32)


def _level_crack(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    field = textures.field(rng, height, width, zoom=unit * rng.uniform(4, 9), slope=0.9)
    slope = np.hypot(*np.gradient(field)) + 1e-3
    line = np.abs(field - field[rng.randrange(height), rng.randrange(width)]) / slope
    present = textures.field(rng, height, width, zoom=unit * 6, slope=0.9) > -0.2
    reach = unit * rng.uniform(0.5, 1.1)
    cover = (reach + 0.5 - line).clip(0, 1) * blurred(present.astype(np.float32), unit)
    return [Layer((cover * rng.uniform(0.75, 1)).astype(np.float32), _tone(rng), LINES)]


def _bezier_scratch(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    canvas = Canvas(height, width)
    for _ in range(rng.randint(1, 5)):
        x, y, angle, length = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau), unit * rng.uniform(40, 220)
        end = (x + length * math.cos(angle), y + length * math.sin(angle))
        middle = ((x + end[0]) / 2 + rng.gauss(0, length / 10), (y + end[1]) / 2 + rng.gauss(0, length / 10))
        shares = [k / 20 for k in range(21)]
        points = [
            (
                (1 - t) ** 2 * x + 2 * t * (1 - t) * middle[0] + t * t * end[0],
                (1 - t) ** 2 * y + 2 * t * (1 - t) * middle[1] + t * t * end[1],
            )
            for t in shares
        ]
        canvas.line(points, unit * rng.uniform(0.5, 1.2))
    return [Layer((canvas.cover() * rng.uniform(0.6, 1)).astype(np.float32), _tone(rng), LINES)]


def _broken_fold(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    ends = [(0.0, rng.uniform(0, height)), (float(width), rng.uniform(0, height))]
    if rng.random() < 0.5:
        ends = [(rng.uniform(0, width), 0.0), (rng.uniform(0, width), float(height))]
    points = _displaced(rng, ends[0], ends[1], 0.02)
    canvas = Canvas(height, width)
    for start, end in pairwise(points):
        canvas.line([start, end], unit * rng.choice((0.5, 1.5, 2.5, 3.5)))
    worn = (textures.field(rng, height, width, zoom=unit, slope=0.3) + 1.1).clip(0, 1)
    return [Layer((canvas.cover() * worn).astype(np.float32), _tone(rng), LINES)]


def _specks(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    field = textures.field(rng, height, width, zoom=unit * rng.uniform(0.8, 1.6), slope=0.1)
    cover = ((field - rng.uniform(2.6, 3.2)) * 4).clip(0, 1)
    return [Layer((cover * rng.uniform(0.7, 1)).astype(np.float32), _tone(rng), SPECKS)]


def _lint(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    canvas = Canvas(height, width)
    for _ in range(rng.randint(2, 14)):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), unit * rng.uniform(4, 18)
        start, turns, squeeze = rng.uniform(0, math.tau), rng.uniform(0.1, 0.8), rng.uniform(0.3, 1)
        angles = [start + turns * math.tau * k / 24 for k in range(25)]
        canvas.line([(x + radius * math.cos(a), y + radius * squeeze * math.sin(a)) for a in angles], unit * rng.uniform(0.5, 0.9))
    return [Layer((canvas.cover() * rng.uniform(0.6, 1)).astype(np.float32), _tone(rng), SPECKS)]


def _spots(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    canvas = Canvas(height, width)
    for _ in range(rng.randint(3, 25)):
        radius = unit * rng.uniform(0.8, 3.5)
        canvas.ellipse((rng.uniform(0, width), rng.uniform(0, height)), radius, radius * rng.uniform(0.7, 1))
    cover = blurred(canvas.cover(), 0.5 * unit)
    if rng.random() < 0.5:
        return [Layer(cover, np.array([0.62, 0.46, 0.28], np.float32), SPECKS, stains=True)]
    return [Layer(cover, _tone(rng), SPECKS)]


def _double_rim(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    distance = _discs(rng, height, width, unit * rng.uniform(10, 30))
    distance = distance + 1.5 * unit * textures.field(rng, height, width, zoom=2 * unit, slope=0.7)
    inside = (distance / unit).clip(0, 1) * rng.uniform(0.6, 1)
    rims = np.exp(-((distance / (1.2 * unit)) ** 2)) + 0.5 * np.exp(-(((distance - 6 * unit) / unit) ** 2))
    tint = np.array([0.85, 0.74, 0.56], np.float32) * np.float32(rng.uniform(0.8, 1.05))
    return [
        Layer(inside.astype(np.float32), tint.clip(0, 1), STAINS, stains=True),
        Layer(rims.clip(0, 1).astype(np.float32), np.array([0.6, 0.5, 0.38], np.float32), STAINS, stains=True),
    ]


def _lost_emulsion(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    distance = _discs(rng, height, width, unit * rng.uniform(4, 14))
    distance = distance + 2 * unit * textures.field(rng, height, width, zoom=unit, slope=0.5)
    return [Layer((distance + 0.5).clip(0, 1).astype(np.float32), _tone(rng), STAINS)]


def _torn_side(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A corner or strip beyond a fractal line."""
    depth = unit * rng.uniform(8, 40)
    if rng.random() < 0.5:
        line = _displaced(rng, (0.0, depth), (depth * rng.uniform(1, 4), 0.0), 0.15)
        corner: list[Point] = [(-1.0, -1.0)]
    else:
        line = _displaced(rng, (0.0, depth * rng.uniform(0.3, 1)), (float(width), depth * rng.uniform(0.1, 1)), 0.03)
        corner = [(float(width), -1.0), (-1.0, -1.0)]
    canvas = Canvas(height, width)
    canvas.polygon([*line, *corner])
    cover = canvas.cover()
    if rng.random() < 0.5:
        cover = np.ascontiguousarray(cover[::-1, ::-1])
    return [Layer(cover, _tone(rng), STAINS)]


def _discs(rng: Random, height: int, width: int, radius: float) -> Plane:
    """Signed distance in pixels, positive inside, of a union of overlapping discs."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    x0, y0 = rng.uniform(0, width), rng.uniform(0, height)
    result = np.full((height, width), np.float32(-1e6))
    for _ in range(rng.randint(1, 5)):
        x, y, size = x0 + rng.gauss(0, radius), y0 + rng.gauss(0, radius), radius * rng.uniform(0.5, 1.2)
        result = np.maximum(result, size - np.hypot(columns - x, rows - y))
    return result.astype(np.float32)


def _displaced(rng: Random, start: Point, end: Point, share: float) -> list[Point]:
    """A line from start to end, roughened by midpoint displacement."""
    points, amount = [start, end], share * math.dist(start, end)
    for _ in range(6):
        finer = [points[0]]
        for one, two in pairwise(points):
            finer += [((one[0] + two[0]) / 2 + rng.gauss(0, amount), (one[1] + two[1]) / 2 + rng.gauss(0, amount)), two]
        points, amount = finer, amount * 0.55
    return points


UNSEEN: Mapping[str, tuple[Draw, ...]] = {
    DAMAGE_KINDS[LINES]: (_level_crack, _level_crack, _bezier_scratch, _broken_fold),
    DAMAGE_KINDS[SPECKS]: (_specks, _lint, _spots),
    DAMAGE_KINDS[STAINS]: (_double_rim, _lost_emulsion, _torn_side),
}
