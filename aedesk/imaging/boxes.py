"""Boxes of ISO base media files (ISO/IEC 14496-12), which JPEG 2000 uses as well."""

from __future__ import annotations

import struct
from collections.abc import Iterator


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of every box between two positions; ends at the first that is cut off."""
    at, end = start, len(content) if end is None else end
    while at <= end - 8:
        size, kind, body = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8], at + 8
        if size == 1:
            size, body = int.from_bytes(content[at + 8 : at + 16], "big"), at + 16
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            return
        yield kind, body, at + size
        at += size


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of 32-bit size."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)
