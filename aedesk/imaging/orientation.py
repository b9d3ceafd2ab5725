"""The eight orientations of EXIF 2.32 (tag 0x0112) as flips and turns of an array."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from aedesk.imaging.samples import Pixels

T = TypeVar("T", int, float)


def upright(samples: Pixels, orientation: int) -> Pixels:
    """Turn stored samples (H, W, ...) the way they are looked at; a view, not a copy.

    Args:
        orientation: which edges of the scene the first row and the first column show: 1 top and left, 2 top and right,
            3 bottom and right, 4 bottom and left, 5 left and top, 6 right and top, 7 right and bottom, 8 left and bottom.
    """
    if orientation >= 5:
        samples = np.swapaxes(samples, 0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples


def upright_size(width: T, height: T, orientation: int) -> tuple[T, T]:
    """Width and height (or another pair of them, such as dpi) after :func:`upright`."""
    return (height, width) if orientation >= 5 else (width, height)
