"""The items of a HEIF file (ISO/IEC 23008-12), which AVIF and HEIC are: what each is, its properties and where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass, field

from aedesk.imaging.boxes import boxes
from aedesk.imaging.cicp import Cicp


@dataclass
class Item:
    """``kind`` such as b"av01" or b"hvc1"; ``properties`` in the order of the file, each with its kind and content."""

    kind: bytes = b""
    properties: list[tuple[bytes, bytes, bool]] = field(default_factory=list)
    """Kind, content, whether a reader must understand it."""
    extents: list[tuple[int, int]] = field(default_factory=list)
    """Offset in the file and length."""

    def find(self, kind: bytes) -> bytes | None:
        """The content of the first property of a kind."""
        return next((content for found, content, _ in self.properties if found == kind), None)

    @property
    def cicp(self) -> Cicp | None:
        """What an nclx colour box says."""
        for kind, content, _ in self.properties:
            if kind == b"colr" and content[:4] == b"nclx" and len(content) >= 8:
                return Cicp(int.from_bytes(content[4:6], "big"), int.from_bytes(content[6:8], "big"))
        return None


@dataclass(frozen=True)
class Items:
    """Args: primary: number of the item that is the picture. items: by number. references: (kind, from, to)."""

    primary: int
    items: dict[int, Item]
    references: list[tuple[bytes, int, int]]

    @property
    def picture(self) -> Item:
        return self.items.get(self.primary) or Item()

    @property
    def coded(self) -> Item:
        """The primary item, or the first tile if that is a grid or otherwise derived from others."""
        item, seen = self.primary, set[int]()
        while item not in seen:
            seen.add(item)
            item = next((to for kind, start, to in self.references if kind == b"dimg" and start == item), item)
        return self.items.get(item) or Item()


def parse(content: bytes) -> Items | None:
    """The items of the file's main meta box, None without one or if it makes no sense."""
    found = next(((start + 4, end) for kind, start, end in boxes(content) if kind == b"meta"), None)
    if found is None:
        return None
    inside = {kind: content[start:end] for kind, start, end in boxes(content, *found)}
    items: dict[int, Item] = {}
    try:
        _kinds(inside.get(b"iinf", b""), items)
        _properties(inside.get(b"iprp", b""), items)
        _places(inside.get(b"iloc", b""), items)
        primary = inside.get(b"pitm", b"")
        return Items(_number(primary, 4, 2 if primary[:1] == b"\0" else 4), items, _references(inside.get(b"iref", b"")))
    except IndexError:
        return None


def _number(data: bytes, at: int, size: int) -> int:
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size], "big")


def _kinds(iinf: bytes, items: dict[int, Item]) -> None:
    for kind, start, end in boxes(iinf, 6 if iinf[:1] == b"\0" else 8):
        entry = iinf[start:end]
        if kind == b"infe" and entry[:1] in (b"\2", b"\3"):
            size = 2 if entry[0] == 2 else 4
            items[_number(entry, 4, size)] = Item(entry[6 + size : 10 + size])


def _properties(iprp: bytes, items: dict[int, Item]) -> None:
    parts = [(kind, iprp[start:end]) for kind, start, end in boxes(iprp)]
    container = next((content for kind, content in parts if kind == b"ipco"), b"")
    known = [(kind, container[start:end]) for kind, start, end in boxes(container)]
    for kind, ipma in parts:
        if kind != b"ipma":
            continue
        id_size, index_size = (2 if ipma[:1] == b"\0" else 4), (2 if _number(ipma, 3, 1) & 1 else 1)
        at = 8
        for _ in range(_number(ipma, 4, 4)):
            item, count = items.setdefault(_number(ipma, at, id_size), Item()), _number(ipma, at + id_size, 1)
            at += id_size + 1
            for _ in range(count):
                value = _number(ipma, at, index_size)
                essential, index = value >> (8 * index_size - 1), value & (1 << (8 * index_size - 1)) - 1
                if 0 < index <= len(known):
                    item.properties.append((*known[index - 1], bool(essential)))
                at += index_size


def _places(iloc: bytes, items: dict[int, Item]) -> None:
    if not iloc:
        return
    version, sizes = iloc[0], _number(iloc, 4, 2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    id_size = 4 if version == 2 else 2
    count, at = _number(iloc, 6, id_size), 6 + id_size
    for _ in range(count):
        number = _number(iloc, at, id_size)
        at += id_size
        method = _number(iloc, at, 2) & 15 if version else 0
        at += (2 if version else 0) + 2
        base = _number(iloc, at, base_size)
        at += base_size
        extents = _number(iloc, at, 2) if offset_size or length_size else 0
        at += 2
        for _ in range(extents):
            at += index_size
            offset, length = _number(iloc, at, offset_size), _number(iloc, at + offset_size, length_size)
            at += offset_size + length_size
            if method == 0:
                items.setdefault(number, Item()).extents.append((base + offset, length))


def _references(iref: bytes) -> list[tuple[bytes, int, int]]:
    size = 2 if iref[:1] == b"\0" else 4
    found = []
    for kind, start, end in boxes(iref, 4):
        entry = iref[start:end]
        for at in range(_number(entry, size, 2)):
            found.append((kind, _number(entry, 0, size), _number(entry, size + 2 + at * size, size)))
    return found
