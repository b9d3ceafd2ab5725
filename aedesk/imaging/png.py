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
from aedesk.imaging.picture import Picture, Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}  # by colour type; 3 is a palette
_METADATA = (b"IHDR", b"tRNS", b"iCCP", b"eXIf", b"iTXt", b"pHYs")
_MAX_METADATA_BYTES = 64 << 20
_XMP_KEY = b"XML:com.adobe.xmp"
_METRES_PER_INCH = 0.0254
_MAX_DEFLATE_RATIO = 1032
_LEVEL = 6


def header(path: Path) -> Header:
    with path.open("rb") as file:
        chunks: dict[bytes, bytes] = {}
        frames, compressed = 1, 0
        for name, data, size in _chunks(file):
            if name == b"iTXt" and not data.startswith(_XMP_KEY + b"\0"):
                continue
            if name == b"IDAT":
                compressed += size
            elif name in _METADATA:
                chunks.setdefault(name, data)
            elif name == b"acTL":
                frames = int.from_bytes(data[:4], "big")
    width, height, depth, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if colour_type not in _CHANNELS:
        raise ValueError(f"colour type {colour_type} does not exist")
    check_size(path, width, height)
    _check_bomb(width, height, depth, compressed)
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
        frames=frames,
    )


def samples(path: Path, header: Header) -> Pixels:
    import imagecodecs

    decoded: Pixels = imagecodecs.png_decode(path.read_bytes())
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


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes, int]]:
    """Name, content and size of each chunk; the content of those that nobody asks for is skipped and empty."""
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        raise ValueError("not a PNG file")
    total = 0
    while len(head := file.read(8)) == 8:
        size, name = int.from_bytes(head[:4], "big"), head[4:]
        data = b""
        if name in _METADATA or name == b"acTL":
            total += size
            if total > _MAX_METADATA_BYTES:
                raise ValueError("its metadata is larger than 64 MiB")
            data = file.read(size)
            if len(data) < size:
                raise ValueError("it ends in the middle of a chunk")
            file.seek(4, 1)
        else:
            file.seek(size + 4, 1)
        yield name, data, size
        if name == b"IEND":
            return
    raise ValueError("its end is missing")


def _check_bomb(width: int, height: int, depth: int, compressed: int) -> None:
    """Deflate cannot compress by more than 1032 to 1, so a file that promises more lies, and nothing need be allocated for it."""
    if height * ((width * depth + 7) // 8) > (compressed + 1) * _MAX_DEFLATE_RATIO:
        raise ValueError("its pixels are missing")


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
