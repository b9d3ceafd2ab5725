"""Results that stay small in memory however many there are.

A result is written to an unnamed file and mapped: the system keeps in memory what is looked at and lets go of the rest by itself, so
the rest of the program need not know. The file vanishes with the last use of the picture, also after a crash. The system's folder for
temporary files is no place for it: it often lies in memory itself.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np

from aedesk.imaging.picture import Picture

log = logging.getLogger(__name__)

MIN_BYTES = 1 << 20
"""Smaller results are not worth a file."""


def park(picture: Picture, folder: Path) -> Picture:
    """The same picture with its pixels in a file of ``folder``. Any thread.

    Where that is not possible (a full disk), the picture itself: it only costs memory.
    """
    pixels = picture.pixels
    if pixels.nbytes < MIN_BYTES:
        return picture
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix="result-") as file:
            file.write(pixels.data.cast("B"))  # written and not only mapped: a full disk is an error here, a crash there
            file.flush()
            mapped = np.memmap(file, dtype=pixels.dtype, mode="r", shape=pixels.shape)
    except OSError as error:
        log.warning("A result stays in memory: %s", error)
        return picture
    return picture.with_pixels(np.asarray(mapped))
