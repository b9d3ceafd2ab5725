"""Limits that are checked before anything of a picture's size is allocated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a reader is willing to open.

    Args:
        edge_px: longest width or height.
        pixels: most pixels.
        tile_px: largest tile edge; a decoder may hold the latent of one tile in memory.
    """

    edge_px: int = 30_000
    pixels: int = 30_000**2
    tile_px: int = 16_384


DEFAULT_LIMITS = Limits()
