"""Writes AVIF of 10 and 12 bits: imagecodecs (libavif, aom) codes the pixels, and the container is put together here.

Pillow codes 8 bits only; imagecodecs knows no metadata. So the coded pixels and their properties are taken out of imagecodecs' file and
go into a new one beside profile, EXIF and XMP (ISO/IEC 23008-12; AV1 Image File Format 1.2).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from aedesk.imaging import heif_items
from aedesk.imaging.boxes import box, full_box
from aedesk.imaging.cicp import UNSPECIFIED, Cicp
from aedesk.imaging.exif import Exif, with_dpi
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels

_SPEED = 6  # as Pillow
_PIXELS, _ALPHA, _EXIF, _XMP = 1, 2, 3, 4
_BT709, _BT601, _BT2020 = 1, 6, 9


@dataclass(frozen=True)
class _Item:
    """An item to write; ``of`` is the reference that ties it to the pixels."""

    number: int
    kind: bytes
    data: bytes
    name: bytes = b"\0"
    of: bytes = b""
    properties: tuple[tuple[bytes, bool], ...] = ()


def write(picture: Picture, file: BinaryIO, quality: int) -> None:
    """Write a picture of 16 bits with 10, for ``quality`` 100 with 12, and with all that it carries but IPTC and texts."""
    bits = 12 if quality == 100 else 10
    cicp = picture.cicp
    coded = _coded(_reduced(picture, bits), bits, quality, cicp, gray=picture.channels == 1)
    items = heif_items.parse(coded)
    if items is None or _PIXELS not in items.items:
        raise ValueError("the encoder gave no picture")
    exif = Exif.parse(with_dpi(picture.exif, picture.dpi))
    profile = None if cicp else picture.icc
    entries = [
        _image(coded, items.items[number], number, profile if number == _PIXELS else None)
        for number in (_PIXELS, _ALPHA)
        if number in items.items
    ]
    if exif:
        entries.append(_Item(_EXIF, b"Exif", bytes(4) + exif.without_orientation(), of=b"cdsc"))
    if picture.xmp:
        entries.append(_Item(_XMP, b"mime", picture.xmp, b"\0application/rdf+xml\0\0", b"cdsc"))
    file.write(_assembled(entries))


def _reduced(picture: Picture, bits: int) -> Pixels:
    """(H, W, 1 to 4) uint16 of ``bits`` bits, rounded."""
    stored = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
    top = (1 << bits) - 1
    full = int(np.iinfo(stored.dtype).max)
    table = ((np.arange(full + 1, dtype=np.uint64) * top + full // 2) // full).astype(np.uint16)
    reduced: Pixels = table[stored]
    return reduced


def _coded(samples: Pixels, bits: int, quality: int, cicp: Cicp | None, gray: bool) -> bytes:
    import imagecodecs

    alone = gray and samples.shape[2] == 1
    primaries, transfer = (cicp.primaries, cicp.transfer) if cicp else (1, 13)
    return bytes(
        imagecodecs.avif_encode(
            samples[:, :, 0] if alone else samples,
            level=quality,
            speed=_SPEED,
            bitspersample=bits,
            pixelformat="400" if gray else "444",
            primaries=primaries if cicp else UNSPECIFIED,
            transfer=transfer if cicp else UNSPECIFIED,
            matrix={9: _BT2020, 1: _BT709}.get(primaries if cicp else 0, _BT601),
        )
    )


def _image(coded: bytes, item: heif_items.Item, number: int, profile: bytes | None) -> _Item:
    data = b"".join(coded[start : start + length] for start, length in item.extents)
    properties = [(box(kind, content), essential) for kind, content, essential in item.properties]
    if profile:
        properties.append((box(b"colr", b"prof", profile), False))
    return _Item(number, b"av01", data, of=b"auxl" if number == _ALPHA else b"", properties=tuple(properties))


def _assembled(entries: list[_Item]) -> bytes:
    start = box(b"ftyp", b"avif", bytes(4), b"avif", b"mif1", b"miaf")
    places = [0] * len(entries)
    size = len(_meta(entries, places))
    at = len(start) + size + 8
    for index, entry in enumerate(entries):
        places[index] = at
        at += len(entry.data)
    return start + _meta(entries, places) + box(b"mdat", *(entry.data for entry in entries))


def _meta(entries: list[_Item], places: list[int]) -> bytes:
    """Always of the same size, whatever the places are."""
    known: list[bytes] = []
    association = b""
    for entry in entries:
        indices = b""
        for content, essential in entry.properties:
            if content not in known:
                known.append(content)
            indices += bytes([known.index(content) + 1 | (0x80 if essential else 0)])
        association += struct.pack(">HB", entry.number, len(indices)) + indices if indices else b""
    infos = [full_box(b"infe", 2, 0, struct.pack(">HH", entry.number, 0), entry.kind, entry.name) for entry in entries]
    references = [box(entry.of, struct.pack(">HHH", entry.number, 1, _PIXELS)) for entry in entries if entry.of]
    locations = [struct.pack(">HHHII", entry.number, 0, 1, place, len(entry.data)) for entry, place in zip(entries, places, strict=True)]
    images = sum(bool(entry.properties) for entry in entries)
    return full_box(
        b"meta", 0, 0,
        full_box(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
        full_box(b"pitm", 0, 0, struct.pack(">H", _PIXELS)),
        full_box(b"iloc", 0, 0, b"\x44\0", struct.pack(">H", len(entries)), *locations),
        full_box(b"iinf", 0, 0, struct.pack(">H", len(entries)), *infos),
        full_box(b"iref", 0, 0, *references) if references else b"",
        box(b"iprp", box(b"ipco", *known), full_box(b"ipma", 0, 0, struct.pack(">I", images), association)),
    )  # fmt: skip
