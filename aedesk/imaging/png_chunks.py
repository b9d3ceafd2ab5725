"""The chunks of a PNG file (ISO/IEC 15948:2025, clause 5)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and size of each chunk, while the file stands at the chunk's content.

    Raises:
        ValueError: a chunk or the end is missing.
    """
    end = file.seek(0, 2)
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("not a PNG file")
    at, name = len(SIGNATURE), b""
    while name != b"IEND":
        file.seek(at)
        head = file.read(8)
        size, name = int.from_bytes(head[:4], "big"), head[4:]
        at += 8 + size + 4
        if len(head) < 8 or at > end:
            raise ValueError("it ends too early")
        yield name, size


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))
