"""Directories of TIFF tags, in files and in EXIF blocks (TIFF 6.0; BigTIFF; EXIF 2.32, section 4.6).

Values stay bytes in the order of the file, so whatever is copied is copied exactly; ``numbers`` and ``text`` read the few that
the program understands. Pillow's and tifffile's own tag classes decode and encode every value, which changes types on the way.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER = 0x8769, 0x8825, 0xA005
_POINTERS = (EXIF_POINTER, GPS_POINTER, INTEROPERABILITY_POINTER)

# Bytes per value of each type; 13 is an offset of a directory, 16 to 18 are BigTIFF's 64-bit ones.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MAX_VALUE_BYTES = 64 << 20
_MAX_VALUES_BYTES = 256 << 20  # a thousand tags that all point at the same megabytes must not fill the memory
_MAX_DIRECTORIES = 10_000
_CODES = {1: "B", 3: "H", 4: "I", 5: "I", 6: "b", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}


@dataclass(frozen=True)
class Tag:
    """One entry: ``count`` values of ``type``; ``value`` holds their bytes in the order ``order`` ("<" or ">").

    ``position`` is where the value stands in the file.
    """

    type: int
    count: int
    value: bytes
    order: str
    position: int = 0

    @classmethod
    def of(cls, order: str, kind: int, *values: int) -> Tag:
        """A tag of integers, or of rationals given as numerator, denominator, ..."""
        count = len(values) // 2 if kind in (5, 10) else len(values)
        return cls(kind, count, struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values), order)

    def numbers(self) -> tuple[float, ...]:
        """The values; a rational is a float, one with the denominator 0 is 0; text and unknown types are empty."""
        code = _CODES.get(self.type)
        if code is None:
            return ()
        values = struct.unpack(f"{self.order}{len(self.value) // struct.calcsize(code)}{code}", self.value)
        if self.type in (5, 10):
            return tuple(above / below if below else 0.0 for above, below in zip(values[::2], values[1::2], strict=True))
        return values


@dataclass
class Directory:
    """Tags by number, and the directories below (EXIF, GPS, interoperability) by the number of the tag that points at them."""

    tags: dict[int, Tag] = field(default_factory=dict)
    below: dict[int, Directory] = field(default_factory=dict)

    def numbers(self, tag: int) -> tuple[float, ...]:
        """All values of a tag; none if it is not there."""
        return self.tags[tag].numbers() if tag in self.tags else ()

    def number(self, tag: int, default: float = 0) -> float:
        """The first value of a tag."""
        return next(iter(self.numbers(tag)), default)


@dataclass
class TagFile:
    """A file or block of tags that is being read.

    Args:
        stream: the bytes; offsets count from its beginning.

    Raises:
        ValueError: this is no TIFF structure.
    """

    stream: BinaryIO

    def __post_init__(self) -> None:
        self._read_bytes = 0
        self.size = self.stream.seek(0, 2)
        head = self._bytes(0, min(16, self.size))
        orders = {b"II": "<", b"MM": ">"}
        if len(head) < 8 or head[:2] not in orders:
            raise ValueError("not a TIFF structure")
        self.order = orders[head[:2]]
        version = struct.unpack(f"{self.order}H", head[2:4])[0]
        if version not in (42, 43) or (version == 43 and len(head) < 16):
            raise ValueError("not a TIFF structure")
        self.big = version == 43
        self.first_offset: int = struct.unpack(f"{self.order}Q", head[8:])[0] if self.big else struct.unpack(f"{self.order}I", head[4:8])[0]

    def directory(self, page: int = 0) -> Directory:
        """A page's directory (from 0) with those below it. Tags whose values lie outside of the file or are huge are left out.

        Raises:
            ValueError: no directory can stand there, or its values are too many.
        """
        offset = self.first_offset
        for _ in range(page):
            offset = self._table(offset)[2]
        return self._directory(offset, _POINTERS[:2])

    def count_directories(self) -> int:
        """How many follow each other, the first included; ``_MAX_DIRECTORIES`` if there are more."""
        offset, seen = self.first_offset, set[int]()
        while offset and offset not in seen and len(seen) < _MAX_DIRECTORIES:
            try:
                following = self._table(offset)[2]
            except ValueError:
                break
            seen.add(offset)
            offset = following
        return len(seen)

    def _table(self, offset: int) -> tuple[int, bytes, int]:
        """Where the entries of a directory begin, the entries, and the offset of the next directory.

        Raises:
            ValueError: no directory can stand there.
        """
        count_size, entry_size, offset_code = self._layout
        if not 8 <= offset <= self.size - count_size:
            raise ValueError("a tag directory lies outside of the file")
        count = int.from_bytes(self._bytes(offset, count_size), "little" if self.order == "<" else "big")
        start, link_size = offset + count_size, struct.calcsize(offset_code)
        count = min(count, (self.size - start) // entry_size, 0xFFFF)
        table = self._bytes(start, count * entry_size + link_size)
        entries, link = table[: count * entry_size], table[count * entry_size :]
        return start, entries, struct.unpack(f"{self.order}{offset_code}", link)[0] if len(link) == link_size else 0

    @property
    def _layout(self) -> tuple[int, int, str]:
        """Bytes of the number of entries, bytes of an entry, struct code of an offset."""
        return (8, 20, "Q") if self.big else (2, 12, "I")

    def _directory(self, offset: int, pointers: tuple[int, ...]) -> Directory:
        _, entry_size, offset_code = self._layout
        start, table, _ = self._table(offset)
        inline = struct.calcsize(offset_code)
        found = Directory()
        for at in range(0, len(table), entry_size):
            number, kind, values = struct.unpack_from(f"{self.order}HH{offset_code}", table, at)
            size = _SIZES.get(kind, 0) * values
            position = start + at + entry_size - inline
            if size > inline:
                position = struct.unpack_from(f"{self.order}{offset_code}", table, at + entry_size - inline)[0]
            if 0 < size <= min(self.size - position, _MAX_VALUE_BYTES) and number not in found.tags:
                self._read_bytes += size
                if self._read_bytes > _MAX_VALUES_BYTES:
                    raise ValueError("its tags hold more than 256 MiB")
                found.tags[number] = Tag(kind, values, self._bytes(position, size), self.order, position)
        for pointer in pointers:
            if pointer in found.tags:
                below = (INTEROPERABILITY_POINTER,) if pointer == EXIF_POINTER else ()
                try:
                    found.below[pointer] = self._directory(int(found.number(pointer)), below)
                except ValueError:
                    del found.tags[pointer]  # it points at nothing
        return found

    def _bytes(self, offset: int, size: int) -> bytes:
        self.stream.seek(offset)
        return self.stream.read(size)


def pack_directory(order: str, tags: Iterable[tuple[int, Tag]], offset: int) -> bytes:
    """A directory (of classic TIFF) with its values behind it, to stand at ``offset``; no directory follows it.

    Raises:
        ValueError: it would reach beyond 4 GiB, where offsets end.
    """
    entries = sorted(tags, key=lambda item: item[0])
    values_at = offset + 2 + 12 * len(entries) + 4
    table, values = [struct.pack(f"{order}H", len(entries))], bytearray()
    for number, tag in entries:
        inline = tag.value.ljust(4, b"\0") if len(tag.value) <= 4 else struct.pack(f"{order}I", _below_4_gib(values_at + len(values)))
        table.append(struct.pack(f"{order}HHI", number, tag.type, tag.count) + inline)
        if len(tag.value) > 4:
            values += tag.value + b"\0" * (len(tag.value) % 2)
    return b"".join(table) + struct.pack(f"{order}I", 0) + bytes(values)


def pack(order: str, directory: Directory) -> bytes:
    """A whole TIFF structure with one directory and those below it."""
    block = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    offset = _append(block, order, directory)
    struct.pack_into(f"{order}I", block, 4, offset)
    return bytes(block)


def _append(block: bytearray, order: str, directory: Directory) -> int:
    tags = {number: tag for number, tag in directory.tags.items() if number not in _POINTERS}
    for pointer, below in directory.below.items():
        tags[pointer] = Tag.of(order, 4, _append(block, order, below))
    offset = len(block)
    block += pack_directory(order, tags.items(), offset)
    return offset


def _below_4_gib(offset: int) -> int:
    if offset >= 2**32:
        raise ValueError("a TIFF file ends at 4 GiB")
    return offset
