"""Cracks, scratches, folds and creases."""

from __future__ import annotations

import math
from random import Random

import numpy as np
from PIL import Image

from aedesk.data.print_damage.canvas import Canvas, Plane, Point, blurred, rim, rough
from aedesk.data.print_damage.layers import LINES, Layer, dirt, paper, textured
from aedesk.data.print_damage.textures import Textures

MOST_SEGMENTS = 500


def cracks(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Branching cracks of the emulsion, light or dark, often with a rim where it has lifted.

    Args:
        unit: pixels per unit of length; a common crack is one to two units wide.
    """
    canvas = Canvas(height, width)
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        _branch(rng, canvas, unit)
    return _painted(rng, canvas.cover(), unit, textures, light=rng.random() < 0.7, rim_chance=0.45)


def craquelure(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A net of fine cracks around cells of the emulsion, over part of the print."""
    cell = unit * rng.uniform(8, 30)
    coarse = max(1.5, cell / 14)
    rows, columns = max(2, round(height / coarse)), max(2, round(width / coarse))
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    bend = rng.uniform(0.5, 2)
    y, x = (axis + bend * textures.field(rng, rows, columns, zoom=3, slope=0.8) for axis in (y, x))
    count = max(3, min(150, round(height * width / cell**2)))
    nearest = np.full((2, rows, columns), np.float32(1e9))
    for _ in range(count):
        distance = np.hypot(y - rng.uniform(0, rows), x - rng.uniform(0, columns))
        nearest[1] = np.minimum(nearest[1], np.maximum(nearest[0], distance))
        nearest[0] = np.minimum(nearest[0], distance)
    gap = np.asarray(Image.fromarray((nearest[1] - nearest[0]) * np.float32(coarse / 2)).resize((width, height), Image.Resampling.BILINEAR))
    reach = 0.5 * unit * rng.uniform(0.3, 1.2) * (1 + 0.4 * textures.field(rng, height, width, zoom=2 * unit))
    where = (textures.field(rng, height, width, zoom=6 * unit, slope=1.0) > rng.uniform(-1.5, 0.8)).astype(np.float32)
    cover = (reach + 0.5 - gap).clip(0, 1) * blurred(where, 2 * unit)
    return _painted(rng, cover.astype(np.float32), unit, textures, light=rng.random() < 0.6, rim_chance=0.2)


def scratches(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Thin, nearly straight lines that come and go, alone or in bundles."""
    canvas = Canvas(height, width)
    x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau)
    bundled = rng.random() < 0.4
    for _ in range(rng.choice((1, 2, 3, 6, 12))):
        if not bundled:
            x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau)
        start = (x + rng.gauss(0, 8 * unit), y + rng.gauss(0, 8 * unit))
        canvas.line(_bent(rng, start, angle + rng.gauss(0, 0.06), unit * rng.uniform(20, 250)), unit * rng.uniform(0.3, 1.1))
    gaps = (1.2 + textures.field(rng, height, width, zoom=unit, slope=rng.uniform(0.3, 1))).clip(0, 1)
    cover = canvas.cover() * (gaps if rng.random() < 0.6 else np.float32(1)) * rng.uniform(0.45, 1)
    return [Layer(cover.astype(np.float32), paper(rng) if rng.random() < 0.7 else dirt(rng), LINES)]


def fold(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A crease from edge to edge, along which the emulsion has broken off in places; one side is shaded."""
    canvas = Canvas(height, width)
    angle = rng.choice((0.0, math.pi / 2, rng.uniform(0, math.pi))) + rng.gauss(0, 0.05)
    centre = (rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height)
    reach = math.hypot(height, width)
    points = _bent(rng, (centre[0] - reach * math.cos(angle), centre[1] - reach * math.sin(angle)), angle, 2 * reach, steps=40, bend=0.004)
    core = unit * rng.uniform(0.8, 3)
    canvas.line(points, core)
    spread = blurred(canvas.cover(), core * rng.uniform(0.4, 1.2))
    field = textures.field(rng, height, width, zoom=max(0.5, unit * rng.uniform(0.3, 1)), slope=rng.uniform(0, 0.8))
    cover = rough((spread * 1.3).clip(0, 1), field, rng.uniform(0.1, 0.5))
    cover = cover * (spread > 0.05)
    shade = blurred(canvas.cover(), core * rng.uniform(2, 5))
    shade = np.roll(shade, (round(core * math.cos(angle)), -round(core * math.sin(angle))), (0, 1)) * rng.uniform(0.3, 1.2)
    tone = np.full(3, rng.choice((0.0, 1.0)), np.float32)
    layers = [Layer((shade * 0.5).clip(0, 0.24).astype(np.float32), tone, None)]
    return layers + _painted(rng, cover.astype(np.float32), unit, textures, light=rng.random() < 0.8, rim_chance=0.3)


def crease(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A dent without loss of emulsion: a light line beside a dark one, translucent."""
    canvas = Canvas(height, width)
    points = _bent(rng, (rng.uniform(0, width), rng.uniform(0, height)), rng.uniform(0, math.tau), unit * rng.uniform(30, 200), bend=0.15)
    canvas.line(points, unit * rng.uniform(0.8, 2))
    light = blurred(canvas.cover(), 0.4 * unit)
    shift = max(1, round(unit))
    dark = np.roll(light, (shift, shift), (0, 1))
    alpha = rng.uniform(0.3, 0.8)
    return [
        Layer((light * alpha).astype(np.float32), np.ones(3, np.float32), LINES),
        Layer((dark * alpha * 0.7).astype(np.float32), np.zeros(3, np.float32), LINES),
    ]


def _branch(rng: Random, canvas: Canvas, unit: float) -> None:
    """A random walk that forks and tapers."""
    width = unit * rng.choice((0.6, 1, 1, 1.5, 2.5, 4))
    wiggle, forks, taper = rng.uniform(0.08, 0.5), rng.uniform(0, 0.18), rng.uniform(0.97, 1.0)
    length = unit * rng.uniform(30, 300)
    start = (rng.uniform(-0.1, 1.1) * canvas.width, rng.uniform(-0.1, 1.1) * canvas.height)
    waiting = [(start, rng.uniform(0, math.tau), width, length)]
    segments = 0
    while waiting and segments < MOST_SEGMENTS:
        (x, y), angle, breadth, left = waiting.pop()
        heading = angle
        while left > 0 and breadth > 0.2 * unit and segments < MOST_SEGMENTS:
            # Cracks wiggle about a direction; a plain random walk would curl.
            heading += rng.gauss(0, wiggle) + 0.3 * (angle - heading)
            step = unit * rng.uniform(1.5, 7)
            onward = (x + step * math.cos(heading), y + step * math.sin(heading))
            canvas.line([(x, y), onward], breadth * rng.uniform(0.5, 1.4))
            (x, y), left, breadth, segments = onward, left - step, breadth * taper, segments + 1
            if rng.random() < forks:
                side = rng.choice((-1, 1)) * rng.uniform(0.4, 1.5)
                waiting.append(((x, y), heading + side, breadth * rng.uniform(0.4, 0.9), left * rng.uniform(0.2, 0.7)))


def _bent(rng: Random, start: Point, angle: float, length: float, steps: int = 12, bend: float = 0.03) -> list[Point]:
    points, (x, y) = [start], start
    for _ in range(steps):
        angle += rng.gauss(0, bend)
        x, y = x + length / steps * math.cos(angle), y + length / steps * math.sin(angle)
        points.append((x, y))
    return points


def _painted(rng: Random, cover: Plane, unit: float, textures: Textures, *, light: bool, rim_chance: float) -> list[Layer]:
    """Layers of a broken line: bare paper or dirt with a texture, and the shadow or gleam of lifted edges."""
    height, width = cover.shape
    if rng.random() < 0.5:
        field = textures.field(rng, height, width, zoom=max(0.4, 0.3 * unit), slope=rng.uniform(0, 0.7))
        cover = rough(blurred(cover, 0.35 * unit), field, rng.uniform(0, 0.2), softness=rng.uniform(0.2, 0.8))
    alpha = rng.uniform(0.8, 1) if rng.random() < 0.65 else rng.uniform(0.4, 0.8)
    colour = textured(paper(rng) if light else dirt(rng), textures.field(rng, height, width, slope=0.2), rng.uniform(0, 0.06))
    layers = [Layer((cover * alpha).astype(np.float32), colour, LINES)]
    if rng.random() < rim_chance:
        edge = rim(cover, unit * rng.uniform(0.5, 1.5)) * rng.uniform(0.3, 1)
        shift = (round(unit * rng.uniform(-0.7, 0.7)), round(unit * rng.uniform(-0.7, 0.7)))
        layers.insert(0, Layer(np.roll(edge, shift, (0, 1)).astype(np.float32), dirt(rng) if light else paper(rng), LINES))
    return layers
