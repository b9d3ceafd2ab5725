"""The marker segments in front of a JPEG picture (ITU-T T.81, annex B; JFIF 1.02; Adobe's and Exif's application segments)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from aedesk.imaging import iptc
from aedesk.imaging.failures import Unsupported

_EXIF, _XMP, _ICC, _PHOTOSHOP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0"
_SCAN, _COMMENT = 0xDA, 0xFE
_READABLE = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
_PROCESSES = {
    0xC3: "a lossless JPEG",
    0xC5: "a hierarchical JPEG",
    0xC6: "a hierarchical JPEG",
    0xC7: "a hierarchical lossless JPEG",
    0xCB: "a lossless JPEG with arithmetic coding",
    0xCD: "a hierarchical JPEG",
    0xCE: "a hierarchical JPEG",
    0xCF: "a hierarchical lossless JPEG",
    0xF7: "a JPEG-LS file",
}
_LARGEST_SEGMENT = 65_533
_CM_PER_INCH = 2.54


@dataclass(frozen=True)
class Segments:
    """What stands in front of the first scan. ``bits`` per sample; 0 components mean that no frame header was found."""

    width: int = 0
    height: int = 0
    components: int = 0
    bits: int = 8
    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    iptc: bytes | None = None
    comments: tuple[str, ...] = ()
    dpi: tuple[float, float] | None = None


def parse(file: BinaryIO) -> Segments:
    """Raises :class:`Unsupported` for coding processes that no library here decodes."""
    found: dict[bytes, bytes] = {}
    photoshop = profile = b""
    comments: list[str] = []
    frame: tuple[int, int, int, int] = (8, 0, 0, 0)
    for marker, content in _segments(file):
        if marker in _PROCESSES:
            raise Unsupported(_PROCESSES[marker])
        if marker in _READABLE and len(content) >= 6 and not frame[3]:
            frame = struct.unpack(">BHHB", content[:6])
        elif marker == _COMMENT:
            comments.append(_decoded(content))
        elif content.startswith(_PHOTOSHOP):
            photoshop += content[len(_PHOTOSHOP) :]
        elif content.startswith(_ICC):
            profile += content[len(_ICC) + 2 :]
        else:
            for start in (_EXIF, _XMP, b"JFIF\0"):
                if content.startswith(start):
                    found.setdefault(start, content[len(start) :])
    bits, height, width, components = frame
    return Segments(
        width, height, components, bits, found.get(_EXIF), found.get(_XMP), profile or None, iptc.resources(photoshop),
        tuple(comment for comment in comments if comment), _dpi(found.get(b"JFIF\0", b"")),
    )  # fmt: skip


def extra(resources: bytes | None, comments: list[str]) -> bytes:
    """Segments that hold IPTC and comments. What is longer than a segment goes into several."""
    room = _LARGEST_SEGMENT - len(_PHOTOSHOP)
    parts = [(resources or b"")[at : at + room] for at in range(0, len(resources or b""), room)]
    written = b"".join(_segment(0xED, _PHOTOSHOP + part) for part in parts)
    for comment in comments:
        encoded = comment.encode("utf-8")
        written += b"".join(_segment(_COMMENT, encoded[at : at + _LARGEST_SEGMENT]) for at in range(0, len(encoded), _LARGEST_SEGMENT))
    return written


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def _segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment up to the first scan."""
    file.seek(2)
    while True:
        byte = file.read(1)
        if byte != b"\xff":
            if not byte:
                return
            continue  # between segments anything may stand; decoders pass over it
        marker = 0xFF
        while marker == 0xFF:
            following = file.read(1)
            if not following:
                return
            marker = following[0]
        if marker == _SCAN:
            return
        if marker in (0, 1) or 0xD0 <= marker <= 0xD9:
            continue
        size = int.from_bytes(file.read(2), "big")
        if size < 2:
            return
        yield marker, file.read(size - 2)


def _decoded(comment: bytes) -> str:
    comment = comment.rstrip(b"\0")
    try:
        return comment.decode("utf-8")
    except UnicodeDecodeError:
        return comment.decode("latin-1")


def _dpi(jfif: bytes) -> tuple[float, float] | None:
    if len(jfif) < 7 or jfif[2] not in (1, 2):
        return None
    x, y = struct.unpack(">HH", jfif[3:7])
    factor = _CM_PER_INCH if jfif[2] == 2 else 1.0
    return (x * factor, y * factor) if x and y else None
