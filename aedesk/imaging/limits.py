"""Limits that are checked before anything of a picture's size is allocated."""

from __future__ import annotations

import stat
from pathlib import Path

from aedesk.core.errors import PictureError

MAX_PIXELS = 400_000_000
"""Largest picture that is read: 400 megapixels are 2.4 GB of 16-bit RGB."""
MAX_FILE_BYTES = 8 << 30
"""Largest file that is opened: some libraries hold all of it in memory."""


def check_file(path: Path) -> None:
    """Raise :class:`PictureError` for what is no file (a folder, a pipe, a device), and for one larger than ``MAX_FILE_BYTES``.

    Raises:
        OSError: it does not exist, or may not be looked at.
    """
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise PictureError(f"{path} is a folder, not a picture.", "Choose a file inside it.")
    if not stat.S_ISREG(found.st_mode):
        raise PictureError(f"{path} is a device or a pipe, not a picture.", "Copy the picture into a file first.")
    if found.st_size > MAX_FILE_BYTES:
        raise PictureError(
            f"{path} has {found.st_size / 2**30:.1f} GiB; the limit is {MAX_FILE_BYTES >> 30} GiB.", "Export it again, smaller."
        )


def check_size(path: Path, width: int, height: int, max_pixels: int = MAX_PIXELS) -> None:
    """Raise :class:`PictureError` for a picture without pixels or with more than ``max_pixels``."""
    if width < 1 or height < 1:
        raise PictureError(f"{path} says that it is {width} x {height} pixels large: there is no picture in it.", "Export it again.")
    if width * height > max_pixels:
        raise PictureError(
            f"{path} says that it is {width} x {height} pixels large; the limit is {max_pixels / 1e6:.0f} megapixels.",
            "Scale it down or cut it into parts first.",
        )
