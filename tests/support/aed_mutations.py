"""Hostile .aed files: real ones that were damaged, or made anew with lies in them and checksums that fit."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import replace

from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import MAGIC, TILE_UNIT_PX, VERSION, AedFile, Chunk
from aedesk.formats.checksum import crc32c
from aedesk.formats.container import read_aed, write_aed
from aedesk.formats.varint import write_varint

NUMBERS = (0, 1, 2, 3, 16, 63, 64, 65, 127, 128, 255, 511, 1023, 1024, 16384, 30_000, 30_001, 65_535, 2**20, 2**31 - 1, 2**32 - 1)


def mutant(seeds: list[bytes], draw: random.Random) -> bytes:
    """One of the seeds, changed in one way, or in several after each other."""
    data = draw.choice(seeds)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        data = draw.choice(MUTATIONS)(data, seeds, draw)
    return data


def flip(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def flip_early(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
    """In the header, where it hurts most."""
    return flip(data[:40], seeds, draw) + data[40:]


def truncate(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data) + 1)]


def splice(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
    other = draw.choice(seeds)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


def overwrite(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
    at, length = draw.randrange(len(data) + 1), draw.randint(1, 24)
    filling = draw.choice((bytes(length), b"\xff" * length, draw.randbytes(length), b""))
    return data[:at] + filling + data[at + draw.choice((0, length)) :]


def sealed(change: Callable[[AedFile, list[bytes], random.Random], AedFile]) -> Callable[[bytes, list[bytes], random.Random], bytes]:
    """A mutation of what stands in the file, written again with checksums that fit; what is no file any more stays as it is."""

    @functools.wraps(change)
    def mutate(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
        try:
            return write_aed(change(replace(read_aed(data), damaged=frozenset()), seeds, draw))
        except FormatError:
            return data

    return mutate


@sealed
def payload(file: AedFile, seeds: list[bytes], draw: random.Random) -> AedFile:
    at = draw.randrange(len(file.tiles))
    change = draw.choice((flip, truncate, overwrite, splice))
    tiles = list(file.tiles)
    tiles[at] = change(tiles[at], seeds, draw)
    return replace(file, tiles=tuple(tiles))


@sealed
def swap_tiles(file: AedFile, seeds: list[bytes], draw: random.Random) -> AedFile:
    return replace(file, tiles=tuple(draw.sample(file.tiles, len(file.tiles))))


@sealed
def chunk_content(file: AedFile, seeds: list[bytes], draw: random.Random) -> AedFile:
    change = draw.choice((flip, truncate, overwrite, splice))
    at = draw.randrange(max(len(file.chunks), 1))
    return replace(file, chunks=tuple(replace(c, data=change(c.data, seeds, draw)) if n == at else c for n, c in enumerate(file.chunks)))


@sealed
def swap_chunks(file: AedFile, seeds: list[bytes], draw: random.Random) -> AedFile:
    kinds = draw.sample([chunk.kind for chunk in file.chunks], len(file.chunks))
    extra = draw.choice(((), (Chunk("zzzz", b"?"),), (Chunk("ZZZZ", b"?"),)))
    return replace(file, chunks=(*(Chunk(kind, c.data) for kind, c in zip(kinds, file.chunks, strict=True)), *extra))


@sealed
def facts(file: AedFile, seeds: list[bytes], draw: random.Random) -> AedFile:
    lie = draw.choice(
        (
            {"quality": draw.randint(0, 100)},
            {"channels": 4 - file.channels},
            {"bit_depth": 24 - file.bit_depth},
            {"kind": "codes" if file.kind == "codec" else "codec"},
            {"model_id": draw.randbytes(8)},
            {"width": max(1, file.width + draw.randint(-20, 20))},
            {"height": max(1, file.height + draw.randint(-20, 20))},
        )
    )
    return replace(file, **lie)


def sizes(data: bytes, seeds: list[bytes], draw: random.Random) -> bytes:
    """Numbers of the header that lie, under a checksum that fits."""
    try:
        file = read_aed(data)
    except FormatError:
        return data
    numbers = [file.width, file.height, file.tile_px // TILE_UNIT_PX, len(file.chunks), *(len(c.data) for c in file.chunks)]
    numbers += [len(tile) for tile in file.tiles[:-1]]
    for _ in range(draw.randint(1, 2)):
        at = draw.randrange(len(numbers))
        lie = draw.choice((*NUMBERS, max(0, numbers[at] - 1), numbers[at] + 1, draw.randrange(2 ** draw.randint(1, 32))))
        numbers[at] = min(lie, NUMBERS[-1])
    flags = (file.channels == 3) | (file.bit_depth == 16) << 1 | (file.kind == "codes") << 2 | bool(file.chunks) << 3
    header = MAGIC + bytes((VERSION, flags)) + file.model_id + bytes([file.quality]) + b"".join(map(write_varint, numbers[:3]))
    if file.chunks:
        header += write_varint(numbers[3])
        header += b"".join(c.kind.encode() + write_varint(n) for c, n in zip(file.chunks, numbers[4:], strict=False))
    header += b"".join(map(write_varint, numbers[4 + len(file.chunks) :]))
    written = write_aed(replace(file, damaged=frozenset()))
    begins = len(header_of(file)) + 4
    return header + crc32c(header).to_bytes(4, "little") + written[begins:]


def header_of(file: AedFile) -> bytes:
    """The header without its checksum."""
    sections = sum(len(c.data) + 4 for c in file.chunks) + sum(len(tile) + 4 for tile in file.tiles)
    return write_aed(replace(file, damaged=frozenset()))[: -sections - 4]


MUTATIONS = (
    flip,
    flip_early,
    truncate,
    splice,
    overwrite,
    payload,
    payload,
    swap_tiles,
    chunk_content,
    chunk_content,
    swap_chunks,
    facts,
    sizes,
    sizes,
)
