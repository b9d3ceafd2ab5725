"""Reads HEIC and HEIF through pillow-heif (libheif), 8 to 12 bits.

libheif applies the rotation and mirror boxes itself; the EXIF orientation of such a file only repeats them (ISO/IEC 23008-12,
annex A.2.3), so it is not applied again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif

from aedesk.imaging import heif_items
from aedesk.imaging.boxes import boxes
from aedesk.imaging.cicp import Cicp
from aedesk.imaging.exif import Exif
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.samples import Pixels, divide_by_alpha, full_range

_OTHER_CODINGS = {
    b"unci": "an uncompressed HEIF file",
    b"avc1": "a HEIF file of H.264 (AVC) pictures",
    b"vvc1": "a HEIF file of H.266 (VVC) pictures",
    b"evc1": "a HEIF file of EVC pictures",
    b"av01": "a HEIF file of AV1 pictures",
    b"jpeg": "a HEIF file of JPEG pictures",
    b"j2k1": "a HEIF file of JPEG 2000 pictures",
}


def header(path: Path, page: int = 0) -> Header:
    file = _open(path)
    picture = file[_index(file, page)]
    exif = Exif.parse(picture.info.get("exif"))
    width, height = picture.size
    gray = picture.mode.startswith(("L", "I"))
    return Header(
        format="HEIC",
        width=width,
        height=height,
        channels=1 if gray else 3,
        has_alpha=picture.has_alpha,
        bit_depth=16 if picture.info["bit_depth"] > 8 else 8,
        icc=picture.info.get("icc_profile") or _signalled(picture.info.get("nclx_profile"), gray),
        exif=exif.block if exif else None,
        xmp=picture.info.get("xmp") or None,
        dpi=exif.dpi if exif else None,
        frames=len(file),
        page=page,
    )


def samples(path: Path, header: Header) -> Pixels:
    file = _open(path)
    picture = file[_index(file, header.page)]
    decoded = np.asarray(picture)
    decoded = decoded.reshape(header.height, header.width, header.channels + header.has_alpha)
    scaled = full_range(decoded, picture.info["bit_depth"]) if header.bit_depth == 16 else decoded
    if picture.premultiplied_alpha:
        scaled = scaled.copy()
        divide_by_alpha(scaled)
    return scaled


def _open(path: Path) -> Any:
    """Raises :class:`Unsupported` if libheif cannot decode what is inside."""
    content = path.read_bytes()
    items = heif_items.parse(content)
    if items is None and any(kind == b"moov" for kind, _, _ in boxes(content)):
        raise Unsupported("a HEIF video without a still picture", "Save a single picture of it in another program.")
    if items and items.coded.kind in _OTHER_CODINGS:
        raise Unsupported(_OTHER_CODINGS[items.coded.kind])
    return pillow_heif.open_heif(path, convert_hdr_to_8bit=False, hdr_to_16bit=False)


def _index(file: Any, page: int) -> int:
    """The primary picture is page 0, the others follow in their order."""
    primary = file.primary_index
    return int([primary, *(at for at in range(len(file)) if at != primary)][page])


def _signalled(nclx: dict[str, int] | None, gray: bool) -> bytes | None:
    return Cicp(nclx["color_primaries"], nclx["transfer_characteristics"]).profile(gray) if nclx else None
