"""How shapes are decorated: outline, drop shadow, relief, gradient, and a box or bar behind."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from aedesk.data.watermarks.shapes import Shape, fit_canvas

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Coverage (h, w) in [0, 1] and colour (h, w, 3) or (3,) in [0, 255]."""


def decorated(shape: Shape, rng: Random) -> Shape:
    """The shape in a random style; half of them stay as they are, and of coloured ones most."""
    if rng.random() < (0.5 if shape.colour is None else 0.75):
        return shape
    styles: tuple[Callable[[Shape, Random], list[Layer]], ...] = (_outlined, _shadowed, _boxed, _boxed)
    if shape.colour is None:
        styles += (_embossed, _gradient, _shadowed)
    pad = max(3, min(shape.cover.shape) // 5)
    colour = None if shape.colour is None else np.pad(shape.colour, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    cover, mixed = _composed(rng.choice(styles)(Shape(np.pad(shape.cover, pad), colour, shape.lines), rng))
    return fit_canvas(_image(cover * 255), _image(mixed), shape.lines)


def _outlined(shape: Shape, rng: Random) -> list[Layer]:
    dark, light = _pair(rng)
    width = max(1.0, min(shape.cover.shape) * rng.uniform(0.01, 0.05))
    wide = Image.fromarray(shape.cover).filter(ImageFilter.GaussianBlur(width)).point(lambda value: min(255, 6 * value))
    return [(_cover(wide), dark), _own(shape, light)]


def _shadowed(shape: Shape, rng: Random) -> list[Layer]:
    """A darker (rarely lighter) copy, displaced and usually blurred and fainter, behind it."""
    dark, light = _pair(rng) if rng.random() < 0.3 else (_gray(rng.uniform(0, 60)), _gray(rng.uniform(180, 255)))
    reach = max(1, round(min(shape.cover.shape) * rng.uniform(0.02, 0.1)))
    moved = np.roll(shape.cover, (reach, rng.choice((reach, reach, -reach, 0))), (0, 1))
    blurred = Image.fromarray(moved).filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.2 * reach)))
    return [(_cover(blurred) * np.float32(rng.uniform(0.4, 1)), dark), _own(shape, light)]


def _embossed(shape: Shape, rng: Random) -> list[Layer]:
    """Lit from one corner: a light and a dark rim, and little or nothing between."""
    reach = rng.randint(1, max(1, min(shape.cover.shape) // 40))
    whole = _cover(shape.cover)
    lit, shaded = (np.clip(whole - np.roll(whole, (s * reach, s * reach), (0, 1)), 0, 1) for s in (1, -1))
    inside = whole * np.float32(rng.uniform(0, 0.4))
    return [(shaded, _gray(rng.uniform(0, 60))), (lit, _gray(rng.uniform(200, 255))), (inside, _gray(rng.uniform(100, 200)))]


def _gradient(shape: Shape, rng: Random) -> list[Layer]:
    height, width = shape.cover.shape
    along = (
        np.linspace(0, 1, width, dtype=np.float32)[None, :] if rng.random() < 0.5 else np.linspace(0, 1, height, dtype=np.float32)[:, None]
    )
    share = np.broadcast_to(along, (height, width))[:, :, None]
    first, second = (_colour(rng) for _ in range(2))
    return [(_cover(shape.cover), first * (1 - share) + second * share)]


def _boxed(shape: Shape, rng: Random) -> list[Layer]:
    """A box or a bar behind it, often fainter than what stands on it; sometimes what stands on it is cut out."""
    dark, light = _pair(rng)
    height, width = shape.cover.shape
    box = Image.new("L", (width, height), 0)
    inset = max(0, min(height, width) // 12)
    if rng.random() < 0.5:
        box.paste(255, (inset, inset, width - inset, height - inset))
    else:
        ImageDraw.Draw(box).rounded_rectangle((inset, inset, width - inset, height - inset), rng.uniform(0.1, 0.5) * height, fill=255)
    ground = _cover(box) * np.float32(rng.uniform(0.3, 1))
    if shape.colour is None and rng.random() < 0.25:
        return [(ground * (1 - _cover(shape.cover)), dark)]
    return [(ground, dark), _own(shape, light)]


def _own(shape: Shape, colour: NDArray[np.float32]) -> Layer:
    return _cover(shape.cover), colour if shape.colour is None else shape.colour.astype(np.float32)


def _composed(layers: list[Layer]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coverage and colour of layers, the lowest first."""
    cover = np.zeros_like(layers[0][0])
    premultiplied = np.zeros((*cover.shape, 3), np.float32)
    for alpha, colour in layers:
        premultiplied = alpha[:, :, None] * colour + (1 - alpha[:, :, None]) * premultiplied
        cover = alpha + (1 - alpha) * cover
    return cover, (premultiplied / np.maximum(cover, 1e-3)[:, :, None]).astype(np.float32)


def _pair(rng: Random) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Two colours that differ: usually dark and light, in either order."""
    if rng.random() < 0.35:
        return _colour(rng), _colour(rng)
    pair = _gray(rng.uniform(0, 90)), _gray(rng.uniform(165, 255))
    return pair if rng.random() < 0.6 else pair[::-1]


def _colour(rng: Random) -> NDArray[np.float32]:
    return np.array([rng.uniform(0, 255) for _ in range(3)], np.float32)


def _gray(value: float) -> NDArray[np.float32]:
    return np.full(3, value, np.float32)


def _cover(plane: Image.Image | NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(plane, np.float32) / np.float32(255)


def _image(values: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(values, 0, 255)).astype(np.uint8))
