"""Hard negatives, which resemble damage but belong to the picture: hair, twigs, wires, lace, lettering, plain areas.

They are drawn before the print is made and so share the picture's sharpness, tone and grain, which damage does not.
"""

from __future__ import annotations

import math
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aedesk.data.print_damage.canvas import Canvas, Plane, as_plane, blurred
from aedesk.data.print_damage.textures import training_textures

WORDS = (
    "Studio",
    "Photographer",
    "1912",
    "No. 27",
    "Souvenir",
    "Mother and Anna",
    "St. Louis",
    "R. Keller & Co",
    "June 1934",
    "Hotel",
    "7",
)


def add_subjects(rng: Random, picture: NDArray[np.float32], unit: float) -> NDArray[np.float32]:
    """Returns a picture (H, W, 3) with one or two hard negatives drawn into it, in extreme tones or tones of the picture."""
    height, width = picture.shape[:2]
    for _ in range(rng.choice((1, 1, 2))):
        cover = rng.choice((_strands, _strands, _silhouette, _silhouette, _twig, _wires, _lace, _letters, _highlights))(
            rng, height, width, unit
        )
        cover = blurred(cover, rng.choice((0.3, 0.6, 1.0))) * rng.uniform(0.5, 1)
        tone = picture[rng.randrange(height), rng.randrange(width)] if rng.random() < 0.4 else np.float32(rng.choice((0.03, 0.1, 0.9, 1.0)))
        picture = picture + cover[:, :, None] * (tone - picture)
    return picture.astype(np.float32)


def _strands(rng: Random, height: int, width: int, unit: float) -> Plane:
    """Hair, grass, fur: many curves that nearly run alike."""
    canvas = Canvas(height, width)
    x0, y0, heading = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau)
    curl, spread = rng.gauss(0, 0.06), unit * rng.uniform(3, 25)
    for _ in range(rng.randint(5, 60)):
        x, y, angle = x0 + rng.gauss(0, spread), y0 + rng.gauss(0, spread), heading + rng.gauss(0, 0.15)
        bend, points = curl + rng.gauss(0, 0.02), [(x, y)]
        for _ in range(rng.randint(8, 25)):
            angle += bend + rng.gauss(0, 0.03)
            x, y = x + 3 * unit * math.cos(angle), y + 3 * unit * math.sin(angle)
            points.append((x, y))
        canvas.line(points, unit * rng.uniform(0.3, 0.9))
    return canvas.cover()


def _twig(rng: Random, height: int, width: int, unit: float) -> Plane:
    """A branching plant: straight pieces that taper."""
    canvas = Canvas(height, width)
    waiting = [(rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau), unit * rng.uniform(1.5, 5))]
    for _ in range(60):
        if not waiting:
            break
        x, y, angle, breadth = waiting.pop(0)
        step = unit * rng.uniform(6, 20)
        onward = (x + step * math.cos(angle), y + step * math.sin(angle))
        canvas.line([(x, y), onward], breadth)
        if breadth > 0.4 * unit:
            waiting += [
                (*onward, angle + side + rng.gauss(0, 0.15), breadth * 0.72) for side in (-rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.5))
            ]
    return canvas.cover()


def _silhouette(rng: Random, height: int, width: int, unit: float) -> Plane:
    """A backdrop, a dress or a sky without any detail: a large area with smooth outlines."""
    textures = training_textures()
    field = textures.field(rng, height, width, zoom=rng.uniform(0.3, 1.5), slope=1.0)
    return ((field - rng.uniform(-0.5, 1)) / rng.choice((0.02, 0.05, 0.3))).clip(0, 1).astype(np.float32)


def _wires(rng: Random, height: int, width: int, unit: float) -> Plane:
    """Cables and rigging: long sagging or straight lines from side to side."""
    upright = rng.random() < 0.5
    canvas = Canvas(width, height) if upright else Canvas(height, width)
    left, right, sag = rng.uniform(0, canvas.height), rng.uniform(0, canvas.height), rng.uniform(0, 0.2) * canvas.height
    for number in range(rng.randint(1, 5)):
        shift = number * unit * rng.uniform(2, 12)
        shares = [step / 16 for step in range(17)]
        points = [(t * canvas.width, left + (right - left) * t + 4 * sag * t * (1 - t) + shift) for t in shares]
        canvas.line(points, unit * rng.uniform(0.4, 1.5))
    return canvas.cover().T if upright else canvas.cover()


def _lace(rng: Random, height: int, width: int, unit: float) -> Plane:
    """Lace, fences, checked cloth: a mesh in part of the picture."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, pitch = rng.uniform(0, math.pi), unit * rng.uniform(3, 9)
    u = columns * math.cos(angle) + rows * math.sin(angle)
    v = rows * math.cos(angle) - columns * math.sin(angle) + 0.3 * pitch * np.sin(u / pitch)
    mesh = np.maximum(np.cos(math.tau * u / pitch), np.cos(math.tau * v / pitch))
    x0, y0, radius = rng.uniform(0, width), rng.uniform(0, height), unit * rng.uniform(15, 60)
    inside = (radius - np.hypot(columns - x0, rows - y0)) / (0.2 * radius)
    return (((mesh - rng.uniform(0.6, 0.95)) * 8).clip(0, 1) * inside.clip(0, 1)).astype(np.float32)


def _letters(rng: Random, height: int, width: int, unit: float) -> Plane:
    """A line of lettering, as on shop signs and mounts."""
    font = ImageFont.load_default(max(8, round(unit * rng.uniform(7, 24))))
    image = Image.new("L", (width, height), 0)
    place = (rng.uniform(-0.2, 0.8) * width, rng.uniform(0, 0.9) * height)
    ImageDraw.Draw(image).text(place, rng.choice(WORDS), fill=255, font=font)
    return as_plane(image)


def _highlights(rng: Random, height: int, width: int, unit: float) -> Plane:
    """Catch lights, buttons, beads, stars: small round things in rows or alone."""
    canvas = Canvas(height, width)
    x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, math.tau)
    radius, pitch = unit * rng.uniform(0.8, 3), unit * rng.uniform(5, 15)
    for _ in range(rng.randint(1, 12)):
        canvas.ellipse((x, y), radius, radius * rng.uniform(0.7, 1))
        angle += rng.gauss(0, 0.2)
        x, y = x + pitch * math.cos(angle), y + pitch * math.sin(angle)
    return canvas.cover()
