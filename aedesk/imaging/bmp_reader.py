"""Reads BMP (Microsoft's BITMAPCOREHEADER to BITMAPV5HEADER, OS/2 2.0) with palettes and bit fields of any layout.

Pillow knows only the common bit fields and drops the alpha of 16-bit pictures; it decodes the run-length encoded ones.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aedesk.imaging import icc
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.header import Header
from aedesk.imaging.limits import check_size
from aedesk.imaging.pillow_reader import PillowReader
from aedesk.imaging.samples import Pixels, scaled

_pillow = PillowReader("BMP")
_CORE, _OS2 = 12, (16, 64)
_HEADERS = (_CORE, *_OS2, 40, 52, 56, 108, 124)
_PLAIN, _RLE8, _RLE4, _FIELDS, _JPEG, _PNG, _ALPHA_FIELDS = range(7)
_DEFAULT_FIELDS = {16: (0x7C00, 0x3E0, 0x1F, 0), 24: (0xFF0000, 0xFF00, 0xFF, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}
_METRES_PER_INCH = 0.0254


@dataclass(frozen=True)
class _Bitmap:
    """``fields`` are the masks of red, green, blue and alpha; ``palette`` is (n, 3), or None for pixels that hold colours."""

    width: int
    height: int
    bottom_up: bool
    bits: int
    compression: int
    fields: tuple[int, int, int, int]
    palette: Pixels | None
    start: int
    dpi: tuple[float, float] | None
    profile: bytes | None

    @property
    def is_gray(self) -> bool:
        palette = self.palette
        return palette is not None and bool((palette == palette[:, :1]).all())

    @property
    def bit_depth(self) -> int:
        return 16 if self.palette is None and max(mask.bit_count() for mask in self.fields) > 8 else 8


def header(path: Path, page: int = 0) -> Header:
    found = _parse(path)
    if found.compression in (_RLE4, _RLE8):
        return _pillow.header(path)
    return Header(
        format="BMP",
        width=found.width,
        height=found.height,
        channels=1 if found.is_gray else 3,
        has_alpha=found.palette is None and found.fields[3] > 0,
        bit_depth=found.bit_depth,
        icc=found.profile,
        dpi=found.dpi,
    )


def samples(path: Path, header: Header) -> Pixels:
    found = _parse(path)
    if found.compression in (_RLE4, _RLE8):
        return _pillow.samples(path, header)
    stride = (found.width * found.bits + 31) // 32 * 4
    used = (found.width * found.bits + 7) // 8
    if path.stat().st_size - found.start < stride * (found.height - 1) + used:
        raise ValueError("parts of its pixels are missing")
    with path.open("rb") as file:
        file.seek(found.start)
        content = file.read(stride * found.height)
    rows = np.frombuffer(content.ljust(stride * found.height, b"\0"), np.uint8).reshape(found.height, stride)
    if found.bottom_up:
        rows = rows[::-1]
    if found.palette is not None:
        colours: Pixels = found.palette[_indices(rows, found.width, found.bits)]
        return np.ascontiguousarray(colours[:, :, :1] if found.is_gray else colours)
    return _unpacked(_words(rows, found.width, found.bits), found)


def _parse(path: Path) -> _Bitmap:
    with path.open("rb") as file:
        head = file.read(14 + 124 + 16)
        start, size = struct.unpack_from("<II", head, 10)
        if size not in _HEADERS:
            raise Unsupported(f"a BMP with a header of {size} bytes")
        compression, dpi, entries = 0, None, 0
        if size == _CORE:
            width, height, _, bits = struct.unpack_from("<HHHH", head, 18)
        else:
            width, height, _, bits = struct.unpack_from("<iiHH", head, 18)
            if size >= 40:
                compression, _, x, y, entries = struct.unpack_from("<IIiiI", head, 30)
                dpi = (round(x * _METRES_PER_INCH, 2), round(y * _METRES_PER_INCH, 2)) if x > 0 and y > 0 else None
        check_size(path, abs(width), abs(height), max_pixels=2**62)
        _check_kind(bits, compression, size)
        palette = None
        if bits <= 8:
            entry = 3 if size == _CORE else 4
            at = 14 + size
            count = min(entries or 1 << bits, 1 << bits)
            if start <= at:
                start = at + count * entry  # some programs forget the palette
            count = min(count, (start - at) // entry)
            file.seek(at)
            palette = _palette(file.read(count * entry), entry, bits)
        fields = _fields(head, size, bits, compression) if bits > 8 else (0, 0, 0, 0)
        return _Bitmap(
            abs(width), abs(height), height > 0, bits, compression, fields, palette, start, dpi, _profile(path, head, size),
        )  # fmt: skip


def _check_kind(bits: int, compression: int, size: int) -> None:
    """Raises :class:`Unsupported` for what cannot be decoded."""
    if compression in (_JPEG, _PNG) and size not in _OS2:
        raise Unsupported(f"a BMP that holds a {'JPEG' if compression == _JPEG else 'PNG'} picture")
    if compression in (_FIELDS, _JPEG) and size in _OS2:
        raise Unsupported("an OS/2 BMP with Huffman or 24-bit run-length coding")
    if bits not in (1, 2, 4, 8, 16, 24, 32):
        raise Unsupported(f"a BMP of {bits} bits per pixel")
    known = {_PLAIN, _RLE8, _RLE4} if bits <= 8 else {_PLAIN, _FIELDS, _ALPHA_FIELDS}
    if compression not in known:
        raise Unsupported(f"a BMP of {bits} bits per pixel with compression {compression}")


def _palette(content: bytes, entry: int, bits: int) -> Pixels:
    """(2 ** bits, 3); what the file leaves out is black."""
    colours = np.frombuffer(content[: len(content) // entry * entry], np.uint8).reshape(-1, entry)[:, 2::-1]
    whole = np.zeros((1 << bits, 3), np.uint8)
    whole[: len(colours)] = colours
    return whole


def _fields(head: bytes, size: int, bits: int, compression: int) -> tuple[int, int, int, int]:
    if compression == _PLAIN:
        return _DEFAULT_FIELDS[bits]
    red, green, blue, alpha = struct.unpack_from("<4I", head, 54)
    if (size == 40 and compression == _FIELDS) or size == 52:
        alpha = 0
    masks = (red, green, blue, alpha)
    taken = 0
    for mask in masks:
        lowest = mask & -mask
        if mask >> bits or mask & taken or (mask and (mask // lowest) & (mask // lowest + 1)):
            raise Unsupported("a BMP whose bit fields overlap or have gaps")
        taken |= mask
    if not any(masks[:3]):
        raise Unsupported("a BMP without colours in its bit fields")
    return masks


def _indices(rows: Pixels, width: int, bits: int) -> Pixels:
    if bits == 8:
        return rows[:, :width]
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    indices: Pixels = (rows[:, :, np.newaxis] >> shifts & ((1 << bits) - 1)).reshape(len(rows), -1)[:, :width]
    return indices


def _words(rows: Pixels, width: int, bits: int) -> Pixels:
    """(H, W) uint32 pixels."""
    if bits == 24:
        parts = rows[:, : width * 3].reshape(len(rows), width, 3).astype(np.uint32)
        words: Pixels = parts[:, :, 0] | parts[:, :, 1] << 8 | parts[:, :, 2] << 16
        return words
    pixels = np.ascontiguousarray(rows[:, : width * bits // 8]).view(f"<u{bits // 8}")
    return pixels.astype(np.uint32)


def _unpacked(words: Pixels, found: _Bitmap) -> Pixels:
    kind = np.uint8 if found.bit_depth == 8 else np.uint16
    planes = []
    for mask in found.fields[: 4 if found.fields[3] else 3]:
        width = mask.bit_count()
        shift = (mask & -mask).bit_length() - 1 if mask else 0
        values = (words & np.uint32(mask)) >> max(shift + width - 16, shift)
        width = min(width, 16)
        if kind is np.uint16 and 0 < width <= 8:
            planes.append(scaled(values.astype(np.uint8), width).astype(np.uint16) * 257)
        else:
            planes.append(scaled(values.astype(kind), width) if width else values.astype(kind))
    if len(planes) == 4 and not planes[3].any():
        planes[3][:] = np.iinfo(kind).max  # programs that declare alpha and never fill it in; browsers show such pictures opaque
    return np.stack(planes, axis=-1)


def _profile(path: Path, head: bytes, size: int) -> bytes | None:
    """The embedded profile of a version 5 header, or one for the primaries and gamma of a version 4 header."""
    if size < 108:
        return None
    space = head[14 + 56 : 14 + 60][::-1]
    if size == 124 and space == b"MBED":
        offset, length = struct.unpack_from("<II", head, 14 + 112)
        with path.open("rb") as file:
            file.seek(14 + offset)
            return file.read(min(length, 16 << 20)) or None
    points = np.array(struct.unpack_from("<9i", head, 14 + 60), float).reshape(3, 3) / 2**30
    gammas = struct.unpack_from("<3I", head, 14 + 96)
    if space != bytes(4) or len({*gammas}) > 1 or not gammas[0] or points.min() < 0 or (points.sum(axis=1) <= 0).any():
        return None
    white, red, green, blue = ((float(x / (x + y + z)), float(y / (x + y + z))) for x, y, z in (points.sum(axis=0), *points))
    try:
        return icc.profile("Calibrated RGB", (white, red, green, blue), (gammas[0] / 65536,))
    except ValueError:
        return None
