"""Collections of parts of real pictures with one synthetic watermark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from aedesk.imaging import io
from aedesk.imaging.picture import Picture

SAMPLES = Path(__file__).resolve().parents[2] / "resources" / "samples"
Array = NDArray[np.float64]


def backgrounds(count: int, width: int = 160, height: int = 120) -> list[Array]:
    """Different parts of the sample pictures, (height, width, 3) in [0, 1], flipped so that they have nothing in common."""
    sources = [io.read(SAMPLES / name).pixels / 255 for name in ("parrots_photo.jpg", "portrait_clean.png")]
    rng = np.random.default_rng(5)
    found = []
    for index in range(count):
        source = sources[index % 2]
        source = source[:, ::-1] if index % 4 > 1 else source
        source = source[::-1] if index % 8 > 3 else source
        top, left = rng.integers(0, source.shape[0] - height), rng.integers(0, source.shape[1] - width)
        found.append(source[top : top + height, left : left + width])
    return found


def word(width: int = 160, height: int = 120, opacity: float = 0.5, at: tuple[int, int] = (24, 40), soft: float = 0) -> Array:
    """Alpha (height, width) of a word in Pillow's own font, with its top left corner at ``at``."""
    canvas = Image.new("L", (width, height), 0)
    ImageDraw.Draw(canvas).text(at, "PROOF", font=ImageFont.load_default(34), fill=255)
    return np.asarray(canvas.filter(ImageFilter.GaussianBlur(soft)) if soft else canvas) / 255 * opacity


def marked(clean: Array, alpha: Array, colour: tuple[float, float, float] = (1, 1, 1), dtype: type = np.uint8) -> NDArray:
    """Blends a colour over a picture and rounds to the bit depth."""
    cover = alpha[:, :, None]
    return np.rint((cover * np.asarray(colour) + (1 - cover) * clean) * np.iinfo(dtype).max).astype(dtype)


def write_all(folder: Path, pictures: list[Picture]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Writes the pictures as PNG files; returns their names and names for the results."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [str(io.write(picture, folder / f"{index:02}.png")) for index, picture in enumerate(pictures)]
    return tuple(inputs), tuple(str(folder / "out" / f"{index:02}.png") for index in range(len(pictures)))
