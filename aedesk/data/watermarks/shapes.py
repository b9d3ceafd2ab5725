"""Shapes of single watermarks: text, logos from files, both together, date stamps, lines, and random emblems made of geometric forms.

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
from aedesk.data.watermarks.fonts import PROBE_PX, Font, built_in_font, has_glyphs, scripts_of
from aedesk.data.watermarks.words import SCRIPTS, random_text

EDGE_PX = 256
"""Edge of a square shape; all have about as many pixels as that, whatever their proportions."""
MAX_EDGE_PX = 1024
TEXT_PX = 64
"""Size in which text is drawn."""
CANDIDATES, TRIES = 24, 20
"""Fonts to choose from for a text, and texts that are tried until a font has all glyphs of one."""
GRAY_SPREAD = 24
"""Largest difference of the channels, and of the brightness, of a logo that counts as a silhouette in one colour."""


@dataclass(frozen=True)
class Shape:
    """The shape of a watermark, independent of size and opacity.

    Args:
        cover: (h, w) uint8 coverage, 255 inside of the shape.
        colour: (h, w, 3) uint8 sRGB; None for a shape that is drawn in one random colour.
        lines: lines of text that it consists of; 0 for anything else.
    """

    cover: NDArray[np.uint8]
    colour: NDArray[np.uint8] | None = None
    lines: int = 0


FontLoader = Callable[[int], Font]
"""Returns a font at a size in pixels."""


def choose_font(fonts: Sequence[Path], rng: Random) -> FontLoader:
    """Picks one of the font files at random, or Pillow's own font if there are none."""
    if not fonts:
        return built_in_font
    path = str(rng.choice(fonts))
    return lambda size_px: ImageFont.truetype(path, size_px)


def choose_text(fonts: Sequence[Path], rng: Random, make: Callable[[str, Random], str] = random_text) -> tuple[str, FontLoader]:
    """A text in a random script and a font that has all its glyphs; Latin in Pillow's own font if no font has any.

    Args:
        fonts: font files, of which some random ones are looked into.
        make: draws a text of a script.
    """
    candidates = rng.sample(fonts, min(CANDIDATES, len(fonts)))
    scripts = [name for name in SCRIPTS if any(name in scripts_of(path) for path in candidates)]
    for _ in range(TRIES if scripts else 0):
        script = rng.choices(scripts, [SCRIPTS[name].weight for name in scripts])[0]
        path = rng.choice([path for path in candidates if script in scripts_of(path)])
        text = make(script, rng)
        if has_glyphs(ImageFont.truetype(str(path), PROBE_PX), text):
            return text, choose_font([path], rng)
    return make("latin", rng).encode("ascii", "ignore").decode() or "Copy", built_in_font


def text_shape(rng: Random, load_font: FontLoader, text: str = "") -> Shape:
    """Text, plain or outlined in its own colour.

    Args:
        text: what it says; a random one in Latin letters if empty.
    """
    text = text or random_text("latin", rng)
    stroke = rng.choice((0, 0, 0, 0, 1, 2, 4))
    cover = draw_text(text, load_font(TEXT_PX), stroke)
    if stroke and rng.random() < 0.4:  # the outline alone
        cover = ImageChops.subtract(cover, draw_text(text, load_font(TEXT_PX), 0, margin=stroke))
    return fit_canvas(cover, lines=text.count("\n") + 1)


def draw_text(text: str, font: Font, stroke: int = 0, margin: int = 0) -> Image.Image:
    """Coverage (mode L) of a text with a little room around it; ``margin`` more than its stroke needs."""
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font, stroke_width=stroke)
    room = 4 + margin
    canvas = Image.new("L", (max(1, math.ceil(right - left)) + 2 * room, max(1, math.ceil(bottom - top)) + 2 * room), 0)
    ImageDraw.Draw(canvas).text((room - left, room - top), text, fill=255, font=font, stroke_width=stroke, align="center")
    return canvas


