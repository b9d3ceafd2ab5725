"""Shapes of damage in picture files: white with transparency, as the Film Damage Simulator (Ivanova 2022) has them."""

from __future__ import annotations

import functools
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from aedesk.core.errors import DataError
from aedesk.data.print_damage.canvas import as_plane
from aedesk.data.print_damage.layers import LINES, SPECKS, STAINS, Layer, dirt, paper
from aedesk.data.print_damage.textures import Textures

KIND_OF_FOLDER = {"scratches": LINES, "stain": STAINS, "smut": STAINS}
"""Folders of a collection whose shapes are no specks."""


class FilmShapes:
    """The PNG files of a folder and the folders in it; the name of a file's folder tells its kind of damage.

    Raises :class:`DataError` for a folder without shapes and for a file that cannot be read.
    """

    def __init__(self, folder: str) -> None:
        self._shapes: list[tuple[Image.Image, int]] = []
        for path in sorted(Path(folder).expanduser().rglob("*.png")):
            try:
                with Image.open(path) as file:
                    alpha = file.convert("RGBA").getchannel("A")
            except (OSError, SyntaxError) as error:
                raise DataError(f"The damage shape {path} cannot be read: {error}.", "Remove it, or get it again.") from error
            self._shapes.append((alpha, KIND_OF_FOLDER.get(path.parent.name, SPECKS)))
        if not self._shapes:
            raise DataError(f"There are no damage shapes (PNG) in {folder}.", "Check [data] damage_shapes.")

    def __call__(self, rng: Random, height: int, width: int, unit: float, textures: Textures) -> list[Layer]:
        """One shape, turned, mirrored and scaled, cut out at a random place."""
        shape, kind = rng.choice(self._shapes)
        shape = shape.transpose(Image.Transpose(rng.randrange(7)))
        edge = max(16, round(max(height, width) * rng.uniform(0.8, 2) * max(1.0, unit / 2)))
        shape = shape.resize((edge, edge), Image.Resampling.BICUBIC)
        left, top = rng.randint(min(0, edge - width), max(0, edge - width)), rng.randint(min(0, edge - height), max(0, edge - height))
        cover = as_plane(shape.crop((left, top, left + width, top + height)))
        alpha = rng.uniform(0.6, 1)
        return [Layer((cover * alpha).astype(np.float32), paper(rng) if rng.random() < 0.6 else dirt(rng), kind)]


@functools.lru_cache(maxsize=2)
def film_shapes(folder: str) -> FilmShapes:
    return FilmShapes(folder)
