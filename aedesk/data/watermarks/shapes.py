"""Shapes of single watermarks: text, date stamps, logos from files, and random emblems made of geometric forms.

A :class:`Shape` is drawn once by Pillow; ``watermarks.sampling`` places it on pictures at any size, angle, opacity and colour. Random
numbers come from the given ``random.Random``: the same seed, fonts and logos give the same shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from aedesk.core.errors import DataError
from aedesk.data.watermarks.fonts import Font, built_in_font

EDGE_PX = 256
"""Edge of the square canvas of a shape, whose longer side fills the canvas."""

WORDS = (
    "PROOF", "Sample", "COPY", "Preview", "photo", "studio", "(c)", "\N{COPYRIGHT SIGN}", "DRAFT", "example.com", "photos.example",
    "Light", "images", "portrait", "Wedding", "by", "2019", "2024", "No. 17", "archive", "NOT FOR SALE", "Foto", "gallery", "Anna",
    "M. Keller", "river", "A", "Q", "R", "x", "&", "North", "free", "demo", "Evaluation", "do not print",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """The shape of a watermark, independent of size and opacity.

    Args:
        cover: (EDGE_PX, EDGE_PX) uint8 coverage, 255 inside of the shape.
        colour: (EDGE_PX, EDGE_PX, 3) uint8 sRGB; None for a shape that is drawn in one random colour.
    """

    cover: NDArray[np.uint8]
    colour: NDArray[np.uint8] | None = None


FontLoader = Callable[[int], Font]
"""Returns a font at a size in pixels."""


def choose_font(fonts: Sequence[Path], rng: Random) -> FontLoader:
    """Picks one of the font files at random, or Pillow's own font if there are none."""
    if not fonts:
        return built_in_font
    path = str(rng.choice(fonts))
    return lambda size_px: ImageFont.truetype(path, size_px)


def text_shape(rng: Random, load_font: FontLoader) -> Shape:
    """One to three words on one or two lines: filled, outlined, or filled with an outline in another colour."""
    words = [rng.choice(WORDS) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    if rng.random() < 0.3:
        words[0] = "".join(rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rng.randint(2, 9)))
    text = ("\n" if rng.random() < 0.25 else " ").join(words)
    size = 80
    font = load_font(size)
    stroke = rng.choice((0, 0, 0, 0, 2, 3, 5))
    style = rng.random() if stroke else 0.0
    canvas = _canvas(text, font, stroke)
    ImageDraw.Draw(canvas).text((20, 20), text, fill=255, font=font, stroke_width=stroke, align="center")
    if not stroke or style < 0.3:
        return fit_canvas(canvas, None)
    inner = Image.new("L", canvas.size, 0)
    ImageDraw.Draw(inner).text((20, 20), text, fill=255, font=font, align="center")
    if style < 0.65:  # outline only
        return fit_canvas(ImageChops.subtract(canvas, inner), None)
    dark, light = rng.randint(0, 90), rng.randint(170, 255)
    first, second = ((dark,) * 3, (light,) * 3) if rng.random() < 0.5 else ((light,) * 3, (dark,) * 3)
    colour = Image.new("RGB", canvas.size, first)
    colour.paste(second, (0, 0), inner)
    return fit_canvas(canvas, colour)


def date_stamp_shape(rng: Random, load_font: FontLoader) -> Shape:
    """A camera's date stamp: orange digits with a glow."""
    day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(80, 130) % 100
    form = rng.choice(("{1:2d} {0:2d} '{2:02d}", "'{2:02d} {1:2d} {0:2d}", "{0:02d}/{1:02d}/20{2:02d}", "{0:02d}.{1:02d}.{2:02d}"))
    text, font = form.format(day, month, year), load_font(80)
    canvas = _canvas(text, font)
    ImageDraw.Draw(canvas).text((20, 20), text, fill=255, font=font)
    glow = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(1, 4)))
    core = (255, rng.randint(90, 230), rng.randint(0, 110))
    return fit_canvas(ImageChops.lighter(canvas if rng.random() < 0.5 else glow, glow), Image.new("RGB", canvas.size, core))


def emblem_shape(rng: Random, load_font: FontLoader) -> Shape:
    """A random logo: discs, rings, stars, polygons, bars and letters, added to and subtracted from each other."""
    edge = 2 * EDGE_PX
    canvas = Image.new("L", (edge, edge), 0)
    colour = Image.new("RGB", (edge, edge), _random_colour(rng))
    for number in range(rng.randint(1, 4)):
        layer = Image.new("L", (edge, edge), 0)
        _draw_form(rng, ImageDraw.Draw(layer), edge, load_font)
        canvas = ImageChops.subtract(canvas, layer) if number and rng.random() < 0.5 else ImageChops.lighter(canvas, layer)
        colour.paste(_random_colour(rng), (0, 0), layer)
    if max(canvas.getextrema()) == 0:
        ImageDraw.Draw(canvas).ellipse((8, 8, edge - 8, edge - 8), fill=255)
    return fit_canvas(canvas, colour if rng.random() < 0.5 else None)


