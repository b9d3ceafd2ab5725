"""Watermarks for evaluation, disjoint from those used in training.

Their words are none of training's. Logos and fonts come from folders that training must not be given; without them emblems are drawn by
formulas that training does not have, and text is written in Pillow's own font, identical on every computer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from aedesk.data.watermarks.bank import StoredShape
from aedesk.data.watermarks.sampling import place_shape
from aedesk.data.watermarks.shapes import EDGE_PX, TEXT_PX, Shape, choose_text, date_stamp_shape, draw_text, fit_canvas, logo_shape
from aedesk.data.watermarks.words import random_date

KINDS = ("logo", "text", "tiled", "date")
"""A logo; one line of text; text repeated over the whole picture; a camera's date stamp."""

TEXTS: dict[str, tuple[str, ...]] = {
    "latin": (
        "Unverified", "Bildarchiv Muster", "QUAYSIDE PRINTS", "J. Okafor", "view online", "Atelier Blum", "SPECIMEN", "Harbour & Lindqvist",
        "\N{COPYRIGHT SIGN} 2023 Tomasz Okafor", "www.atelierblum.ch", "Lindqvist Fotografie", "watermarked, Harbour",
        "licence pending", "Rhubarb & Thistle", "screen proofing", "Zanzibar Quayside",
    ),
    "greek": ("υδατογράφημα", "σφραγίδα"), "cyrillic": ("водяной знак", "черновик"), "arabic": ("علامة مائية", "مسودة"),
    "hebrew": ("סימן מים", "טיוטה"), "devanagari": ("जलचिह्न", "मसौदा"), "bengali": ("জলছাপ", "খসড়া"), "tamil": ("வரைவு", "முத்திரை"),
    "thai": ("ลายน้ำ", "ฉบับร่าง"), "georgian": ("ჭვირნიშანი", "შავი"), "armenian": ("ջրանիշ", "սևագիր"), "ethiopic": ("ረቂቅ",),
    "chinese": ("水印测试", "非卖品"), "japanese": ("透かし", "下書き"), "korean": ("워터마크", "초안"),
}  # fmt: skip


def held_out_watermark(
    kind: str, height: int, width: int, alpha: float, rng: Random, logos: Sequence[Path] = (), fonts: Sequence[Path] = ()
) -> tuple[Tensor, Tensor]:
    """Returns premultiplied colour (1, 3, height, width) and alpha (1, 1, height, width) of one watermark.

    Logos are 60 px to half the picture's shorter side, lines of text 20 to 60 px high, repeated text 16 to 40 px and at any angle, date
    stamps 16 to 40 px in the lower right corner; all at most as large as the picture.

    Args:
        kind: one of ``KINDS``.
        alpha: opacity of the watermark, in (0, 1].
        logos: logo files; emblems are drawn if there are none.
        fonts: Pillow's own font is used if there are none.
    """
    shape = _SHAPES[kind](rng, logos, fonts)
    stored, shorter = StoredShape(shape), min(height, width)
    proportions = stored.proportions
    if kind == "logo":
        size = 60 * (max(60, shorter / 2) / 60) ** rng.random()
    else:
        low, high = (20, 60) if kind == "text" else (16, 40)
        size = low * (high / low) ** rng.random() * max(1.0, proportions)
    size = min(size, 0.9 * shorter if kind == "logo" else 0.9 * width)
    sides = (size * min(1.0, proportions), size / max(1.0, proportions))
    angle, cell = 0.0, None
    if kind == "tiled":
        angle, cell = (
            rng.choice((0.0, math.radians(rng.uniform(-50, 50)))),
            (sides[0] * rng.uniform(1.1, 1.8), sides[1] * rng.uniform(1.4, 5)),
        )
    if kind == "date":
        centre = (width - 0.03 * shorter - sides[0] / 2, height - 0.03 * shorter - sides[1] / 2)
    else:
        centre = tuple(side / 2 + rng.random() * max(0.0, edge - side) for side, edge in zip(sides, (width, height), strict=True))  # type: ignore[assignment]
    placed = place_shape(stored.planes(size), height, width, centre, size, angle, cell)
    colour = placed.new_tensor(rng.choice(((1, 1, 1), (1, 1, 1), (0, 0, 0), [rng.random() for _ in range(3)]))).view(3, 1, 1)
    cover = placed[3:] * alpha
    return (cover * (colour if shape.colour is None else placed[:3]))[None], cover[None]


def _logo(rng: Random, logos: Sequence[Path], fonts: Sequence[Path]) -> Shape:
    return logo_shape(rng.choice(logos)) if logos else _emblem(rng)


def _text(rng: Random, logos: Sequence[Path], fonts: Sequence[Path]) -> Shape:
    text, load_font = choose_text(fonts, rng, lambda script, r: r.choice(TEXTS[script]))
    return fit_canvas(draw_text(text, load_font(TEXT_PX), rng.choice((0, 0, 1, 2))), lines=1)


def _date(rng: Random, logos: Sequence[Path], fonts: Sequence[Path]) -> Shape:
    return date_stamp_shape(rng, *choose_text(fonts, rng, lambda script, r: random_date(r)))


_SHAPES: dict[str, Callable[[Random, Sequence[Path], Sequence[Path]], Shape]] = {
    "logo": _logo, "text": _text, "tiled": _text, "date": _date,
}  # fmt: skip


def _emblem(rng: Random) -> Shape:
    """A rose curve, a heart, a spiral or a shield; hearts and shields with a wave cut out."""
    edge = 2 * EDGE_PX
    canvas = Image.new("L", (edge, edge), 0)
    draw = ImageDraw.Draw(canvas)
    t = np.linspace(0, math.tau, 400)
    kind = rng.randrange(4)
    if kind == 0:
        r = 0.35 + 0.6 * np.abs(np.cos(rng.randint(2, 5) * t))
        x, y = r * np.cos(t), r * np.sin(t)
    elif kind == 1:
        x, y = np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    elif kind == 2:
        arm = np.concatenate((t, t[::-1]))
        r = np.concatenate((0.15 + 0.8 * t / math.tau, (0.02 + 0.7 * t / math.tau)[::-1]))
        x, y = r * np.cos(3 * arm), r * np.sin(3 * arm)
    else:
        x, y = np.cos(t) * np.where(np.sin(t) > 0, 1 - 0.7 * np.sin(t) ** 2, 1), np.clip(np.sin(t), -0.6, 1)
    draw.polygon(list(zip(edge / 2 * (1 + 0.98 * x), edge / 2 * (1 + 0.98 * y), strict=True)), fill=255)
    if kind in (1, 3):
        wave = [(u, edge * (0.5 + 0.06 * math.sin(u / edge * 12))) for u in range(edge)]
        draw.line(wave, fill=0, width=edge // 12)
    return fit_canvas(canvas)


def blend_over_pixels(pixels: np.ndarray, premultiplied: Tensor, alpha: Tensor) -> np.ndarray:
    """Returns the (H, W, C) uint8 pixels with a watermark blended over them, rounded to 8 bits."""
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    marked = premultiplied[:, : picture.shape[1]] + (1 - alpha) * picture
    return (marked * 255).round().clamp(0, 255).byte()[0].permute(1, 2, 0).contiguous().numpy()
