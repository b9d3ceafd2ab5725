"""Reads JPEG 2000 (ISO/IEC 15444-1): Pillow for 8 bits, imagecodecs for more, which Pillow cuts down in colour. Both use OpenJPEG.

Pillow leaves the metadata boxes alone, so they are read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from aedesk.imaging.exif import Exif
from aedesk.imaging.header import Header
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels, full_range

_pillow = PillowReader("JPEG 2000")
_EXIF_UUID = b"JpgTiffExif->JP2"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MAX_METADATA_BYTES = 64 << 20


def header(path: Path, page: int = 0) -> Header:
    with path.open("rb") as file:
        boxes = dict(_boxes(file, 0, file.seek(0, 2)))
        bits, components = _depth(file)
    exif = Exif.parse(boxes.get("exif"))
    found = _pillow.header(path) if bits <= 8 else _deep_header(path, components)
    return replace(
        found,
        orientation=exif.orientation if exif else 1,
        icc=boxes.get("icc"),
        exif=exif.block if exif else None,
        xmp=boxes.get("xmp"),
        dpi=found.dpi or (exif.dpi if exif else None),
    )


def _deep_header(path: Path, components: int) -> Header:
    with Image.open(path, formats=("JPEG2000",)) as image:
        return Header(
            format="JPEG 2000",
            width=image.width,
            height=image.height,
            channels=3 if components >= 3 else 1,
            has_alpha=components in (2, 4),
            bit_depth=16,
            dpi=image.info.get("dpi"),
        )


def samples(path: Path, header: Header) -> Pixels:
    if header.bit_depth == 8:
        return _pillow.samples(path, header)
    import imagecodecs

    decoded: Pixels = imagecodecs.jpeg2k_decode(path.read_bytes())
    with path.open("rb") as file:
        bits, _ = _depth(file)
    return full_range(decoded.reshape(header.height, header.width, -1), bits)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[str, bytes]]:
    """The metadata found in the boxes between two positions: "icc", "exif" and "xmp"."""
    at = start
    while at <= end - 8:
        file.seek(at)
        head = file.read(16)
        size, kind, body = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            return
        if kind == b"jp2h":
            yield from _boxes(file, body, at + size)
        elif kind in (b"colr", b"uuid") and size <= _MAX_METADATA_BYTES:
            file.seek(body)
            data = file.read(at + size - body)
            if kind == b"colr" and data[:1] == b"\x02":
                yield "icc", data[3:]
            elif data.startswith(_EXIF_UUID):
                yield "exif", data[16:]
            elif data.startswith(_XMP_UUID):
                yield "xmp", data[16:]
        at += size


def _depth(file: BinaryIO) -> tuple[int, int]:
    """Bits of the first component and number of components, from the SIZ marker that opens the codestream (A.5.1).

    Raises:
        ValueError: there is none, or the samples are signed or of more than 16 bits.
    """
    file.seek(0)
    start = file.read(_MAX_METADATA_BYTES)
    at = start.find(b"\xff\x4f\xff\x51")
    siz = start[at + 4 : at + 4 + 39]
    if at < 0 or len(siz) < 39:
        raise ValueError("its codestream is missing")
    components, depth = int.from_bytes(siz[36:38], "big"), siz[38]
    if depth & 0x80 or depth > 15:
        raise ValueError("its samples are signed or have more than 16 bits")
    return depth + 1, components
