"""Reads and writes the layout of .aed files (SPEC.md), field by field.

The last tile has no length and extends to the end of the file, which saves three bytes in most files. Truncation shows as damage of that
tile; appended bytes are told from it by its checksum, and ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import (
    CRITICAL,
    GET_AGAIN,
    MAGIC,
    MAX_CHUNKS,
    MODEL_ID_BYTES,
    TILE_UNIT_PX,
    VERSION,
    AedFile,
    Chunk,
)
from aedesk.formats.checksum import crc32c
from aedesk.formats.limits import DEFAULT_LIMITS, Limits, check_size
from aedesk.formats.varint import read_varint, write_varint

_RGB, _DEEP, _CODES, _CHUNKS = 1, 2, 4, 8  # bits of the flags
_CRC_BYTES = 4
_NEWER = "Use a newer version of aedesk."
TOO_LARGE = "Scale it down, or divide it into parts first."
_MAX_SEARCH_BYTES = 8 << 20
"""Longest last tile whose end is searched for; a tile of 1,024 px at the highest quality takes 4 MB."""


def write_aed(file: AedFile) -> bytes:
    """Returns the bytes of a file.

    Raises:
        FormatError: the picture exceeds the limits of readers, or has damaged tiles: new checksums would hide the damage.
    """
    check_size(file.width, file.height, DEFAULT_LIMITS, "This picture has", TOO_LARGE)
    if file.damaged:
        raise FormatError("A file with damaged tiles cannot be written again.", "Decode it with --salvage and encode the result.")
    flags = _RGB * (file.channels == 3) | _DEEP * (file.bit_depth == 16) | _CODES * (file.kind == "codes") | _CHUNKS * bool(file.chunks)
    header = bytearray(MAGIC)
    header += bytes((VERSION, flags)) + file.model_id + bytes((file.quality,))
    header += write_varint(file.width) + write_varint(file.height) + write_varint(file.tile_px // TILE_UNIT_PX)
    if file.chunks:
        header += write_varint(len(file.chunks))
        for chunk in file.chunks:
            header += chunk.kind.encode("ascii") + write_varint(len(chunk.data))
    for tile in file.tiles[:-1]:
        header += write_varint(len(tile))
    crc = crc32c(bytes(header))
    parts = [bytes(header), _packed(crc)]
    for number, data in enumerate((*(chunk.data for chunk in file.chunks), *file.tiles)):
        parts += [data, _packed(_section_crc(crc, number, data))]
    return b"".join(parts)


def read_aed(data: bytes, limits: Limits = DEFAULT_LIMITS) -> AedFile:
    """Parses the bytes of a file. Tiles that are damaged or truncated are listed in ``damaged``, with the bytes that are present.

    Raises:
        FormatError: it is not an .aed file, of a newer version, over the limits, or damaged outside the tiles.
    """
    fields = _Fields(data)
    if fields.take(len(MAGIC), "magic") != MAGIC:
        raise FormatError("This is not an .aed file.", "Choose a file written by aedesk encode.")
    version, flags = fields.take(2, "version")
    if version != VERSION or flags >= 2 * _CHUNKS:
        raise FormatError(f"This .aed file has version {version}.{flags >> 4}; this program reads version {VERSION}.0.", _NEWER)
    model_id = fields.take(MODEL_ID_BYTES, "model id")
    quality = fields.take(1, "quality")[0]
    width, height = fields.number("width"), fields.number("height")
    tile_px = fields.number("tile size") * TILE_UNIT_PX
    kind: Literal["codec", "codes"] = "codes" if flags & _CODES else "codec"
    _check_limits(width, height, tile_px, kind, limits)
    chunk_count = fields.number("number of chunks") if flags & _CHUNKS else 0
    if chunk_count > MAX_CHUNKS or (flags & _CHUNKS and not chunk_count):
        raise _damaged("number of chunks", fields.at)
    listed = [(fields.take(4, "chunk list").decode("latin-1"), fields.number("chunk list")) for _ in range(chunk_count)]
    tile_count = -(-width // tile_px) * -(-height // tile_px)
    if tile_count > len(data):  # each but the last takes at least one byte in the tile list
        raise _damaged("number of tiles", fields.at)
    lengths = [fields.number("tile list") for _ in range(tile_count - 1)]
    crc = crc32c(data[: fields.at])
    if fields.take(_CRC_BYTES, "checksum of the header") != _packed(crc):
        raise _damaged("header", 0)
    chunks = tuple(fields.chunks(listed, crc))
    tiles, damaged = fields.tiles(lengths, crc, chunk_count)
    return AedFile(
        width=width,
        height=height,
        channels=3 if flags & _RGB else 1,
        bit_depth=16 if flags & _DEEP else 8,
        model_id=model_id,
        kind=kind,
        quality=quality,
        tile_px=tile_px,
        tiles=tiles,
        chunks=chunks,
        damaged=damaged,
    )


class _Fields:
    """Reads fields from the front of a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int, field: str) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise _damaged(field, self.at)
        self.at += count
        return taken

    def number(self, field: str) -> int:
        try:
            value, self.at = read_varint(self.data, self.at)
        except ValueError:
            raise _damaged(field, self.at) from None
        return value

    def chunks(self, listed: list[tuple[str, int]], crc: int) -> Iterator[Chunk]:
        for number, (kind, length) in enumerate(listed):
            content = self.take(length, f"chunk {kind!r}")
            if self.take(_CRC_BYTES, f"chunk {kind!r}") != _packed(_section_crc(crc, number, content)):
                raise _damaged(f"chunk {kind!r}", self.at - _CRC_BYTES - length)
            chunk = Chunk(kind, content)
            if chunk.critical and kind not in CRITICAL:
                raise FormatError(f"This .aed file needs a feature that this program does not support: chunk {kind}.", _NEWER)
            yield chunk

    def tiles(self, lengths: list[int], crc: int, first: int) -> tuple[tuple[bytes, ...], frozenset[int]]:
        """Returns the payloads and the indexes of damaged ones. ``first`` is the section number of the first tile."""
        payloads: list[bytes] = []
        damaged: set[int] = set()
        for tile in range(len(lengths) + 1):
            end = self.at + lengths[tile] if tile < len(lengths) else max(len(self.data) - _CRC_BYTES, self.at)
            start, self.at = self.at, end + _CRC_BYTES
            payloads.append(self.data[start:end])
            if self.data[end : self.at] != _packed(_section_crc(crc, first + tile, payloads[-1])):
                whole = _end_of_section(crc, first + tile, self.data[start:]) if tile == len(lengths) else None
                if whole is None:
                    damaged.add(tile)
                else:
                    payloads[-1] = self.data[start : start + whole]
        return tuple(payloads), frozenset(damaged)