def date_stamp_shape(rng: Random, text: str, load_font: FontLoader) -> Shape:
    """A camera's date stamp: orange digits with a glow."""
    canvas = draw_text(text, load_font(TEXT_PX), margin=8)
    glow = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(1, 4)))
    core = (255, rng.randint(90, 230), rng.randint(0, 110))
    return fit_canvas(ImageChops.lighter(canvas if rng.random() < 0.5 else glow, glow), Image.new("RGB", canvas.size, core), lines=1)


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


def lines_shape(rng: Random) -> Shape:
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
    return fit_canvas(canvas)


def logo_shape(path: Path) -> Shape:
    """Reads a logo from an image file with an alpha channel; one that is a black or gray silhouette has no colour of its own.

    Raises :class:`DataError` if it is unreadable or fully transparent.
    """
    try:
        with Image.open(path) as file:
            picture = file.convert("RGBA")
    except (OSError, ValueError) as error:
        raise DataError(f"The logo {path.name} cannot be read.", "Remove it from the folder.") from error
    cover = picture.getchannel("A")
    if cover.getbbox() is None:
        raise DataError(f"The logo {path.name} is fully transparent.", "Remove it from the folder.")
    visible = np.asarray(picture)[np.asarray(cover) > 127][:, :3].astype(np.int16)
    silhouette = visible.size == 0 or (np.ptp(visible, axis=1).max() <= GRAY_SPREAD and np.ptp(visible, axis=0).max() <= GRAY_SPREAD)
    return fit_canvas(cover, None if silhouette else picture.convert("RGB"))


def lockup_shape(rng: Random, logo: Shape, text: str, load_font: FontLoader) -> Shape:
    """A logo with a line of text beside it or below it, as companies have them; its lines are not counted as text."""
    words = draw_text(text, load_font(TEXT_PX))
    words = words.crop(words.getbbox() or (0, 0, *words.size))
    beside = rng.random() < 0.6
    height = round(words.height * rng.uniform(1.0, 2.6)) if beside else round(max(32, words.width * rng.uniform(0.2, 0.7)))
    scale = min(height, 2 * EDGE_PX) / logo.cover.shape[0]
    size = (max(1, round(logo.cover.shape[1] * scale)), max(1, round(logo.cover.shape[0] * scale)))
    gap = round(words.height * rng.uniform(0.15, 0.6))
    if beside:
        whole = (size[0] + gap + words.width, max(size[1], words.height))
        places = ((0, (whole[1] - size[1]) // 2), (size[0] + gap, (whole[1] - words.height) // 2))
    else:
        whole = (max(size[0], words.width), size[1] + gap + words.height)
        places = (((whole[0] - size[0]) // 2, 0), ((whole[0] - words.width) // 2, size[1] + gap))
    cover = Image.new("L", whole)
    cover.paste(Image.fromarray(logo.cover).resize(size, Image.Resampling.LANCZOS), places[0])
    cover.paste(words, places[1])
    if logo.colour is None:
        return fit_canvas(cover)
    colour = Image.new("RGB", whole, rng.choice(((255, 255, 255), (20, 20, 20), _random_colour(rng))))
    colour.paste(Image.fromarray(logo.colour).resize(size, Image.Resampling.LANCZOS), places[0])
    return fit_canvas(cover, colour)


def fit_canvas(cover: Image.Image, colour: Image.Image | None = None, lines: int = 0) -> Shape:
    """A shape of a canvas (mode L) and its colours (RGB): cropped to what is drawn and scaled to the area of all shapes."""
    box = cover.getbbox() or (0, 0, *cover.size)
    cover = cover.crop(box)
    scale = min(EDGE_PX / math.sqrt(cover.width * cover.height), MAX_EDGE_PX / max(cover.size))
    size = (max(1, round(cover.width * scale)), max(1, round(cover.height * scale)))
    scaled = np.asarray(cover.resize(size, Image.Resampling.LANCZOS)).copy()
    if colour is None:
        return Shape(scaled, None, lines)
    return Shape(scaled, np.asarray(colour.crop(box).resize(size, Image.Resampling.LANCZOS)).copy(), lines)


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
