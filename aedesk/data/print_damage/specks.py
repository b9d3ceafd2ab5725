"""Dust, hairs, spots, pinholes and rust marks."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from aedesk.data.print_damage.canvas import Canvas, blurred, rough
from aedesk.data.print_damage.layers import SPECKS, Layer, brown, dirt, paper, textured
from aedesk.data.print_damage.textures import Textures


def dust(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Specks of many sizes, light (dust on the negative) or dark (dust on the print), crisp or out of focus."""
    canvas = Canvas(height, width)
    density = 10 ** rng.uniform(-4.2, -2.6) / max(1.0, unit)
    clustered = rng.random() < 0.3
    centre = (rng.uniform(0, width), rng.uniform(0, height))
    for _ in range(min(400, 1 + int(density * height * width))):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if clustered:
            x, y = rng.gauss(centre[0], width / 5), rng.gauss(centre[1], height / 5)
        radius = 0.35 * unit * min(8.0, rng.paretovariate(1.8))
        _speck(rng, canvas, x, y, radius)
    soft = rng.choice((0.0, 0.0, 0.5, 1.0)) * unit * 0.4
    alpha = rng.uniform(0.5, 1)
    cover = (blurred(canvas.cover(), soft) * alpha).astype(np.float32)
    return [Layer(cover, paper(rng) if rng.random() < 0.6 else dirt(rng), SPECKS)]


def hairs(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Thin, smoothly curled fibres that lay on the glass."""
    canvas = Canvas(height, width)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau)
        curl, change = rng.gauss(0, 0.12), rng.uniform(0.005, 0.05)
        points = [(x, y)]
        for _ in range(rng.randint(6, 50)):
            curl += rng.gauss(0, change)
            angle += curl
            x, y = x + 2 * unit * math.cos(angle), y + 2 * unit * math.sin(angle)
            points.append((x, y))
        canvas.line(points, unit * rng.uniform(0.4, 1.1))
    cover = blurred(canvas.cover(), rng.choice((0.0, 0.3, 0.6)) * unit) * rng.uniform(0.5, 1)
    return [Layer(cover.astype(np.float32), paper(rng) if rng.random() < 0.5 else dirt(rng), SPECKS)]


def foxing(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Soft brown spots, some with a darker middle."""
    canvas, cores = Canvas(height, width), Canvas(height, width)
    for _ in range(rng.choice((1, 3, 6, 15, 40))):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), unit * min(5.0, 0.9 * rng.paretovariate(1.5))
        _speck(rng, canvas, x, y, radius)
        if rng.random() < 0.3:
            _speck(rng, cores, x, y, radius * 0.35)
    field = textures.field(rng, height, width, zoom=unit, slope=0.5)
    cover = rough(blurred(canvas.cover(), unit), field, rng.uniform(0, 0.15), softness=rng.uniform(0.4, 1))
    strength = rng.uniform(0.3, 0.85)
    return [
        Layer(cover, brown(rng, strength), SPECKS, stains=True),
        Layer(blurred(cores.cover(), 0.4 * unit), brown(rng, min(0.95, 1.3 * strength)), SPECKS, stains=True),
    ]


def pinholes(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Holes of pins and staples: a dark or light disc, often with rust around it."""
    holes, rust = Canvas(height, width), Canvas(height, width)
    for _ in range(rng.choice((1, 1, 2, 4))):
        x, y, radius = rng.uniform(0, width), rng.uniform(0, height), unit * rng.uniform(0.8, 3)
        holes.ellipse((x, y), radius, radius * rng.uniform(0.7, 1), rng.uniform(0, math.pi))
        _speck(rng, rust, x, y, radius * rng.uniform(1.5, 4))
    field = textures.field(rng, height, width, zoom=unit, slope=0.4)
    stained = rough(blurred(rust.cover(), 0.7 * unit), field, 0.2, softness=0.6)
    layers = [Layer(stained, brown(rng, rng.uniform(0.5, 0.9)), SPECKS, stains=True)] if rng.random() < 0.6 else []
    return [*layers, Layer(holes.cover(), dirt(rng) if rng.random() < 0.6 else paper(rng), SPECKS)]


def flakes(rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
    """Small pieces of emulsion that have come off, with ragged edges."""
    field = textures.field(rng, height, width, zoom=unit * rng.uniform(0.4, 1.5), slope=rng.uniform(0.2, 0.8))
    where = textures.field(rng, height, width, zoom=6 * unit, slope=1.0)
    cover = ((field + 0.5 * where - rng.uniform(1.4, 2.6)) / rng.uniform(0.05, 0.3)).clip(0, 1).astype(np.float32)
    colour = paper(rng) if rng.random() < 0.75 else dirt(rng)
    return [Layer(cover, textured(colour, textures.field(rng, height, width, slope=0.1), 0.04), SPECKS)]


def _speck(rng: Random, canvas: Canvas, x: float, y: float, radius: float) -> None:
    """A disc, ellipse or irregular polygon."""
    if radius < 1 or rng.random() < 0.5:
        canvas.ellipse((x, y), radius, radius * rng.uniform(0.35, 1), rng.uniform(0, math.pi))
        return
    count = rng.randint(5, 9)
    radii = [radius * rng.uniform(0.5, 1.3) for _ in range(count)]
    canvas.polygon([(x + r * math.cos(math.tau * k / count), y + r * math.sin(math.tau * k / count)) for k, r in enumerate(radii)])
