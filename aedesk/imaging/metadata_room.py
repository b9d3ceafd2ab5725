"""How much metadata a format has room for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from aedesk.imaging.picture import Picture

_SEGMENT = 65_533  # of JPEG: two bytes of length, which count themselves
MAX_BYTES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {"JPEG": {"exif": _SEGMENT - len(b"Exif\0\0"), "xmp": _SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\0")}}
)
"""Largest size of each block, by format; other blocks are not limited."""


def oversized(picture: Picture, format_name: str) -> dict[str, int]:
    """The blocks of a picture ("exif", "xmp") that do not fit into a format, with their sizes in bytes."""
    sizes = {name: len(getattr(picture, name) or b"") for name in MAX_BYTES.get(format_name, {})}
    return {name: size for name, size in sizes.items() if size > MAX_BYTES[format_name][name]}


def without(picture: Picture, blocks: Mapping[str, int]) -> Picture:
    """The picture without these blocks."""
    exif, xmp = (None if name in blocks else getattr(picture, name) for name in ("exif", "xmp"))
    return replace(picture, exif=exif, xmp=xmp)