def lines_shape(rng: Random, load_font: FontLoader) -> Shape:
    """Crossed lines, parallel lines or a frame, as on proof prints."""
    edge = 2 * EDGE_PX
    canvas = Image.new("L", (edge, edge), 0)
    draw = ImageDraw.Draw(canvas)
    width = rng.randint(2, 16)
    kind = rng.randrange(3)
    if kind == 0:
        draw.line((0, 0, edge, edge), fill=255, width=width)
        draw.line((0, edge, edge, 0), fill=255, width=width)
    elif kind == 1:
        step = rng.randint(4 * width, edge // 2)
        for x in range(-edge, edge, step):
            draw.line((x, 0, x + edge, edge), fill=255, width=width)
    else:
        inset = rng.randint(0, edge // 4)
        draw.rectangle((inset, inset, edge - 1 - inset, edge - 1 - inset), outline=255, width=width)
    return fit_canvas(canvas, None)


def logo_shape(path: Path) -> Shape:
    """Reads a logo from an image file with an alpha channel. Raises :class:`DataError` if it is unreadable or fully transparent."""
    try:
        with Image.open(path) as file:
            picture = file.convert("RGBA")
    except (OSError, ValueError) as error:
        raise DataError(f"The logo {path.name} cannot be read.", "Remove it from the folder.") from error
    cover = picture.getchannel("A")
    if cover.getbbox() is None:
        raise DataError(f"The logo {path.name} is fully transparent.", "Remove it from the folder.")
    return fit_canvas(cover, picture.convert("RGB"))


def _canvas(text: str, font: Font, stroke: int = 0) -> Image.Image:
    """An empty canvas with room for a text at (20, 20)."""
    right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((20, 20), text, font=font, stroke_width=stroke)[2:]
    return Image.new("L", (int(right) + 20, int(bottom) + 20), 0)


def _draw_form(rng: Random, draw: ImageDraw.ImageDraw, edge: int, load_font: FontLoader) -> None:
    radius = rng.uniform(0.15, 0.48) * edge
    x, y = (rng.uniform(radius, edge - radius) for _ in range(2)) if rng.random() < 0.4 else (edge / 2, edge / 2)
    box = (x - radius, y - radius, x + radius, y + radius)
    kind = rng.randrange(6)
    if kind == 0:
        draw.ellipse(box, fill=255)
    elif kind == 1:
        draw.ellipse(box, outline=255, width=max(3, int(radius * rng.uniform(0.05, 0.5))))
    elif kind == 2:
        draw.rounded_rectangle(box, radius * rng.uniform(0, 0.6), fill=255)
    elif kind == 3:
        count, dent = rng.randint(3, 9), rng.uniform(0.4, 1.0)
        turn = rng.uniform(0, math.tau)
        corners = [
            (x + r * math.cos(turn + a), y + r * math.sin(turn + a))
            for a, r in ((math.pi * k / count, radius * (1 if k % 2 == 0 else dent)) for k in range(2 * count))
        ]
        draw.polygon(corners, fill=255)
    elif kind == 4:
        for k in range(rng.randint(2, 5)):
            left = box[0] + 2 * radius * k / 5
            draw.rectangle((left, box[1], left + radius * rng.uniform(0.1, 0.35), box[3]), fill=255)
    else:
        draw.text((x, y), rng.choice("ABEGHKMQRSTXZ&?@358"), fill=255, font=load_font(int(radius * 1.4)), anchor="mm")


def _random_colour(rng: Random) -> tuple[int, int, int]:
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)


def fit_canvas(cover: Image.Image, colour: Image.Image | None = None) -> Shape:
    """Crops to the drawn area, scales its longer side to the canvas and centres it."""
    box = cover.getbbox() or (0, 0, *cover.size)
    cover = cover.crop(box)
    scale = EDGE_PX / max(cover.size)
    size = (max(1, round(cover.width * scale)), max(1, round(cover.height * scale)))
    place = ((EDGE_PX - size[0]) // 2, (EDGE_PX - size[1]) // 2)
    square = Image.new("L", (EDGE_PX, EDGE_PX), 0)
    square.paste(cover.resize(size, Image.Resampling.LANCZOS), place)
    if colour is None:
        return Shape(np.asarray(square).copy())
    colours = Image.new("RGB", (EDGE_PX, EDGE_PX))
    colours.paste(colour.crop(box).resize(size, Image.Resampling.LANCZOS), place)
    return Shape(np.asarray(square).copy(), np.asarray(colours).copy())
