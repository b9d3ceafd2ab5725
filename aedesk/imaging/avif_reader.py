"""Reads AVIF: Pillow for the metadata and 8 bits, imagecodecs for 10 and 12, which Pillow cuts down to 8. Both use libavif.

libavif 1.4 corrupts the heap with the tracks of some animations, so the first picture is decoded from the file without its tracks.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from PIL import Image

from aedesk.imaging import heif_items
from aedesk.imaging.boxes import boxes
from aedesk.imaging.exif import Exif
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.pillow_reader import PillowReader, samples_of
from aedesk.imaging.samples import Pixels, full_range

_pillow = PillowReader("AVIF")
_SEARCHED_BYTES = 1 << 20


def header(path: Path, page: int = 0) -> Header:
    found = _pillow.header(path, page)
    content = path.read_bytes()
    bits, gray = _depth(content)
    if bits > 8 and page:
        raise Unsupported(f"page {page + 1} of an AVIF animation of more than 8 bits", "Only its first picture can be read.")
    exif, items = Exif.parse(found.exif), heif_items.parse(content)
    cicp = items.picture.cicp if items else None
    # Pillow knows no gray with alpha.
    channels = 1 if gray and bits > 8 else found.channels
    return replace(
        found,
        channels=channels,
        bit_depth=16 if bits > 8 else 8,
        # Pillow tells rotation and mirror boxes as EXIF; what XMP says only repeats them.
        orientation=exif.orientation if exif else 1,
        icc=found.icc or (cicp.profile(gray=channels == 1) if cicp else None),
    )


def samples(path: Path, header: Header) -> Pixels:
    if header.page:
        return _pillow.samples(path, header)
    content = _as_still(path.read_bytes())
    if header.bit_depth == 8:
        with Image.open(io.BytesIO(content), formats=("AVIF",)) as image:
            image.load()
            return samples_of(image)
    import imagecodecs

    decoded: Pixels = imagecodecs.avif_decode(content, index=0)
    return full_range(decoded.reshape(header.height, header.width, -1), _depth(content)[0])


def _depth(content: bytes) -> tuple[int, bool]:
    """Bits per sample and whether the picture is gray, from its AV1 configuration box (AV1-ISOBMFF 1.2, section 2.3.3)."""
    items = heif_items.parse(content)
    box = (items.coded.find(b"av1C") if items else None) or content[content.find(b"av1C", 0, _SEARCHED_BYTES) + 4 :][:4]
    flags = box[2] if len(box) > 2 else 0
    high, twelve, monochrome = flags & 0x40, flags & 0x20, flags & 0x10
    return (12 if twelve else 10) if high else 8, bool(monochrome)


def _as_still(content: bytes) -> bytes:
    """The file as one of a single picture, where it has one beside its tracks: the brand of animations and the tracks taken out."""
    items = heif_items.parse(content)
    if items is None or not items.picture.kind:
        return content
    changed = bytearray(content)
    for kind, start, end in boxes(content):
        if kind == b"ftyp":
            changed[start:end] = content[start:end].replace(b"avis", b"avif").replace(b"msf1", b"mif1")
        elif kind == b"moov":
            at = content.rindex(b"moov", 0, start)
            changed[at : at + 4] = b"free"
    return bytes(changed)
