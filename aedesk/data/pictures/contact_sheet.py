"""Sample pictures side by side in one picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageOps

from aedesk.data.pictures.pixels import Pixels


def cell(pixels: Pixels, edge: int) -> Pixels:
    """(edge, edge, 3): the middle of a (H, W, 3) picture, filled; pictures much smaller are enlarged pixel by pixel, as they are."""
    tiny = 2 * min(pixels.shape[:2]) <= edge
    method = Image.Resampling.NEAREST if tiny else Image.Resampling.LANCZOS
    return np.asarray(ImageOps.fit(Image.fromarray(np.ascontiguousarray(pixels)), (edge, edge), method))


def sheet(cells: Sequence[Pixels], edge: int) -> tuple[Pixels | None, int]:
    """(rows * edge, columns * edge, 3) and the number of columns: three columns for two rows. None without cells.

    What remains of the last row is middle gray.
    """
    if not cells:
        return None, 0
    columns = min(len(cells), max(1, round((1.5 * len(cells)) ** 0.5)))
    rows = -(-len(cells) // columns)
    result = np.full((rows * edge, columns * edge, 3), 128, np.uint8)
    for number, pixels in enumerate(cells):
        top, left = number // columns * edge, number % columns * edge
        result[top : top + edge, left : left + edge] = pixels
    return result, columns
