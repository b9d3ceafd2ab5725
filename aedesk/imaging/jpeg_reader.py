"""Reads JPEG: 8 bits through Pillow, 12 bits, which Pillow does not know, through imagecodecs. Both use libjpeg-turbo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aedesk.imaging import jpeg_segments
from aedesk.imaging.exif import Exif, stored_orientation
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.jpeg_segments import Segments
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels, full_range

pillow = PillowReader("JPEG")
_MAX_PIXELS_PER_BYTE = 1024
_MAX_SCANNED_PIXELS = 20_000_000_000
_PROGRESSIVE = (b"\xff\xc2", b"\xff\xca")


def header(path: Path, page: int = 0) -> Header:
    segments = checked(path)
    found = pillow.header(path, page) if segments.bits == 8 else _deep_header(segments)
    return replace(found, iptc=segments.iptc, text=tuple(("Comment", comment) for comment in segments.comments))


def samples(path: Path, header: Header) -> Pixels:
    if header.bit_depth == 8:
        return pillow.samples(path, header)
    import imagecodecs

    decoded: Pixels = imagecodecs.jpeg8_decode(path.read_bytes())
    return full_range(decoded.reshape(header.height, header.width, header.channels), 12)


def checked(path: Path) -> Segments:
    """The segments, after refusing what libjpeg would fill with gray for minutes.

    Even a picture of one colour takes a bit per block of 8 x 8 (half of one is asked for here). A progressive JPEG goes over all pixels
    once per scan, about ten times; hostile ones have thousands of empty scans.

    Raises:
        Unsupported: it is coded in a way or has a depth that cannot be decoded.
        ValueError: the file is too short for its size, or has too many scans.
    """
    with path.open("rb") as file:
        found = jpeg_segments.parse(file)
    if found.bits not in (8, 12):
        raise Unsupported(f"a JPEG of {found.bits} bits")
    if found.bits == 12 and found.components not in (1, 3):
        raise Unsupported("a 12-bit JPEG that is neither gray nor colour")
    pixels = found.width * found.height
    if path.stat().st_size * _MAX_PIXELS_PER_BYTE < pixels:
        raise ValueError("its pixels are missing")
    content = path.read_bytes()
    if any(marker in content for marker in _PROGRESSIVE):
        scans = content.count(b"\xff\xda")
        if scans * pixels > _MAX_SCANNED_PIXELS:
            raise ValueError(f"{scans} scans of {found.width} x {found.height} pixels")
    return found


def _deep_header(segments: Segments) -> Header:
    exif = Exif.parse(segments.exif)
    return Header(
        format="JPEG",
        width=segments.width,
        height=segments.height,
        channels=segments.components,
        has_alpha=False,
        bit_depth=16,
        orientation=stored_orientation(exif, segments.xmp),
        icc=segments.icc,
        exif=exif.block if exif else None,
        xmp=segments.xmp,
        dpi=segments.dpi or (exif.dpi if exif else None),
    )
