"""Limits that are checked before memory for a picture is allocated."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.core.errors import FormatError


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


def check_size(width: int, height: int, limits: Limits, subject: str, hint: str) -> None:
    """Raises :class:`FormatError` for a picture beyond the limits, which apply to writers and readers alike.

    Args:
        subject: begins the message, as in "This picture has".
    """
    if max(width, height) > limits.edge_px or width * height > limits.pixels:
        limit = f"{limits.edge_px:,} pixels per edge and {limits.pixels / 1e6:,.0f} megapixels"
        raise FormatError(f"{subject} {width:,} x {height:,} pixels; the limits of .aed files are {limit}.", hint)
