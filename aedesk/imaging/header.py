"""What a reader learns about a file before it decodes any pixel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aedesk.imaging.samples import Pixels


@dataclass(frozen=True)
class Header:
    """A file's description.

    Args:
        format: as in ``Picture.source_format``.
        width, height: of the stored pixels, before the orientation is applied.
        channels: 1 or 3 of the picture that will come out, alpha not counted.
        has_alpha: whether it will have an alpha channel.
        bit_depth: 8 or 16, of the picture that will come out.
        orientation: how the stored pixels must be turned, 1 to 8 (EXIF 2.32, tag 0x0112).
        icc, exif, xmp, dpi, iptc, text: as in ``Picture``, but the EXIF block still says the stored orientation.
        frames: number of pictures in the file.
        page: which of them this is, from 0.
        notes: as in ``Picture``.
    """

    format: str
    width: int
    height: int
    channels: int
    has_alpha: bool
    bit_depth: int
    orientation: int = 1
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = None
    text: tuple[tuple[str, str], ...] = ()
    frames: int = 1
    page: int = 0
    notes: tuple[str, ...] = ()


class Reader(Protocol):
    """A module that reads one family of formats. Any exception may leave it; ``io`` translates them."""

    def header(self, path: Path, page: int = 0) -> Header:
        """Describe one picture of the file without decoding its pixels.

        Raises:
            Unsupported: this kind of file, or a page other than the first, cannot be read.
        """
        ...

    def samples(self, path: Path, header: Header) -> Pixels:
        """Decode the stored samples: (H, W, channels, plus 1 with alpha), uint8 or uint16 of full range, alpha straight."""
        ...
