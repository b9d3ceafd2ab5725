"""Limits that are checked before memory for a picture is allocated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The largest files a reader accepts.

    Args:
        edge_px: largest width or height.
        pixels: largest number of pixels.
        tile_px: largest tile edge of a file of the kind "codec": a decoder holds the latents of rows of tiles in memory. For the kind
            "codes" the limit depends on the model.
    """

    edge_px: int = 30_000
    pixels: int = 30_000**2
    tile_px: int = 2048


DEFAULT_LIMITS = Limits()
