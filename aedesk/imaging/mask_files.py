"""Masks in files: white is erased, black is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aedesk.core.errors import PictureError
from aedesk.imaging.io import read, write
from aedesk.imaging.masks import ERASE, KEEP, Mask
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit

SUFFIX = ".png"


def load_mask(path: str | Path, width: int, height: int) -> Mask:
    """Read the mask of a picture of ``width`` x ``height`` pixels from any picture file; see :func:`mask_of`.

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
    return mask_of(found)


def mask_of(picture: Picture) -> Mask:
    """Returns the mask that a picture stands for.

    White is erased, gray in part, black is kept. Of colours the brightest channel counts. A mask of two values, one of them black,
    counts as full, whatever the other is: programs that label pixels write 0 and 1.

    What is transparent is kept. A drawing of about one brightness on a transparent ground, such as black strokes on a layer of their
    own, is erased where it is opaque; one that has both light and dark parts is erased where it is light.
    """
    brightness = picture.pixels.max(axis=2)
    if picture.alpha is None:
        return _full_if_two_valued(brightness)
    cover = to_8_bit(picture.alpha)
    drawn = brightness[cover > 0]
    if cover.min(initial=255) < 255 and (not drawn.size or int(drawn.max()) - int(drawn.min()) < np.iinfo(drawn.dtype).max // 2):
        return _full_if_two_valued(picture.alpha)
    return np.minimum(_full_if_two_valued(brightness), cover)


def _full_if_two_valued(values: NDArray[Any]) -> Mask:
    marked = values[values > 0]
    if marked.size and marked.size < values.size and marked.min() == marked.max():
        return np.where(values > 0, np.uint8(ERASE), np.uint8(KEEP))
    return np.ascontiguousarray(to_8_bit(values))


def save_mask(mask: Mask, path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a mask as a gray PNG, whole or not at all.

    Raises:
        PictureError: ``path`` is no name of a PNG, exists and ``overwrite`` is false, or cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() != SUFFIX:
        raise PictureError(f"A mask cannot be saved as {path.name}: only PNG keeps it exactly.", f"Choose a name that ends in {SUFFIX}.")
    return write(Picture(mask.reshape(*mask.shape, 1)), path, overwrite=overwrite)
