"""The content of an .aed file as one record."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from aedesk.core.errors import FormatError

MAGIC = b"\x89AED"
"""First bytes of a file. The first one is not ASCII, so that a transfer that changes line ends or strips the eighth bit is detected."""
VERSION = 1
SUFFIX = ".aed"
GET_AGAIN = "Get a new copy of the file."
"""Hint for errors about damaged files."""

ICC = "iccp"
"""Colour profile of the pixels."""
EXIF = "exif"
"""TIFF structure without the ``Exif\\0\\0`` prefix."""
XMP = "xmpp"
"""XMP packet (XML)."""
DPI = "dpis"
"""Horizontal and vertical pixels per inch in thousandths, two unsigned little-endian 32-bit integers."""
ALPHA = "alph"
"""Lossless alpha channel."""
PREVIEW = "prev"
"""A small WebP or JPEG of the picture, for file managers."""
MODEL = "modl"
"""The model itself, as a safetensors file."""
PARAMETERS = "CODE"
"""How the latent of an autoencoder is quantised and coded (kind "codes")."""

CRITICAL = frozenset({PARAMETERS})
"""Critical kinds that this version supports."""

TILE_UNIT_PX = 64
MODEL_ID_BYTES = 8
MAX_CHUNKS = 64
_MAX_EDGE_PX = 2**20
_MAX_TILE_UNITS = 1023
_KIND = re.compile(r"[A-Za-z]{4}")


@dataclass(frozen=True)
class Chunk:
    """Data besides the coded pixels.

    Args:
        kind: four ASCII letters. A reader that does not know the kind ignores the chunk if the first letter is lower-case
            ("optional"), and rejects the file if it is upper-case ("critical").
        data: the content.
    """

    kind: str
    data: bytes = field(repr=False)

    @property
    def critical(self) -> bool:
        """Whether a reader that does not know the kind must reject the file."""
        return self.kind[0].isupper()


@dataclass(frozen=True)
class AedFile:
    """The content of an .aed file.

    Args:
        width, height: size of the picture in pixels.
        channels: 1 (gray) or 3 (RGB), without alpha.
        bit_depth: 8 or 16, of the original.
        model_id: 8 bytes that identify the model (``models.files.identity``).
        kind: "codec" for the learned codec, "codes" for any other autoencoder.
        quality: 0 to 100.
        tile_px: edge of the tiles, a multiple of 64; tiles at the right and bottom edges may be smaller.
        tiles: payloads, row by row.
        chunks: at most one of each kind, in file order.
        damaged: indexes of tiles with a wrong checksum, after reading.

    Raises:
        FormatError: a value is out of range, or values are inconsistent.
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
        """Number of tiles per row."""
        return -(-self.width // self.tile_px)

    @property
    def rows(self) -> int:
        """Number of rows of tiles."""
        return -(-self.height // self.tile_px)

    def rectangle(self, tile: int) -> tuple[int, int, int, int]:
        """Returns (left, top, width, height) in pixels of one tile."""
        top, left = (position * self.tile_px for position in divmod(tile, self.columns))
        return left, top, min(self.tile_px, self.width - left), min(self.tile_px, self.height - top)

    def chunk(self, kind: str) -> bytes | None:
        """Returns the content of the chunk of this kind, or None."""
        return next((chunk.data for chunk in self.chunks if chunk.kind == kind), None)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise FormatError(f"An .aed file cannot have {what}.", GET_AGAIN)
