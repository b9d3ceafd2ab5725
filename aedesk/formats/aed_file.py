"""What an .aed file says, as one record."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from aedesk.core.errors import FormatError

MAGIC = b"\x89AED"
"""How a file begins. The first byte is no text, so that a transfer that spoils line ends or the eighth bit is noticed."""
VERSION = 1
SUFFIX = ".aed"

ICC = "iccp"
"""Colour profile of the pixels."""
EXIF = "exif"
"""TIFF structure, without ``Exif\\0\\0`` before it."""
XMP = "xmpp"
"""XMP packet (XML)."""
DPI = "dpis"
"""Horizontal and vertical pixels per inch in thousandths, two unsigned little-endian 32-bit integers."""
ALPHA = "alph"
"""Lossless alpha channel."""
PREVIEW = "prev"
"""A small JPEG of the picture, for file managers."""
MODEL = "modl"
"""The model itself, as a safetensors file."""
PARAMETERS = "CODE"
"""How the codes of a plain autoencoder are quantised and coded."""

CRITICAL = frozenset({PARAMETERS})
"""The critical kinds this version knows."""

TILE_UNIT_PX = 64
MODEL_ID_BYTES = 8
MAX_CHUNKS = 64
_MAX_EDGE_PX = 2**20
_MAX_TILE_UNITS = 1023
_KIND = re.compile(r"[A-Za-z]{4}")


@dataclass(frozen=True)
class Chunk:
    """Something beside the picture.

    Args:
        kind: four ASCII letters. A reader that does not know it leaves the chunk out if the first letter is lower-case ("optional"),
            and refuses the file if it is upper-case ("critical").
        data: its content.
    """

    kind: str
    data: bytes = field(repr=False)

    @property
    def critical(self) -> bool:
        return self.kind[0].isupper()


@dataclass(frozen=True)
class AedFile:
    """All that is in an .aed file.

    Args:
        width, height: of the picture in pixels.
        channels: 1 (gray) or 3 (RGB), alpha not counted.
        bit_depth: 8 or 16, that of the picture that was encoded.
        model_id: the first 8 bytes of the SHA-256 of the model's weights.
        kind: "codec", or "codes" for those of a plain autoencoder.
        quality: 0 to 100.
        tile_px: edge of the squares that are coded apart, a multiple of 64; those at the right and the bottom are what is left.
        tiles: the payload of each, row by row.
        chunks: at most one of each kind, in the file's order.
        damaged: indexes of the tiles whose checksum is wrong, after reading.

    Raises:
        FormatError: something is out of range or does not fit together.
    """

    width: int
    height: int
    channels: int
    bit_depth: int
    model_id: bytes
    kind: Literal["codec", "codes"]
    quality: int
    tile_px: int
    tiles: tuple[bytes, ...] = field(repr=False)
    chunks: tuple[Chunk, ...] = ()
    damaged: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        _require(1 <= self.width <= _MAX_EDGE_PX and 1 <= self.height <= _MAX_EDGE_PX, f"a size of {self.width} x {self.height} px")
        _require(self.channels in (1, 3), f"{self.channels} channels")
        _require(self.bit_depth in (8, 16), f"a bit depth of {self.bit_depth}")
        _require(len(self.model_id) == MODEL_ID_BYTES, f"a model id of {len(self.model_id)} bytes")
        _require(self.kind in ("codec", "codes"), f"the kind {self.kind!r}")
        _require(0 <= self.quality <= 100, f"the quality {self.quality}")
        units, rest = divmod(self.tile_px, TILE_UNIT_PX)
        _require(rest == 0 and 1 <= units <= _MAX_TILE_UNITS, f"tiles of {self.tile_px} px")
        _require(len(self.tiles) == self.rows * self.columns, f"{len(self.tiles)} tiles instead of {self.rows} x {self.columns}")
        kinds = [chunk.kind for chunk in self.chunks]
        _require(all(_KIND.fullmatch(kind) for kind in kinds), "a chunk whose name is not four letters")
        _require(len(kinds) <= MAX_CHUNKS and len(set(kinds)) == len(kinds), "too many chunks, or two of one kind")

    @property
    def columns(self) -> int:
        """Tiles side by side."""
        return -(-self.width // self.tile_px)

    @property
    def rows(self) -> int:
        """Tiles one above the other."""
        return -(-self.height // self.tile_px)

    def rectangle(self, tile: int) -> tuple[int, int, int, int]:
        """(left, top, width, height) in pixels of one tile."""
        top, left = (position * self.tile_px for position in divmod(tile, self.columns))
        return left, top, min(self.tile_px, self.width - left), min(self.tile_px, self.height - top)

    def chunk(self, kind: str) -> bytes | None:
        """The content of the chunk of this kind, None if there is none."""
        return next((chunk.data for chunk in self.chunks if chunk.kind == kind), None)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise FormatError(f"An .aed file cannot have {what}.", "If it was read from a file, get that again from where it came from.")
