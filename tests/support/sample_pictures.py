"""Pictures, profiles and metadata blocks that tests make for themselves, so that no file of unknown origin is needed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from aedesk.imaging.picture import Picture

D50 = (0.9642, 1.0, 0.8249)
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>caf\xc3\xa9</a></x:xmpmeta><?xpacket end="w"?>'
)

# Red, green and blue in XYZ relative to D50 (columns of the matrices that ICC's and Adobe's documents give).
PRIMARIES = {
    "sRGB": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)),
    "Display P3": ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)),
    "Adobe RGB": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
}
PROFILE_NAMES = (*PRIMARIES, "Gray")


@cache
def profile(name: str) -> bytes:
    """A small ICC profile (version 2.1, matrix and curves): one of ``PROFILE_NAMES``."""
    tags = {b"desc": _description(name), b"cprt": b"text\0\0\0\0public domain\0", b"wtpt": _xyz(D50)}
    if name == "Gray":
        tags[b"kTRC"] = _curve(lambda x: x**2.2)
    else:
        curve = _curve((lambda x: x**2.199) if name == "Adobe RGB" else _srgb_to_linear)
        for letter, primary in zip(b"rgb", PRIMARIES[name], strict=True):
            tags[bytes([letter]) + b"XYZ"] = _xyz(primary)
            tags[bytes([letter]) + b"TRC"] = curve
    table, body = b"", b""
    for signature, data in tags.items():
        table += struct.pack(">4sII", signature, 132 + 12 * len(tags) + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", head, 0, 132 + len(table) + len(body), b"\0\0\0\0", 0x02100000, b"mntr", _space(name), b"XYZ ")
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, *(round(value * 65536) for value in D50))
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def _space(name: str) -> bytes:
    return b"GRAY" if name == "Gray" else b"RGB "


def _srgb_to_linear(x: float) -> float:
    return x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4


def _curve(function: Callable[[float], float]) -> bytes:
    values = [round(65535 * function(at / 1023)) for at in range(1024)]
    return b"curv\0\0\0\0" + struct.pack(">I1024H", 1024, *values)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _description(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)


MAKER_NOTE = bytes(range(200))


def exif_block(orientation: int | None = None, order: str = "<", dpi: int | None = None) -> bytes:
    """An EXIF block, written by Pillow: make, date, exposure, maker's note, position."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "Maker & Sons"
    if orientation is not None:
        exif[0x0112] = orientation
    if dpi is not None:
        exif[0x011A] = exif[0x011B] = dpi
        exif[0x0128] = 2
    exif[0x0132] = "2024:05:06 07:08:09"
    below = exif.get_ifd(0x8769)
    below[0x829A] = 1 / 250
    below[0x9003] = "2024:05:06 07:08:09"
    below[0x927C] = MAKER_NOTE
    position = exif.get_ifd(0x8825)
    position[1] = "N"
    position[2] = (52.0, 31.0, 12.5)
    return exif.tobytes().removeprefix(b"Exif\0\0")


def exif_tags(block: bytes) -> dict[tuple[str, int], Any]:
    """All tags of a block as Pillow, an independent reader, sees them; those that say where something stands are left out."""
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + block)
    found = {("main", number): value for number, value in exif.items() if number not in (0x8769, 0x8825)}
    for name, pointer in (("exif", 0x8769), ("gps", 0x8825)):
        found |= {(name, number): value for number, value in exif.get_ifd(pointer).items()}
    return found


def picture(
    height: int = 24, width: int = 36, channels: int = 3, bits: int = 8, alpha: bool = False, seed: int = 0, **metadata: Any
) -> Picture:
    """Noise over a ramp, of all values; with ``alpha`` from wholly transparent to opaque, and colours under it."""
    random = np.random.default_rng(seed)
    kind: type[np.unsignedinteger[Any]] = np.uint8 if bits == 8 else np.uint16
    top = np.iinfo(kind).max
    samples = random.integers(0, top, (height, width, channels), dtype=kind, endpoint=True)
    cover = np.broadcast_to(np.linspace(0, top, width).astype(kind), (height, width)) if alpha else None
    return Picture(samples, cover, **metadata)


def smooth(height: int = 24, width: int = 36, channels: int = 3, bits: int = 8) -> Picture:
    """A gentle ramp, which lossy formats keep nearly as it is."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x / (width - 1), y / (height - 1), (x + y) / (width + height - 2)][:channels]
    scale = 255 if bits == 8 else 65535
    samples = np.round(np.stack(planes, -1) * scale * 0.8 + scale * 0.1)
    return Picture(samples.astype(np.uint8 if bits == 8 else np.uint16))


def same_samples(a: Picture, b: Picture) -> bool:
    """Equal in type, shape and every sample, alpha too."""
    if a.pixels.dtype != b.pixels.dtype or not np.array_equal(a.pixels, b.pixels):
        return False
    return (a.alpha is None) == (b.alpha is None) and (a.alpha is None or np.array_equal(a.alpha, b.alpha))
