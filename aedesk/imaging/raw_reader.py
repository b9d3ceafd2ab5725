"""Develops camera RAW through rawpy (LibRaw), if the extra ``raw`` is installed: 16-bit sRGB with the camera's white balance.

LibRaw turns the picture upright. EXIF comes from the file's own tags, because most kinds of RAW (DNG, NEF, CR2, ARW, PEF, ...) are
TIFF files on the outside; the others (CR3, RAF) come without.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aedesk.core.errors import PictureError
from aedesk.imaging.exif import Exif
from aedesk.imaging.header import Header
from aedesk.imaging.samples import Pixels
from aedesk.imaging.tags import TagFile


def header(path: Path, page: int = 0) -> Header:
    with _open(path) as raw:
        size = raw.sizes
        width, height = (size.height, size.width) if size.flip in (5, 6) else (size.width, size.height)
    exif = _exif(path)
    return Header("RAW", width, height, channels=3, has_alpha=False, bit_depth=16, exif=exif.block if exif else None)


def samples(path: Path, header: Header) -> Pixels:
    with _open(path) as raw:
        developed: Pixels = raw.postprocess(use_camera_wb=True, output_bps=16)
        return developed


def _open(path: Path) -> Any:
    try:
        import rawpy
    except ImportError as error:
        raise PictureError(
            f"{path} is a camera RAW file, and the library that develops them is not installed.", 'Run: pip install "aedesk[raw]"'
        ) from error
    return rawpy.imread(str(path))


def _exif(path: Path) -> Exif | None:
    with path.open("rb") as stream:
        try:
            file = TagFile(stream)
            return Exif.of_tiff(file.order, file.directory())
        except ValueError:
            return None
