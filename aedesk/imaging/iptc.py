"""IPTC captions inside Photoshop's image resources (IIM 4.2; Adobe's Photoshop file format, "Image Resource Blocks").

Of the resources only those that describe the picture are kept: previews, paths and copies of other metadata would be out of date once
the picture has changed.
"""

from __future__ import annotations

from collections.abc import Iterator

_SIGNATURE = b"8BIM"
_PREFIX = b"Photoshop 3.0\0"
_CAPTION, _COPYRIGHT_FLAG, _URL = 0x0404, 0x040A, 0x040B
_IIM_MARK = b"\x1c"


def resources(data: bytes | None) -> bytes | None:
    """The resources worth keeping as a sequence of 8BIM blocks.

    Args:
        data: resources with or without the prefix that JPEG has, or a bare IIM record; anything else gives None.
    """
    if not data:
        return None
    data = data.removeprefix(_PREFIX)
    if data.startswith(_IIM_MARK):
        return _block(_CAPTION, data)
    kept = [_block(number, content) for number, content in _blocks(data) if number in (_CAPTION, _COPYRIGHT_FLAG, _URL) and content]
    return b"".join(kept) or None


def caption(data: bytes | None) -> bytes | None:
    """The IIM record alone, as TIFF has it in a tag of its own."""
    return next((content for number, content in _blocks(data or b"") if number == _CAPTION), None)


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each resource; ends where the data make no sense."""
    at = 0
    while data[at : at + 4] == _SIGNATURE and at + 12 <= len(data):
        number = int.from_bytes(data[at + 4 : at + 6], "big")
        name = 1 + data[at + 6]
        start = at + 6 + name + name % 2
        size = int.from_bytes(data[start : start + 4], "big")
        content = data[start + 4 : start + 4 + size]
        if len(content) < size:
            return
        yield number, content
        at = start + 4 + size + size % 2


def _block(number: int, content: bytes) -> bytes:
    return _SIGNATURE + number.to_bytes(2, "big") + bytes(2) + len(content).to_bytes(4, "big") + content + bytes(len(content) % 2)
