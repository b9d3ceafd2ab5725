"""PNG of every depth (ISO/IEC 15948:2025), with its metadata chunks.

Pixels go through imagecodecs (libpng), metadata chunks are read and written here. Pillow has no 16-bit colour. The candidates
for that: opencv-python-headless (61 MB wheel, no 16-bit gray with alpha, errors only on stderr), pypng (pure Python, some
hundred times slower, last release in 2022), imagecodecs (26 MB wheel, released several times a year, errors are exceptions,
also opens LZW TIFF and 10-bit AVIF). So it is imagecodecs.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from aedesk.imaging.exif import Exif
from aedesk.imaging.header import Header
from aedesk.imaging.limits import check_size
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}  # after reading, by colour type; 3 is a palette
_STORED = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_METADATA = frozenset((b"IHDR", b"tRNS", b"iCCP", b"eXIf", b"iTXt", b"pHYs", b"acTL"))
_PIXELS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
_MAX_METADATA_BYTES = 64 << 20
_XMP_KEY = b"XML:com.adobe.xmp"
_METRES_PER_INCH = 0.0254
_MAX_EDGE_PX = 1_000_000  # libpng's own limit
_LEVEL = 3  # twice as fast as 6, and within 2 % of its size


def header(path: Path, page: int = 0) -> Header:
    with path.open("rb") as file:
        chunks: dict[bytes, bytes] = {}
        compressed = kept = 0
        for name, size in _chunks(file):
            if name == b"IDAT":
                compressed += size
            elif name in _METADATA:
                kept += size
                if kept > _MAX_METADATA_BYTES:
                    raise ValueError("its metadata is larger than 64 MiB")
                data = file.read(size)
                if name != b"iTXt" or data.startswith(_XMP_KEY + b"\0"):
                    chunks.setdefault(name, data)
    width, height, depth, colour_type, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if colour_type not in _CHANNELS:
        raise ValueError(f"colour type {colour_type} does not exist")
    check_size(path, width, height, max_pixels=_MAX_EDGE_PX**2)
    _check_compressed(height * (1 + (width * depth * _STORED[colour_type] + 7) // 8), compressed)
    exif = Exif.parse(chunks.get(b"eXIf"))
    return Header(
        format="PNG",
        width=width,
        height=height,
        channels=_CHANNELS[colour_type],
        has_alpha=colour_type in (4, 6) or b"tRNS" in chunks,
        bit_depth=16 if depth == 16 else 8,
        orientation=exif.orientation if exif else 1,
        icc=_profile(chunks.get(b"iCCP")),
        exif=exif.block if exif else None,
        xmp=_xmp(chunks.get(b"iTXt")),
        dpi=_dpi(chunks.get(b"pHYs")) or (exif.dpi if exif else None),
        frames=max(1, int.from_bytes(chunks.get(b"acTL", b"")[:4], "big")),
    )


def samples(path: Path, header: Header) -> Pixels:
    """libpng sees nothing but the pixels' own chunks: it would print its opinion on the others to the terminal."""
    import imagecodecs

    with path.open("rb") as file:
        stream = bytearray(_SIGNATURE)
        for name, size in _chunks(file):
            if name in _PIXELS:
                file.seek(-8, 1)
                stream += file.read(8 + size + 4)
    decoded: Pixels = imagecodecs.png_decode(stream)
    return decoded.reshape(header.height, header.width, header.channels + header.has_alpha)


def write(picture: Picture, file: BinaryIO) -> None:
    """Write a picture of 8 or 16 bits with all that it carries; nothing is lost."""
    import imagecodecs

    stored = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
    encoded = memoryview(imagecodecs.png_encode(stored, level=_LEVEL))
    after_header = len(_SIGNATURE) + 12 + 13
    file.write(encoded[:after_header])
    if picture.icc:
        _write_chunk(file, b"iCCP", b"ICC profile\0\0" + zlib.compress(picture.icc))
    if picture.dpi:
        x, y = (min(max(round(value / _METRES_PER_INCH), 1), 2**31 - 1) for value in picture.dpi)
        _write_chunk(file, b"pHYs", struct.pack(">IIB", x, y, 1))
    if picture.exif:
        _write_chunk(file, b"eXIf", picture.exif)
    if picture.xmp:
        _write_chunk(file, b"iTXt", _XMP_KEY + b"\0\0\0\0\0" + picture.xmp)
    file.write(encoded[after_header:])


def _write_chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and size of each chunk, while the file stands at the chunk's content.

    Raises:
        ValueError: a chunk or the end is missing.
    """
    end = file.seek(0, 2)
    file.seek(0)
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        raise ValueError("not a PNG file")
    at, name = len(_SIGNATURE), b""
    while name != b"IEND":
        file.seek(at)
        head = file.read(8)
        size, name = int.from_bytes(head[:4], "big"), head[4:]
        at += 8 + size + 4
        if len(head) < 8 or at > end:
            raise ValueError("it ends too early")
        yield name, size


def _check_compressed(raw: int, compressed: int) -> None:
    """Deflate shrinks by 1032 at most and never grows much, so a file that says otherwise lies, and nothing is allocated for it.

    Interlaced pictures have some more rows, each with one more byte; the factor 2 allows for them.
    """
    if not raw / (2 * 1032) <= compressed <= 2 * raw + (1 << 20):
        raise ValueError("its size does not fit its pixels")


def _inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    inflated = stream.decompress(data, _MAX_METADATA_BYTES)
    if stream.unconsumed_tail:
        raise ValueError("its metadata is larger than 64 MiB")
    return inflated


def _profile(data: bytes | None) -> bytes | None:
    """iCCP: name, 0, method, deflated profile. One that is damaged is left out, as all browsers do."""
    if data is None:
        return None
    _, _, rest = data.partition(b"\0")
    try:
        return _inflate(rest[1:]) or None
    except zlib.error:
        return None


def _xmp(data: bytes | None) -> bytes | None:
    """iTXt: keyword, 0, compressed?, method, language, 0, translated keyword, 0, text."""
    if data is None:
        return None
    rest = data[len(_XMP_KEY) + 1 :]
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    return (_inflate(parts[2]) if rest[0] else parts[2]) or None


def _dpi(data: bytes | None) -> tuple[float, float] | None:
    if data is None or len(data) != 9 or data[8] != 1:
        return None
    x, y = struct.unpack(">II", data[:8])
    return (round(x * _METRES_PER_INCH, 2), round(y * _METRES_PER_INCH, 2)) if x and y else None
