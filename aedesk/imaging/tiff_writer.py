"""Writes TIFF 6.0: 8 or 16 bits, gray or RGB, straight alpha, deflate with horizontal differences.

Written here rather than by tifffile or libtiff for two reasons. Strips are compressed one by one, so memory stays at some
strips. And the EXIF block becomes the *beginning* of the file, so that every offset in it still holds, also those in makers' notes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import numpy as np

from aedesk.imaging import iptc, tags, tiff_tags
from aedesk.imaging.exif import ORIENTATION, Exif, resolution_tags
from aedesk.imaging.picture import Picture
from aedesk.imaging.tags import Tag

_STRIP_BYTES = 1 << 20
_STRIPS_AT_ONCE = 8
_LEVEL = 3  # twice as fast as 6, and within 2 % of its size
_BYTE, _SHORT, _LONG, _UNDEFINED = 1, 3, 4, 7


def write(pictures: Iterable[Picture], file: BinaryIO) -> None:
    """Write pictures as the pages of one file, with all that they carry but texts, and the EXIF and GPS directories of later pages.

    Raises:
        ValueError: the file would be larger than 4 GiB, where TIFF ends.
    """
    order, link = "<", 4
    for index, picture in enumerate(pictures):
        exif = Exif.parse(picture.exif)
        if index == 0:
            order = exif.order if exif else "<"
            start = exif.block if exif else (b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
            file.write(start + b"\0" * (len(start) % 2))
        elif exif:
            for pointer in (tags.EXIF_POINTER, tags.GPS_POINTER):
                exif.main.tags.pop(pointer, None)  # offsets into a block that is not the beginning of this file
        link = _write_page(picture, exif if exif and exif.order == order else None, order, link, file)


def _write_page(picture: Picture, exif: Exif | None, order: str, link: int, file: BinaryIO) -> int:
    """Write strips and directory of a page at the end of the file, let ``link`` point there, and return where the next link stands."""
    rows = max(1, _STRIP_BYTES // (picture.pixels[0].nbytes + (0 if picture.alpha is None else picture.alpha[0].nbytes)))
    offsets, sizes = [], []
    for strip in _compressed_strips(picture, order, rows):
        offsets.append(file.tell())
        sizes.append(len(strip))
        file.write(strip + b"\0" * (len(strip) % 2))
    described = {} if exif is None else {number: tag for number, tag in exif.main.tags.items() if number not in tiff_tags.STRUCTURE}
    stored = described | _structure(picture, order, rows, offsets, sizes)
    at = file.tell()
    directory = tags.pack_directory(order, stored.items(), at)
    file.write(directory + b"\0" * (len(directory) % 2))
    end = file.tell()
    file.seek(link)
    file.write(Tag.of(order, _LONG, at).value)
    file.seek(end)
    return at + 2 + 12 * len(stored)


def _structure(picture: Picture, order: str, rows: int, offsets: list[int], sizes: list[int]) -> dict[int, Tag]:
    channels = picture.channels + (picture.alpha is not None)

    def short(*values: int) -> Tag:
        return Tag.of(order, _SHORT, *values)

    def long(*values: int) -> Tag:
        return Tag.of(order, _LONG, *values)

    found = {
        tiff_tags.WIDTH: long(picture.width),
        tiff_tags.HEIGHT: long(picture.height),
        tiff_tags.BITS: short(*[picture.bit_depth] * channels),
        tiff_tags.COMPRESSION: short(tiff_tags.DEFLATE),
        tiff_tags.PHOTOMETRIC: short(tiff_tags.RGB if picture.channels == 3 else tiff_tags.GRAY),
        tiff_tags.STRIP_OFFSETS: long(*offsets),
        ORIENTATION: short(1),
        tiff_tags.SAMPLES_PER_PIXEL: short(channels),
        tiff_tags.ROWS_PER_STRIP: long(rows),
        tiff_tags.STRIP_SIZES: long(*sizes),
        tiff_tags.PLANAR: short(tiff_tags.CONTIGUOUS),
        tiff_tags.PREDICTOR: short(tiff_tags.HORIZONTAL),
        tiff_tags.SAMPLE_FORMAT: short(*[tiff_tags.UNSIGNED] * channels),
    }
    if picture.alpha is not None:
        found[tiff_tags.EXTRA_SAMPLES] = short(tiff_tags.STRAIGHT)
    if picture.dpi is not None:
        found |= resolution_tags(order, picture.dpi)
    if picture.icc:
        found[tiff_tags.ICC] = Tag(_UNDEFINED, len(picture.icc), picture.icc, order)
    if picture.iptc:
        found[tiff_tags.PHOTOSHOP] = Tag(_BYTE, len(picture.iptc), picture.iptc, order)
        if caption := iptc.caption(picture.iptc):
            found[tiff_tags.IPTC] = Tag(_UNDEFINED, len(caption), caption, order)
    if picture.xmp:
        found[tiff_tags.XMP] = Tag(_BYTE, len(picture.xmp), picture.xmp, order)
    return found


def _compressed_strips(picture: Picture, order: str, rows: int) -> Iterator[bytes]:
    """Strips in order, a few compressed at once (zlib lets go of the interpreter lock)."""

    def compress(top: int) -> bytes:
        strip = picture.pixels[top : top + rows]
        if picture.alpha is not None:
            strip = np.dstack((strip, picture.alpha[top : top + rows]))
        differences = np.empty(strip.shape, f"{order}u{strip.dtype.itemsize}")
        differences[:, :1] = strip[:, :1]
        np.subtract(strip[:, 1:], strip[:, :-1], out=differences[:, 1:])
        return zlib.compress(differences.tobytes(), _LEVEL)

    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="tiff") as pool:
        for top in range(0, picture.height, rows * _STRIPS_AT_ONCE):
            yield from pool.map(compress, range(top, min(top + rows * _STRIPS_AT_ONCE, picture.height), rows))
