"""Small pictures for lists. May run on any thread."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aedesk.imaging import failures, formats, io, jpeg_reader
from aedesk.imaging.display import to_display
from aedesk.imaging.exif import Exif, stored_orientation
from aedesk.imaging.orientation import upright
from aedesk.imaging.picture import Picture
from aedesk.imaging.pillow_reader import samples_of
from aedesk.imaging.samples import Pixels, on_white


def thumbnail(path: str | Path, edge_px: int) -> Pixels:
    """A picture file, small: as on the screen, upright, on white where it is transparent.

    A JPEG is decoded at an eighth, a quarter or half of its size (by dropping frequencies), whichever is the smallest that suffices.

    Returns:
        (h, w, 3) uint8, C-contiguous, whose longer edge is at most ``edge_px``.

    Raises:
        PictureError: as for ``io.read``.
    """
    path = Path(path)
    return small(_small_jpeg(path, edge_px) or io.read(path), edge_px)


def small(picture: Picture, edge_px: int) -> Pixels:
    """The same of a picture that is there already."""
    shown = to_display(picture, edge_px)
    return shown if shown.shape[2] == 3 else on_white(np.ascontiguousarray(shown[:, :, :3]), shown[:, :, 3])


def _small_jpeg(path: Path, edge_px: int) -> Picture | None:
    """A reduced JPEG, None if the file is no JPEG of 8 bits."""
    with failures.reading(path):
        with path.open("rb") as file:
            if formats.identify(path, file.read(formats.HEAD_BYTES)) != "JPEG":
                return None
        segments = jpeg_reader.checked(path)
        if segments.bits != 8:
            return None
        with jpeg_reader.pillow.open(path) as image:
            exif = Exif.parse(image.info.get("exif"))
            icc = None if image.mode == "CMYK" else image.info.get("icc_profile")
            image.draft(None, (edge_px, edge_px))
            image.load()
            samples = upright(samples_of(image), stored_orientation(exif, segments.xmp))
            return Picture(samples, icc=icc)
