"""Reads AVIF: Pillow for the metadata and 8 bits, imagecodecs for 10 and 12, which Pillow cuts down to 8. Both use libavif."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aedesk.imaging.header import Header
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels, full_range

_pillow = PillowReader("AVIF")
_SEARCHED_BYTES = 1 << 20


def header(path: Path, page: int = 0) -> Header:
    found = _pillow.header(path)
    return replace(found, bit_depth=16) if _bits(path) > 8 else found


def samples(path: Path, header: Header) -> Pixels:
    if header.bit_depth == 8:
        return _pillow.samples(path, header)
    import imagecodecs

    decoded: Pixels = imagecodecs.avif_decode(path.read_bytes(), index=0)
    return full_range(decoded.reshape(header.height, header.width, -1), _bits(path))


def _bits(path: Path) -> int:
    """Depth in the AV1 configuration box, which stands near the beginning (AV1-ISOBMFF 1.2, section 2.3.3)."""
    with path.open("rb") as file:
        start = file.read(_SEARCHED_BYTES)
    at = start.find(b"av1C")
    flags = start[at + 6] if 0 <= at < len(start) - 6 else 0
    high, twelve = flags & 0x40, flags & 0x20
    return (12 if twelve else 10) if high else 8
