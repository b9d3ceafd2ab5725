"""Stains with rims, fingerprints, mould, ink and adhesive tape."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from aedesk.data.print_damage.canvas import Canvas, Plane, blurred, rim, rough
from aedesk.data.print_damage.layers import STAINS, Layer, brown, dirt, paper, textured
from aedesk.data.print_damage.textures import Textures


def stain(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A dried liquid: a tint inside, a darker rim where the water stood longest."""
    cover = _blob(rng, height, width, unit * rng.uniform(6, 45), textures)
    tint = brown(rng, rng.uniform(0.1, 0.6))
    if rng.random() < 0.2:
        tint = np.array([rng.uniform(0.4, 1) for _ in range(3)], np.float32)  # coloured liquids
    edge = (
        rim(cover, unit * rng.uniform(0.8, 2.5))
        if rng.random() < 0.5
        else rim((1 - cover).astype(np.float32), unit * rng.uniform(0.8, 2.5))
    )
    uneven = (0.8 + 0.25 * textures.field(rng, height, width, zoom=3 * unit, slope=1.0)).clip(0, 1)
    inside = cover * uneven
    layers = [Layer(inside.astype(np.float32), tint, STAINS, stains=True)]
    if rng.random() < 0.75:
        layers.append(Layer((edge * rng.uniform(0.5, 1)).astype(np.float32), tint * rng.uniform(0.5, 0.9), STAINS, stains=True))
    if rng.random() < 0.3:  # what the liquid washed out
        layers.append(Layer((cover * rng.uniform(0.3, 0.7)).astype(np.float32), paper(rng), STAINS))
    return layers


