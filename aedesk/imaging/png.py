"""PNG of every depth (ISO/IEC 15948:2025), with its metadata chunks.

Pixels go through imagecodecs (libpng), metadata chunks are read and written here. Pillow has no 16-bit colour. The candidates
for that: opencv-python-headless (61 MB wheel, no 16-bit gray with alpha, errors only on stderr), pypng (pure Python, some
hundred times slower, last release in 2022), imagecodecs (26 MB wheel, released several times a year, errors are exceptions,
also opens LZW TIFF and 10-bit AVIF). So it is imagecodecs.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from aedesk.imaging import png_interlace, png_metadata
from aedesk.imaging.exif import Exif, stored_orientation
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.limits import check_size
from aedesk.imaging.picture import Picture
from aedesk.imaging.png_chunks import SIGNATURE, chunk, chunks
from aedesk.imaging.png_metadata import Metadata
from aedesk.imaging.samples import Pixels

_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}  # after reading, by colour type; 3 is a palette
_STORED = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_GRAY, _RGB, _PALETTE = 0, 2, 3
_MAX_EDGE_PX = 1_000_000  # libpng's own limit
_LEVEL = 3  # twice as fast as 6, and within 2 % of its size


@dataclass(frozen=True)
class _Structure:
    """What is needed to decode the pixels; ``transparency`` is the tRNS chunk, None without one that can be used."""

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool
    palette: bytes
    transparency: bytes | None
    frames: int
    metadata: Metadata


def header(path: Path, page: int = 0) -> Header:
    if page:
        raise Unsupported(f"page {page + 1} of an animated PNG", "Only its first picture can be read.")
    found = _structure(path)
    metadata = found.metadata
    channels = _CHANNELS[found.colour_type]
    exif = Exif.parse(metadata.exif)
    return Header(
        format="PNG",
        width=found.width,
        height=found.height,
        channels=channels,
        has_alpha=found.colour_type in (4, 6) or found.transparency is not None,
        bit_depth=16 if found.depth == 16 else 8,
        orientation=stored_orientation(exif, metadata.xmp),
        icc=metadata.profile(gray=channels == 1),
        exif=exif.block if exif else None,
        xmp=metadata.xmp,
        dpi=metadata.dpi or (exif.dpi if exif else None),
        iptc=metadata.iptc,
        text=tuple(metadata.texts),
        frames=found.frames,
    )


def samples(path: Path, header: Header) -> Pixels:
    """libpng sees nothing but the pixels' own chunks: it would print its opinion on the others to the terminal."""
    import imagecodecs

    found = _structure(path)
    before = (chunk(b"PLTE", found.palette) if found.palette else b"") + (chunk(b"tRNS", found.transparency) if found.transparency else b"")
    shape = (header.height, header.width, header.channels + header.has_alpha)
    if found.interlaced:
        pixels = b"".join(_contents(path, b"IDAT"))
        bits = found.depth * _STORED[found.colour_type]
        decoded = png_interlace.decoded(pixels, shape, found.depth, found.colour_type, bits, before)
    else:
        stream = bytearray(SIGNATURE)
        for name, data in _stored_chunks(path):
            stream += before if name == b"IDAT" and before else b""
            before = b"" if name == b"IDAT" else before
            stream += data
        decoded = imagecodecs.png_decode(stream).reshape(shape)
    return _full_range(decoded, header.channels) if found.metadata.narrow_range else decoded


def write(picture: Picture, file: BinaryIO) -> None:
    """Write a picture of 8 or 16 bits with all that it carries; nothing is lost."""
    import imagecodecs

    stored = picture.pixels if picture.alpha is None else np.dstack((picture.pixels, picture.alpha))
    encoded = memoryview(imagecodecs.png_encode(stored, level=_LEVEL))
    after_header = len(SIGNATURE) + 12 + 13
    file.write(encoded[:after_header])
    for data in png_metadata.written(picture):
        file.write(data)
    file.write(encoded[after_header:])


def _structure(path: Path) -> _Structure:
    metadata = Metadata()
    kept: dict[bytes, bytes] = {}
    compressed = 0
    with path.open("rb") as file:
        for name, size in chunks(file):
            if name == b"IDAT":
                compressed += size
                kept.setdefault(name, b"")
            elif name in (b"IHDR", b"PLTE", b"tRNS", b"acTL"):
                if size <= 1024 and name not in kept and (name != b"tRNS" or b"IDAT" not in kept):
                    data, checksum = file.read(size), int.from_bytes(file.read(4), "big")
                    if zlib.crc32(data, zlib.crc32(name)) == checksum:
                        kept[name] = data
                    elif name in (b"IHDR", b"PLTE"):
                        raise ValueError(f"the checksum of its {name.decode()} chunk is wrong")
            elif name in png_metadata.SINGLE or name in png_metadata.TEXTS:
                if size > png_metadata.MAX_BYTES:
                    raise ValueError("its metadata is larger than 64 MiB")
                metadata.add(name, file.read(size))
    width, height, depth, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", kept[b"IHDR"])
    if colour_type not in _CHANNELS:
        raise ValueError(f"colour type {colour_type} does not exist")
    check_size(path, width, height, max_pixels=_MAX_EDGE_PX**2)
    _check_compressed(height * (1 + (width * depth * _STORED[colour_type] + 7) // 8), compressed)
    palette = kept.get(b"PLTE", b"") if colour_type == _PALETTE else b""
    transparency = kept.get(b"tRNS")
    if transparency is not None and not _usable(transparency, colour_type, len(palette) // 3, list(kept)):
        transparency = None
    frames = max(1, int.from_bytes(kept.get(b"acTL", b"")[:4], "big"))
    return _Structure(width, height, depth, colour_type, interlace == 1, palette, transparency, frames, metadata)


def _usable(transparency: bytes, colour_type: int, entries: int, order: list[bytes]) -> bool:
    """Whether libpng would use a tRNS chunk; it ignores others (11.3.1.1 says how long they are)."""
    if colour_type == _PALETTE:
        return 1 <= len(transparency) <= entries and order.index(b"PLTE") < order.index(b"tRNS")
    return len(transparency) == {_GRAY: 2, _RGB: 6}.get(colour_type)


def _stored_chunks(path: Path) -> list[tuple[bytes, bytes]]:
    """IHDR, IDAT and IEND as they are in the file."""
    found = []
    with path.open("rb") as file:
        for name, size in chunks(file):
            if name in (b"IHDR", b"IDAT", b"IEND"):
                file.seek(-8, 1)
                found.append((name, file.read(8 + size + 4)))
    return found


def _contents(path: Path, wanted: bytes) -> list[bytes]:
    return [data[8:-4] for name, data in _stored_chunks(path) if name == wanted]


def _check_compressed(raw: int, compressed: int) -> None:
    """Deflate shrinks by 1032 at most and never grows much, so a file that says otherwise lies, and nothing is allocated for it.

    Interlaced pictures have some more rows, each with one more byte; the factor 2 allows for them.
    """
    if not raw / (2 * 1032) <= compressed <= 2 * raw + (1 << 20):
        raise ValueError("its size does not fit its pixels")


def _full_range(samples: Pixels, channels: int) -> Pixels:
    """Colours from black at 16 and white at 235 (for 8 bits) to the full range; alpha has it already."""
    scale, top = (1, 255) if samples.dtype == np.uint8 else (256, 65535)
    levels = (np.arange(top + 1) - 16 * scale) * top / (219 * scale)
    table = np.clip(np.round(levels), 0, top).astype(samples.dtype)
    whole = samples.copy()
    whole[:, :, :channels] = table[samples[:, :, :channels]]
    return whole
