"""Small .aed files of every layout, made of fixed bytes."""

from __future__ import annotations

from aedesk.formats.aed_file import ALPHA, DPI, EXIF, ICC, PARAMETERS, XMP, AedFile, Chunk
from aedesk.formats.checksum import crc32c

MODEL_ID = bytes.fromhex("0123456789abcdef")


def some_bytes(count: int, seed: int = 1) -> bytes:
    """The same bytes everywhere, and none that repeat soon."""
    return b"".join(crc32c(bytes((seed, n & 255, n >> 8))).to_bytes(4, "little") for n in range(-(-count // 4)))[:count]


ONE_TILE = AedFile(768, 512, 3, 8, MODEL_ID, "codec", 50, 1024, (some_bytes(400),))
MANY_TILES = AedFile(
    width=300,
    height=130,
    channels=1,
    bit_depth=16,
    model_id=MODEL_ID[::-1],
    kind="codec",
    quality=100,
    tile_px=128,
    tiles=tuple(some_bytes(n * 37, n) for n in range(6)),
    chunks=(
        Chunk(ICC, some_bytes(130, 20)),
        Chunk(EXIF, some_bytes(8, 21)),
        Chunk(XMP, b""),
        Chunk(DPI, bytes.fromhex("80 38 01 00 80 38 01 00")),
        Chunk(ALPHA, some_bytes(60, 22)),
        Chunk("abcD", b"of a later version"),
    ),
)
CODES = AedFile(28, 28, 1, 8, MODEL_ID, "codes", 0, 448, (some_bytes(20),), (Chunk(PARAMETERS, some_bytes(30, 23)),))
ONE_PIXEL = AedFile(1, 1, 3, 8, MODEL_ID, "codec", 1, 64, (b"",))
HUGE = AedFile(30_000, 1, 3, 8, MODEL_ID, "codec", 7, 64, tuple(bytes([n % 251]) for n in range(469)))

FILES = {"one-tile": ONE_TILE, "many-tiles": MANY_TILES, "codes": CODES, "one-pixel": ONE_PIXEL, "huge": HUGE}
