"""Shapes of watermarks in memory, at several sizes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import DataError
from aedesk.data.watermarks.fonts import font_files
from aedesk.data.watermarks.shapes import (
    Shape,
    choose_text,
    date_stamp_shape,
    emblem_shape,
    lines_shape,
    lockup_shape,
    logo_shape,
    text_shape,
)
from aedesk.data.watermarks.styles import decorated
from aedesk.data.watermarks.words import random_date, random_name, random_text

SHAPES = 800
"""Shapes of a bank: at most 280 MB."""
SMALLEST_PX = 32
"""Longer side below which a shape is not stored any smaller."""
KINDS = ("text", "logo", "lockup", "emblem", "date", "lines")
WEIGHTS = (52, 22, 11, 9, 4, 2)
"""Relative frequencies of the kinds; without logos from files emblems take their place."""


class StoredShape:
    """A shape at full size and at halves of it.

    Args:
        shape: at most some 350 kB with colours, a quarter of that without.
        device: the device of the pictures.
    """

    def __init__(self, shape: Shape, device: torch.device | str = "cpu") -> None:
        self.has_colour, self.lines = shape.colour is not None, shape.lines
        self.proportions = shape.cover.shape[1] / shape.cover.shape[0]
        """Width over height."""
        self._sizes = _sizes(shape, device)

    def planes(self, size_px: float) -> Tensor:
        """Colour and coverage, (4, h, w) float32 in [0, 1], in the smallest stored size whose longer side is >= ``size_px``."""
        planes = next((planes for planes in reversed(self._sizes) if max(planes.shape[1:]) >= size_px), self._sizes[0])
        result = planes.float() / 255
        return result if len(result) == 4 else torch.cat((torch.ones_like(result).expand(3, -1, -1), result))

    @property
    def size_bytes(self) -> int:
        return sum(planes.numel() for planes in self._sizes)


class ShapeBank:
    """So many shapes, each drawn when it is first used and kept.

    Args:
        count: at least 1.
        draw: the shape of a number, always the same.
        device: the device of the pictures.
    """

    def __init__(self, count: int, draw: Callable[[int], Shape], device: torch.device | str = "cpu") -> None:
        self._count, self._draw, self._device = count, draw, device
        self._shapes: dict[int, StoredShape] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> StoredShape:
        if index not in self._shapes:
            self._shapes[index] = StoredShape(self._draw(index), self._device)
        return self._shapes[index]


@functools.lru_cache(maxsize=3)
def training_bank(count: int = SHAPES, seed: int = 0, logos: str = "", fonts: str = "", device: str = "cpu") -> ShapeBank:
    """Shapes to train on, the same for the same arguments.

    Args:
        logos: a folder of logos (PNG with transparency); emblems take their place if it is empty.
        fonts: a folder of fonts; this computer's if it is empty.

    Raises :class:`DataError` for a folder that does not exist or is empty; an unreadable logo raises it when it is drawn.
    """
    logo_paths, font_paths = logo_files(logos) if logos else (), font_files(fonts)
    return ShapeBank(count, lambda index: training_shape(Random(f"{seed}/{index}"), font_paths, logo_paths), device)


def training_shape(rng: Random, fonts: Sequence[Path], logos: Sequence[Path]) -> Shape:
    """One random shape.

    Args:
        fonts: Pillow's own font is used if there are none.
        logos: emblems are drawn instead if there are none.
    """
    kind = rng.choices(KINDS, WEIGHTS)[0]
    if kind == "lines":
        return lines_shape(rng)
    if kind == "date":
        return date_stamp_shape(rng, *choose_text(fonts, rng, lambda script, r: random_date(r)))
    text, load_font = choose_text(fonts, rng, random_text if kind == "text" else _name)
    if kind == "text":
        return decorated(text_shape(rng, load_font, text), rng)
    logo = logo_shape(rng.choice(logos)) if logos and kind != "emblem" else emblem_shape(rng, load_font)
    return decorated(lockup_shape(rng, logo, text, load_font) if kind == "lockup" else logo, rng)


def logo_files(folder: str) -> list[Path]:
    """The PNG files of a folder, sorted by name. Raises :class:`DataError` if there are none."""
    files = sorted(Path(folder).expanduser().glob("*.png"))
    if not files:
        raise DataError(f"There are no logos in {folder}.", "Give a folder of PNG files with transparency.")
    return files


def _name(script: str, rng: Random) -> str:
    return random_name(rng) if script == "latin" else random_text(script, rng)


def _sizes(shape: Shape, device: torch.device | str) -> list[Tensor]:
    """(4, h, w), or (1, h, w) for a shape without colour, uint8: the shape and halves of it."""
    planes = torch.from_numpy(shape.cover)[None]
    if shape.colour is not None:
        planes = torch.cat((torch.from_numpy(shape.colour).permute(2, 0, 1), planes))
    sizes = [planes.contiguous().to(device)]
    while max(sizes[-1].shape[1:]) > SMALLEST_PX:
        sizes.append(_halved(sizes[-1]))
    return sizes


def _halved(planes: Tensor) -> Tensor:
    """Half as large. Colours are averaged with coverage as the weight, so that the background does not bleed in."""
    size = [(edge + 1) // 2 for edge in planes.shape[1:]]
    x = planes[None].float()
    cover = F.interpolate(x[:, -1:], size=size, mode="area")
    if len(planes) == 1:
        return cover[0].round().byte()
    colour = F.interpolate(x[:, :3] * x[:, 3:], size=size, mode="area") / cover.clamp(min=1)
    colour = torch.where(cover > 0, colour, F.interpolate(x[:, :3], size=size, mode="area"))
    return torch.cat((colour, cover), 1)[0].round().clamp(0, 255).byte()