def fingerprint(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Ridges about a whorl, within an oval."""
    radius = unit * rng.uniform(14, 40)
    x0, y0, turn = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.pi)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    u = (columns - x0) * math.cos(turn) + (rows - y0) * math.sin(turn)
    v = (rows - y0) * math.cos(turn) - (columns - x0) * math.sin(turn)
    distance = np.hypot(u, v * 0.7)
    warp = textures.field(rng, height, width, zoom=6 * unit, slope=1.0)
    ridges = 0.5 + 0.5 * np.sin(distance / (unit * rng.uniform(0.45, 0.9)) + 3 * warp + rng.uniform(-1, 1) * np.arctan2(v, u))
    pressed = ((1.1 - distance / radius) * 2).clip(0, 1) * (0.9 + 0.4 * textures.field(rng, height, width, zoom=2 * unit)).clip(0, 1)
    alpha = rng.uniform(0.2, 0.7)
    cover = (ridges * pressed).clip(0, 1).astype(np.float32)
    ground = Layer((pressed * 0.26).astype(np.float32), np.full(3, rng.choice((0.35, 0.9)), np.float32), STAINS)
    print_ = Layer((cover * alpha).astype(np.float32), dirt(rng) if rng.random() < 0.5 else paper(rng), STAINS)
    return [ground, print_]


def mould(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Colonies of fine blots over part of the picture."""
    where = _blob(rng, height, width, unit * rng.uniform(15, 60), textures)
    fine = textures.field(rng, height, width, zoom=unit * rng.uniform(0.5, 2), slope=rng.uniform(0.3, 0.8))
    cover = ((fine + 2.2 * blurred(where, 4 * unit) - rng.uniform(1.6, 2.4)) / rng.uniform(0.3, 1.2)).clip(0, 1).astype(np.float32)
    if rng.random() < 0.5:
        return [Layer(cover, brown(rng, rng.uniform(0.3, 0.8)) * rng.uniform(0.5, 1), STAINS, stains=True)]
    colour = paper(rng) if rng.random() < 0.6 else dirt(rng)
    return [Layer((cover * rng.uniform(0.5, 1)).astype(np.float32), colour, STAINS)]


def ink(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A blot with splashes, or a stroke of a pen."""
    canvas = Canvas(height, width)
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    if rng.random() < 0.5:
        for _ in range(rng.randint(2, 14)):
            radius = unit * min(14.0, 1.5 * rng.paretovariate(1.2))
            canvas.ellipse((x + rng.gauss(0, 8 * unit), y + rng.gauss(0, 8 * unit)), radius, radius * rng.uniform(0.5, 1))
    else:
        angle, points = rng.uniform(0, math.tau), [(x, y)]
        for _ in range(rng.randint(8, 40)):
            angle += rng.gauss(0, 0.5)
            x, y = x + 3 * unit * math.cos(angle), y + 3 * unit * math.sin(angle)
            points.append((x, y))
        canvas.line(points, unit * rng.uniform(1, 3))
    cover = rough(blurred(canvas.cover(), 0.5 * unit), textures.field(rng, height, width, zoom=unit, slope=0.6), 0.12, softness=0.5)
    colour = np.array(rng.choice(((0.05, 0.05, 0.1), (0.1, 0.12, 0.4), (0.45, 0.08, 0.1), (0.2, 0.1, 0.3))), np.float32)
    return [Layer((cover * rng.uniform(0.7, 1)).astype(np.float32), colour, STAINS)]


def tape(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """A yellowed strip of adhesive tape with brighter edges, or the stain that it has left."""
    canvas = Canvas(height, width)
    angle, half = rng.choice((0.0, math.pi / 2, rng.uniform(0, math.pi))) + rng.gauss(0, 0.06), unit * rng.uniform(6, 22)
    length = unit * rng.uniform(30, 160)
    x0, y0 = rng.uniform(0, width), rng.uniform(0, height)
    cos, sin = math.cos(angle), math.sin(angle)
    corners = [(-length / 2, -half), (length / 2, -half), (length / 2, half), (-length / 2, half)]
    canvas.polygon([(x0 + a * cos - b * sin, y0 + a * sin + b * cos) for a, b in corners])
    strip = canvas.cover()
    uneven = (0.85 + 0.2 * textures.field(rng, height, width, zoom=3 * unit, slope=0.8)).clip(0, 1)
    layers = [Layer((strip * uneven).astype(np.float32), brown(rng, rng.uniform(0.2, 0.6)), STAINS, stains=True)]
    if rng.random() < 0.5:
        layers.append(Layer((strip * rng.uniform(0.05, 0.3)).astype(np.float32), np.ones(3, np.float32), STAINS))
    edges = (rim(strip, 0.6 * unit) * rng.uniform(0.3, 1)).astype(np.float32)
    return [*layers, Layer(edges, paper(rng) if rng.random() < 0.5 else dirt(rng), STAINS)]


def peeled(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """An area whose emulsion is gone: bare paper with hard, ragged edges."""
    blob = blurred(_blob(rng, height, width, unit * rng.uniform(3, 25), textures), 2 * unit)
    field = textures.field(rng, height, width, zoom=unit * rng.uniform(0.5, 2), slope=rng.uniform(0.2, 0.8))
    cover = rough(blob, field, rng.uniform(0.08, 0.3), softness=0.15) * (blob > 0.08)
    grain = textures.field(rng, height, width, slope=0.1)
    layers = [
        Layer(cover.astype(np.float32), textured(paper(rng) if rng.random() < 0.75 else dirt(rng), grain, rng.uniform(0.01, 0.06)), STAINS)
    ]
    if rng.random() < 0.5:
        edge = np.roll(rim(cover.astype(np.float32), unit), (1, 1), (0, 1)) * rng.uniform(0.3, 0.9)
        layers.insert(0, Layer(edge.astype(np.float32), dirt(rng), STAINS))
    return layers


def _blob(rng: Random, height: int, width: int, radius: float, textures: Textures) -> Plane:
    """A shape without straight sides: a disc whose outline follows a random field."""
    x0, y0, squeeze = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.5, 1)
    turn = rng.uniform(0, math.pi)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    u = (columns - x0) * math.cos(turn) + (rows - y0) * math.sin(turn)
    v = ((rows - y0) * math.cos(turn) - (columns - x0) * math.sin(turn)) / squeeze
    field = textures.field(rng, height, width, zoom=max(0.5, radius / 25), slope=rng.uniform(0.5, 1))
    inside = radius * (1 + rng.uniform(0.05, 0.45) * field) - np.hypot(u, v)
    softness = rng.choice((1.0, 1.0, 0.05 * radius, 0.3 * radius))
    return (inside / max(1.0, softness) + 0.5).clip(0, 1).astype(np.float32)
