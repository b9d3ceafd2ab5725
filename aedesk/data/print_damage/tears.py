"""Missing parts of a print: torn edges, corners, and the paper or backing around the picture."""

from __future__ import annotations

import math
from random import Random

import numpy as np
from numpy.typing import NDArray

from aedesk.data.print_damage.canvas import Canvas, Plane, Point, blurred, rim, rough
from aedesk.data.print_damage.layers import STAINS, Layer, dirt, paper, textured
from aedesk.data.print_damage.textures import Textures


def tear(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A rip that runs in from an edge and opens towards it, with a fringe of white paper."""
    x, y, angle = _on_edge(rng, height, width)
    length, opening = unit * rng.uniform(15, 120), unit * rng.uniform(0.8, 9)
    left: list[Point] = []
    right: list[Point] = []
    steps = 14
    for step in range(steps + 1):
        half = opening / 2 * (1 - step / steps) + 0.2 * unit
        across = (-math.sin(angle), math.cos(angle))
        left.append((x + across[0] * half * rng.uniform(0.6, 1.4), y + across[1] * half * rng.uniform(0.6, 1.4)))
        right.append((x - across[0] * half * rng.uniform(0.6, 1.4), y - across[1] * half * rng.uniform(0.6, 1.4)))
        angle += rng.gauss(0, 0.22)
        x, y = x + length / steps * math.cos(angle), y + length / steps * math.sin(angle)
    canvas = Canvas(height, width)
    canvas.polygon([*left, *right[::-1]])
    field = textures.field(rng, height, width, zoom=max(0.5, unit * 0.5), slope=0.4)
    cover = rough(blurred(canvas.cover(), 0.4 * unit), field, rng.uniform(0.05, 0.2), softness=0.3)
    return _missing(rng, cover, unit, textures, fringe=rng.random() < 0.7)


def missing_corner(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A corner or a bite of the edge that has broken off along a ragged line."""
    x, y, angle = _on_edge(rng, height, width) if rng.random() < 0.5 else _on_corner(rng, height, width)
    depth = unit * rng.uniform(6, 45)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    along = (columns - x) * math.cos(angle) + (rows - y) * math.sin(angle)
    across = (rows - y) * math.cos(angle) - (columns - x) * math.sin(angle)
    field = textures.field(rng, height, width, zoom=unit * rng.uniform(1, 3), slope=rng.uniform(0.4, 0.9))
    outline = depth * (1 - (across / (depth * rng.uniform(0.8, 2.5))) ** 2) - along + unit * rng.uniform(0.5, 3) * field
    return _missing(rng, (outline + 0.5).clip(0, 1).astype(np.float32), unit, textures, fringe=rng.random() < 0.6)


def border(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """The paper, or the scanner's lid, around a print that lies a little askew: along one side, two or all."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.gauss(0, 0.02)
    u = (columns - width / 2) * math.cos(angle) + (rows - height / 2) * math.sin(angle)
    v = (rows - height / 2) * math.cos(angle) - (columns - width / 2) * math.sin(angle)
    inside = np.full((height, width), np.float32(1e6))
    sides = [width / 2 - u, width / 2 + u, height / 2 - v, height / 2 + v]
    for side in rng.sample(sides, rng.choice((1, 1, 2, 4))):
        inside = np.minimum(inside, side - unit * rng.uniform(2, 25))
    if rng.random() < 0.4:
        inside = inside + unit * rng.uniform(0.2, 1.0) * textures.field(rng, height, width, zoom=unit, slope=rng.uniform(0.3, 0.9))
    return _missing(rng, (0.5 - inside / rng.uniform(1, 2)).clip(0, 1).astype(np.float32), unit, textures, fringe=rng.random() < 0.3)


def _missing(rng: Random, cover: Plane, unit: float, textures: Textures, *, fringe: bool) -> list[Layer]:
    """The area without a print: a backing of one tone, and a fringe of torn paper along the edge."""
    height, width = cover.shape
    backing = paper(rng) if rng.random() < 0.6 else dirt(rng)
    colour: NDArray[np.float32] = backing
    if rng.random() < 0.7:
        colour = textured(backing, textures.field(rng, height, width, slope=rng.random()), rng.uniform(0.003, 0.05))
    layers = [Layer(cover, colour, STAINS)]
    if fringe:
        layers.insert(0, Layer((rim(cover, unit * rng.uniform(0.4, 1.5)) * rng.uniform(0.6, 1)).clip(0, 1), paper(rng), STAINS))
    if rng.random() < 0.4:
        shadow = blurred(cover, unit * rng.uniform(1, 3)) * (1 - cover) * rng.uniform(0.1, 0.5)
        layers.insert(0, Layer(shadow.clip(0, 0.24).astype(np.float32), np.zeros(3, np.float32), None))
    return layers


def _on_edge(rng: Random, height: int, width: int) -> tuple[float, float, float]:
    """A point on an edge and a direction inwards."""
    side, share = rng.randrange(4), rng.random()
    x, y, inwards = (
        (0, share * height, 0.0),
        (width, share * height, math.pi),
        (share * width, 0, math.pi / 2),
        (share * width, height, -math.pi / 2),
    )[side]
    return x, y, inwards + rng.gauss(0, 0.35)


def _on_corner(rng: Random, height: int, width: int) -> tuple[float, float, float]:
    x, y = rng.choice((0, width)), rng.choice((0, height))
    return x, y, math.atan2(height / 2 - y, width / 2 - x) + rng.gauss(0, 0.2)
