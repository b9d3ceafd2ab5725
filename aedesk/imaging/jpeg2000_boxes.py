"""The boxes of a JP2 file (ISO/IEC 15444-1, annex I): metadata, and what the channels of the codestream mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aedesk.imaging.boxes import boxes
from aedesk.imaging.colour import colour_space
from aedesk.imaging.failures import Unsupported

GRAY, RGB, SYCC, CMYK = 17, 16, 18, 12
_OTHER_SPACES = {
    0: "bi-level",
    1: "YCbCr (1)",
    3: "YCbCr (2)",
    4: "YCbCr (3)",
    9: "PhotoYCC",
    11: "CMY",
    13: "YCCK",
    14: "CIELab",
    19: "CIEJab",
    20: "e-sRGB",
    21: "ROMM-RGB",
    24: "e-sYCC",
}
_EXIF_UUID = b"JpgTiffExif->JP2"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_START = b"\xff\x4f\xff\x51"
_METRES_PER_INCH = 0.0254


@dataclass(frozen=True)
class Jp2:
    """What the boxes and the start of the codestream say.

    Args:
        width, height, depths: of the codestream; bits of each component.
        palette: bits and number of the palette's columns that become channels, None without a palette.
        space: enumerated colour space, None if a profile or nothing says it.
        opacity: the kinds of opacity channels (1 straight, 2 premultiplied) in the order of their definition.
        plain: the file without its ICC profiles, which imagecodecs would apply while it decodes.
    """

    width: int
    height: int
    depths: tuple[int, ...]
    palette: tuple[int, int] | None
    space: int | None
    opacity: tuple[int, ...]
    icc: bytes | None
    exif: bytes | None
    xmp: bytes | None
    dpi: tuple[float, float] | None
    plain: bytes

    @property
    def stored_channels(self) -> int:
        return self.palette[1] if self.palette else len(self.depths)

    @property
    def bits(self) -> int:
        return self.palette[0] if self.palette else max(self.depths)

    @property
    def cmyk(self) -> bool:
        return self.space == CMYK or (self.space is None and colour_space(self.icc) == "CMYK")

    @property
    def colours(self) -> int:
        """Channels that are colour: the first ones, because OpenJPEG puts them in order. A fourth beside RGB, or a second beside gray, is
        opacity even if no box says so."""
        if self.cmyk:
            return 4
        return 3 if self.stored_channels - len(self.opacity) >= 3 else 1

    @property
    def has_alpha(self) -> bool:
        return self.stored_channels > self.colours and (bool(self.opacity) or self.stored_channels == self.colours + 1)

    @property
    def premultiplied(self) -> bool:
        return self.opacity[:1] == (2,)


def parse(content: bytes) -> Jp2:
    """Raises :class:`Unsupported` for other colour spaces and depths, ValueError if there is no codestream."""
    at = content.find(_START)
    if at < 0 or len(content) < at + 42:
        raise ValueError("its codestream is missing")
    width, height, depths = _size(content[at:])
    found: dict[bytes, bytes] = {}
    profiles = []
    for kind, start, end in _header_boxes(content, 0, at if content[4:8] == b"jP  " else 0):
        body = content[start:end]
        if kind == b"colr" and body[:1] == b"\x02":
            profiles.append((start, body))
        elif kind == b"uuid":
            found.setdefault(body[:16], body[16:])
        elif kind != b"colr" or body[:1] == b"\x01":
            found.setdefault(kind, body)
    colour = found.get(b"colr", b"")
    space = int.from_bytes(colour[3:7], "big") if colour and not profiles else None
    if space in _OTHER_SPACES or (space is not None and space not in (GRAY, RGB, SYCC, CMYK)):
        raise Unsupported(f"a JPEG 2000 file in the colour space {_OTHER_SPACES.get(space, space)}")
    palette = found.get(b"pclr")
    return Jp2(
        width=width,
        height=height,
        depths=depths,
        palette=((palette[3] & 0x7F) + 1, len(found.get(b"cmap", b"")) // 4 or palette[2]) if palette and len(palette) > 3 else None,
        space=space,
        opacity=_opacity(found.get(b"cdef", b"")),
        icc=profiles[0][1][3:] if profiles else None,
        exif=found.get(_EXIF_UUID),
        xmp=found.get(_XMP_UUID),
        dpi=_dpi(found.get(b"resd") or found.get(b"resc")),
        plain=_without(content, [start for start, _ in profiles]),
    )


def _header_boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes between two positions, those inside jp2h and res instead of these."""
    for kind, body, after in boxes(content, start, end):
        if kind in (b"jp2h", b"res "):
            yield from _header_boxes(content, body, after)
        else:
            yield kind, body, after


def _size(codestream: bytes) -> tuple[int, int, tuple[int, ...]]:
    """Width, height and depths from the SIZ marker segment (A.5.1)."""
    right, bottom, left, top = (int.from_bytes(codestream[at : at + 4], "big") for at in (8, 12, 16, 20))
    count = int.from_bytes(codestream[40:42], "big")
    codes = codestream[42 : 42 + 3 * count : 3]
    if not count or len(codes) < count:
        raise ValueError("its codestream is incomplete")
    depths = tuple((code & 0x7F) + 1 for code in codes)
    if max(depths) > 16:
        raise Unsupported(f"a JPEG 2000 file with {max(depths)} bits per sample")
    return right - left, bottom - top, depths


def _opacity(definitions: bytes) -> tuple[int, ...]:
    """Types of the opacity channels in a channel definition box (I.5.3.6)."""
    entries = (definitions[at : at + 6] for at in range(2, len(definitions) - 5, 6))
    return tuple(entry[3] for entry in entries if entry[2:4] in (b"\0\1", b"\0\2"))


def _dpi(resolution: bytes | None) -> tuple[float, float] | None:
    if resolution is None or len(resolution) < 10:
        return None
    numbers = [int.from_bytes(resolution[at : at + 2], "big") for at in range(0, 8, 2)]
    exponents = [int.from_bytes(resolution[at : at + 1], "big", signed=True) for at in (8, 9)]
    if not all(numbers) or max(map(abs, exponents)) > 12:
        return None
    vertical, horizontal = (numbers[2 * at] / numbers[2 * at + 1] * 10 ** exponents[at] * _METRES_PER_INCH for at in (0, 1))
    return (round(horizontal, 2), round(vertical, 2))


def _without(content: bytes, profiles: list[int]) -> bytes:
    """The same file with each colour specification box at these positions made one that no decoder knows (method 255)."""
    changed = bytearray(content)
    for start in profiles:
        changed[start] = 255
    return bytes(changed)
