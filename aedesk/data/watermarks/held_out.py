"""Watermarks for evaluation, disjoint from those used in training.

Text uses Pillow's own font and words that training does not use; emblems are drawn by formulas of their own. Both are identical on every
computer. With a folder of logos, a third of the watermarks are logos that training leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from aedesk.data.watermarks.fonts import built_in_font
from aedesk.data.watermarks.sampling import ShapeBank, place_shape
from aedesk.data.watermarks.shapes import EDGE_PX, Shape, fit_canvas, logo_shape

TEXTS = (
    "Unverified",
    "Bildarchiv\nMuster",
    "PRINT SHOP",
    "J. Okafor",
    "view only 0425",
    "Atelier Blum",
    "SPECIMEN",
    "Harbour & Sons\npictures",
)
ANGLES = (0.0, 0.0, 0.0, -0.5, 0.35)


def held_out_watermark(height: int, width: int, alpha: float, rng: Random, logos: Sequence[Path] = ()) -> tuple[Tensor, Tensor]:
    """Returns premultiplied colour (1, 3, height, width) and alpha (1, 1, height, width) of one watermark at a random place.

    It covers about a tenth of the picture, as in the benchmark of SWCNN (Tian 2024), whose marked pictures have a PSNR of 28.9 dB at an
    alpha of 0.3.

    Args:
        alpha: opacity of the watermark, in (0, 1].
        logos: logo files to draw from too.
    """
    kind = rng.randrange(3 if logos else 2)
    shape = (_text, _emblem, lambda r: logo_shape(r.choice(logos)))[kind](rng)
    size = min(height, width) * (rng.uniform(0.8, 1.1) if kind == 0 else rng.uniform(0.4, 0.6))
    centre = (rng.uniform(0.4, 0.6) * width if kind == 0 else rng.uniform(0.25, 0.75) * width, rng.uniform(0.25, 0.75) * height)
    placed = place_shape(ShapeBank([shape]).shape(0, size), height, width, centre, size, rng.choice(ANGLES))
    uniform_colour = placed.new_tensor(rng.choice(((1, 1, 1), (1, 1, 1), (0, 0, 0), (rng.random(), rng.random(), rng.random())))).view(
        3, 1, 1
    )
    cover = placed[3:] * alpha
    return (cover * (uniform_colour if shape.colour is None else placed[:3]))[None], cover[None]


def _text(rng: Random) -> Shape:
    font = built_in_font(120)
    canvas = Image.new("L", (2400, 600), 0)
    text = rng.choice(TEXTS)
    ImageDraw.Draw(canvas).text((40, 40), text, fill=255, font=font, stroke_width=rng.choice((0, 2, 4)), align="center")
    return fit_canvas(canvas)


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
