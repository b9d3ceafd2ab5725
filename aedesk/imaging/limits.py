"""Limits that are checked before anything of a picture's size is allocated."""

from __future__ import annotations

from pathlib import Path

from aedesk.core.errors import PictureError

MAX_PIXELS = 400_000_000
"""Largest picture that is read: 400 megapixels are 2.4 GB of 16-bit RGB."""


def check_size(path: Path, width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise :class:`PictureError` for a picture without pixels or with more than ``max_pixels``."""
    if width < 1 or height < 1:
        raise PictureError(f"{path} says that it is {width} x {height} pixels large: there is no picture in it.", "Export it again.")
    if width * height > max_pixels:
        raise PictureError(
            f"{path} says that it is {width} x {height} pixels large; the limit is {max_pixels / 1e6:.0f} megapixels.",
            "Scale it down or cut it into parts first.",
        )
