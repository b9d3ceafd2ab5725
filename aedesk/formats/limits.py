"""Limits that are checked before anything of a picture's size is allocated."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a reader is willing to open.

    Args:
        edge_px: longest width or height.
        pixels: most pixels.
        tile_px: largest tile edge of a file of the kind "codec"; a decoder holds the latent of a row of tiles in memory. What the
            codes of another autoencoder may have depends on the model.
    """

    edge_px: int = 30_000
    pixels: int = 30_000**2
    tile_px: int = 2048


DEFAULT_LIMITS = Limits()
