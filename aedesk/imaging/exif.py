"""EXIF blocks: read the orientation and the resolution, reset the one, add the other, and leave every other byte as it is.

Patching in place matters: makers' notes hold offsets into the block, so a block that is taken apart and put together again
(as Pillow does) loses lens names and focus points.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass

from aedesk.imaging import tags, tiff_tags
from aedesk.imaging.tags import Directory, Tag, TagFile

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_CM_PER_INCH = 2.54
_INTEGERS = (1, 3, 4)
_LAST_CLASSIC_TYPE = 13
_XMP_ORIENTATION = re.compile(rb"\btiff:Orientation\s*=\s*[\"']([1-8])[\"']|<tiff:Orientation>\s*([1-8])\s*</tiff:Orientation>")


@dataclass(frozen=True)
class Exif:
    """A block that could be read. ``block`` has no ``Exif\\0\\0`` prefix."""

    block: bytes
    order: str
    main: Directory

    @classmethod
    def parse(cls, block: bytes | None) -> Exif | None:
        """None if there is no block, or one so damaged that nothing can be found in it."""
        if not block:
            return None
        block = block.removeprefix(b"Exif\0\0")
        try:
            file = TagFile(io.BytesIO(block))
            return None if file.big else cls(block, file.order, file.directory())
        except ValueError:
            return None

    @classmethod
    def of_tiff(cls, order: str, main: Directory) -> Exif | None:
        """The tags of a TIFF file that describe the picture, as a block; None if there is nothing but orientation and resolution."""
        kept = {number: tag for number, tag in main.tags.items() if number not in tiff_tags.STRUCTURE and tag.type <= _LAST_CLASSIC_TYPE}
        if not main.below and not kept.keys() - {ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT}:
            return None
        return cls.parse(tags.pack(order, Directory(kept, main.below)))

    @property
    def orientation(self) -> int:
        """1 to 8; 1 if there is none or it makes no sense."""
        return orientation_of(self.main)

    @property
    def dpi(self) -> tuple[float, float] | None:
        return dpi_of(self.main)

    def upright(self) -> bytes:
        """The block with the orientation 1 (where it had one)."""
        tag = self.main.tags.get(ORIENTATION)
        if tag is None or tag.type not in _INTEGERS:
            return self.block
        one = Tag.of(self.order, tag.type, 1).value
        return self.block[: tag.position] + one + self.block[tag.position + len(one) :]

    def without_orientation(self) -> bytes:
        """The block with the orientation's entry closed up, for containers that turn pictures by means of their own (AVIF)."""
        code = f"{self.order}H"
        (start,) = struct.unpack_from(f"{self.order}I", self.block, 4)
        (count,) = struct.unpack_from(code, self.block, start)
        table, end = start + 2, start + 2 + 12 * count
        entries = [self.block[at : at + 12] for at in range(table, min(end, len(self.block)), 12)]
        kept = [entry for entry in entries if entry[:2] != struct.pack(code, ORIENTATION)]
        if len(kept) == len(entries):
            return self.block
        closed_up = b"".join(kept) + self.block[end : end + 4] + bytes(12 * (len(entries) - len(kept)))
        return self.block[:start] + struct.pack(code, len(kept)) + closed_up + self.block[end + 4 :]


def orientation_of(directory: Directory) -> int:
    """1 to 8 of a directory; 1 if there is none or it makes no sense."""
    tag = directory.tags.get(ORIENTATION)
    value = int(directory.number(ORIENTATION, 1)) if tag and tag.type in _INTEGERS else 1
    return value if 1 <= value <= 8 else 1


def stored_orientation(exif: Exif | None, xmp: bytes | None) -> int:
    """1 to 8, from the EXIF block or, if that has no valid orientation tag, from ``tiff:Orientation`` in the XMP packet; otherwise 1."""
    tag = exif.main.tags.get(ORIENTATION) if exif else None
    if exif and tag and tag.type in _INTEGERS and 1 <= exif.main.number(ORIENTATION) <= 8:
        return exif.orientation
    found = _XMP_ORIENTATION.search(xmp) if xmp else None
    return int(found[1] or found[2]) if found else 1


def dpi_of(directory: Directory) -> tuple[float, float] | None:
    """Resolution in pixels per inch of a directory that has it with an absolute unit (inch, the default, or centimetre)."""
    x, y = directory.number(X_RESOLUTION), directory.number(Y_RESOLUTION)
    unit = directory.number(RESOLUTION_UNIT, 2)
    if x <= 0 or y <= 0 or unit not in (2, 3):
        return None
    factor = _CM_PER_INCH if unit == 3 else 1.0
    return (x * factor, y * factor)


def resolution_tags(order: str, dpi: tuple[float, float]) -> dict[int, Tag]:
    """The three tags that say ``dpi``, exact to a ten-thousandth."""
    x, y = (min(max(round(value * 10_000), 1), 2**32 - 1) for value in dpi)
    return {
        X_RESOLUTION: Tag.of(order, 5, x, 10_000),
        Y_RESOLUTION: Tag.of(order, 5, y, 10_000),
        RESOLUTION_UNIT: Tag.of(order, 3, 2),
    }


def with_dpi(block: bytes | None, dpi: tuple[float, float] | None) -> bytes | None:
    """The block, saying ``dpi``: for the containers that have no other place for it. Without ``dpi`` or need it stays as it is."""
    exif = Exif.parse(block)
    if dpi is None or (exif and exif.dpi and all(abs(a - b) < 0.01 for a, b in zip(exif.dpi, dpi, strict=True))):
        return block
    if exif is None:
        return tags.pack("<", Directory(resolution_tags("<", dpi)))
    # The old block stays in front, so that offsets inside makers' notes still hold; only the main directory is written anew.
    start = exif.block + b"\0" * (len(exif.block) % 2)
    main = exif.main.tags | resolution_tags(exif.order, dpi)
    offset = Tag.of(exif.order, 4, len(start)).value
    return start[:4] + offset + start[8:] + tags.pack_directory(exif.order, main.items(), len(start))


def upright_xmp(xmp: bytes | None) -> bytes | None:
    """The packet with ``tiff:Orientation`` 1 (where it had one), because some programs believe it rather than EXIF."""
    if xmp is None:
        return None
    xmp = re.sub(rb"(\btiff:Orientation\s*=\s*[\"'])[2-8]([\"'])", rb"\g<1>1\2", xmp)
    return re.sub(rb"(<tiff:Orientation>\s*)[2-8](\s*</tiff:Orientation>)", rb"\g<1>1\2", xmp)