def _check_limits(width: int, height: int, tile_px: int, kind: str, limits: Limits) -> None:
    if not (width and height and tile_px):
        raise _damaged("size of the picture", len(MAGIC) + 2 + MODEL_ID_BYTES + 1)
    check_size(width, height, limits, "The picture in this .aed file has", GET_AGAIN)
    if kind == "codec" and tile_px > limits.tile_px:
        raise FormatError(f"The tiles of this .aed file have {tile_px} x {tile_px} pixels; the limit is {limits.tile_px}.", GET_AGAIN)


def _section_crc(header_crc: int, number: int, data: bytes) -> int:
    """CRC over header checksum, section number and content, so that a section moved within or between files is detected."""
    return crc32c(data, crc32c(_packed(header_crc) + _packed(number)))


def _end_of_section(header_crc: int, number: int, data: bytes) -> int | None:
    """Returns the length of a section with appended bytes: the length at which its checksum follows. None if there is none."""
    if len(data) > _MAX_SEARCH_BYTES:
        return None
    crc = crc32c(_packed(header_crc) + _packed(number))
    for length, byte in enumerate(data):
        if data[length : length + _CRC_BYTES] == crc.to_bytes(_CRC_BYTES, "little"):
            return length
        crc = crc32c(bytes((byte,)), crc)
    return None


def _packed(value: int) -> bytes:
    return value.to_bytes(_CRC_BYTES, "little")


def _damaged(field: str, at: int) -> FormatError:
    return FormatError(f"This .aed file is damaged: {field}, at byte {at}.", GET_AGAIN)
