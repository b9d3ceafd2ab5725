"""Masks in files: white is erased, black is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aedesk.core.errors import PictureError
from aedesk.imaging.io import read, write
from aedesk.imaging.masks import Mask
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit

SUFFIX = ".png"


def load_mask(path: str | Path, width: int, height: int) -> Mask:
    """Read the mask of a picture of ``width`` x ``height`` pixels from any picture file.

    Of colours the brightest channel counts, so that a mask that was painted in red works, too. What is transparent is kept; a drawing
    that is all black on a transparent ground (a layer of its own in other programs) is taken by what it covers.

    Raises:
        PictureError: the file cannot be read, or has another size.
    """
    path = Path(path)
    found = read(path)
    if (found.width, found.height) != (width, height):
        raise PictureError(
            f"{path.name} has {found.width} x {found.height} pixels, the picture {width} x {height}.",
            "A mask has exactly the size of its picture: scale the mask to it, or paint a new one.",
        )
    mask: Mask = np.ascontiguousarray(to_8_bit(found.pixels).max(axis=2))
    if found.alpha is None:
        return mask
    cover = to_8_bit(found.alpha)
    if not mask[cover > 0].any() and cover.min() < 255:
        return cover
    return np.minimum(mask, cover)


def save_mask(mask: Mask, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a mask as a gray PNG, whole or not at all.

    Raises:
        PictureError: ``path`` is no name of a PNG, exists and ``overwrite`` is false, or cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        raise PictureError(f"A mask cannot be saved as {path.name}: only PNG keeps it exactly.", f"Choose a name that ends in {SUFFIX}.")
    return write(Picture(mask.reshape(*mask.shape, 1)), path, overwrite=overwrite)
