"""Reads HEIC and HEIF through pillow-heif (libheif), 8 to 12 bits.

libheif applies the rotation and mirror boxes itself; the EXIF orientation of such a file only repeats them (ISO/IEC 23008-12,
annex A.2.3), so it is not applied again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow_heif

from aedesk.imaging.exif import Exif
from aedesk.imaging.header import Header
from aedesk.imaging.samples import Pixels, divide_by_alpha, full_range


def header(path: Path, page: int = 0) -> Header:
    file = _open(path)
    exif = Exif.parse(file.info.get("exif"))
    width, height = file.size
    return Header(
        format="HEIC",
        width=width,
        height=height,
        channels=1 if file.mode.startswith(("L", "I")) else 3,
        has_alpha=file.has_alpha,
        bit_depth=16 if file.info["bit_depth"] > 8 else 8,
        icc=file.info.get("icc_profile") or None,
        exif=exif.block if exif else None,
        xmp=file.info.get("xmp") or None,
        dpi=exif.dpi if exif else None,
        frames=len(file),
    )


def samples(path: Path, header: Header) -> Pixels:
    file = _open(path)
    decoded = np.asarray(file[file.primary_index])
    decoded = decoded.reshape(header.height, header.width, header.channels + header.has_alpha)
    scaled = full_range(decoded, file.info["bit_depth"]) if header.bit_depth == 16 else decoded
    if file.premultiplied_alpha:
        scaled = scaled.copy()
        divide_by_alpha(scaled)
    return scaled


def _open(path: Path) -> pillow_heif.HeifFile:
    return pillow_heif.open_heif(path, convert_hdr_to_8bit=False, hdr_to_16bit=False)
