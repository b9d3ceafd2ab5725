"""Reads JPEG 2000 (ISO/IEC 15444-1) of 1 to 16 bits through imagecodecs, which uses OpenJPEG and its reference conversions.

Pillow uses OpenJPEG, too, but skews subsampled chroma of odd sizes, confuses palettes and loses bits beyond eight; it is asked only
for files whose channels have different depths.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aedesk.imaging import colour
from aedesk.imaging.exif import Exif, stored_orientation
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.jpeg2000_boxes import Jp2, parse
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels, divide_by_alpha, scaled, to_8_bit

_pillow = PillowReader("JPEG 2000")


def header(path: Path, page: int = 0) -> Header:
    found = parse(path.read_bytes())
    exif = Exif.parse(found.exif)
    return Header(
        format="JPEG 2000",
        width=found.width,
        height=found.height,
        channels=min(found.colours, 3),
        has_alpha=found.has_alpha,
        bit_depth=16 if found.bits > 8 and not found.cmyk else 8,
        orientation=stored_orientation(exif, found.xmp),
        icc=None if found.cmyk else found.icc,
        exif=exif.block if exif else None,
        xmp=found.xmp,
        dpi=found.dpi or (exif.dpi if exif else None),
        notes=("CMYK was converted to 8-bit sRGB.",) if found.cmyk else (),
    )


def samples(path: Path, header: Header) -> Pixels:
    found = parse(path.read_bytes())
    if found.palette is None and len(set(found.depths)) > 1:
        return _of_mixed_depths(path, header, found)
    stored = scaled(_decoded(found), found.bits)
    whole = np.ascontiguousarray(stored[:, :, : found.colours + found.has_alpha])
    if found.has_alpha and found.premultiplied:
        divide_by_alpha(whole)
    if found.cmyk:
        inks = to_8_bit(whole)
        rgb = colour.cmyk_to_srgb(inks[:, :, :4], found.icc)
        return np.dstack((rgb, inks[:, :, 4:])) if found.has_alpha else rgb
    return whole


def _decoded(found: Jp2) -> Pixels:
    import imagecodecs

    try:
        decoded: Pixels = imagecodecs.jpeg2k_decode(found.plain)
    except RuntimeError as error:
        if "subsampling" in str(error):
            raise Unsupported("a JPEG 2000 file with this kind of chroma subsampling") from error
        raise
    if decoded.dtype.kind == "i":  # signed samples are shown with their middle gray at zero
        decoded = (decoded.astype(np.int32) + (1 << found.bits - 1)).astype(f"u{decoded.dtype.itemsize}")
    return decoded.reshape(*decoded.shape[:2], -1)


def _of_mixed_depths(path: Path, header: Header, found: Jp2) -> Pixels:
    expected = (header.height, header.width, header.channels + header.has_alpha)
    if found.bits <= 8:
        decoded = _pillow.samples(path, header)
        if decoded.shape == expected:
            return decoded
    raise Unsupported("a JPEG 2000 file whose channels have different numbers of bits")
