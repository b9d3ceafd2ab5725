"""Results that take no memory while they are not used.

The pixels are written to an unnamed file, which is mapped into memory: the operating system keeps the pages that are in use and drops
the others. The file disappears with the last use of the picture, also after a crash. The system's folder for temporary files would
not do, because it is often in memory itself.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np

from aedesk.imaging.picture import Picture

log = logging.getLogger(__name__)

MIN_BYTES = 1 << 20
"""Smaller results stay in memory."""


def move_to_disk(picture: Picture, folder: Path) -> Picture:
    """Returns the same picture with its pixels in a file in ``folder``, or the picture itself if the disk is full. Any thread."""
    pixels = picture.pixels
    if pixels.nbytes < MIN_BYTES:
        return picture
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix="result-") as file:
            file.write(pixels.data.cast("B"))  # written instead of mapped: a full disk is an error here, and a crash there
            file.flush()
            mapped = np.memmap(file, dtype=pixels.dtype, mode="r", shape=pixels.shape)
    except OSError as error:
        log.warning("A result stays in memory: %s", error)
        return picture
    return picture.with_pixels(np.asarray(mapped))
