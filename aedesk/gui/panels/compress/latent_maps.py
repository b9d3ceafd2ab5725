"""A latent as pictures and as a file. May run on any thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aedesk.core.codec_specs import LatentsResult
from aedesk.core.formatting import format_bytes
from aedesk.gui.panels.compress.bit_cost_map import heated
from aedesk.imaging import failures
from aedesk.imaging.atomic import replacing
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture

MAX_MAPS = 60
"""More cannot be told apart on a screen; the others carry least."""
HEAT_EDGE_PX = 1600


@dataclass(frozen=True, eq=False)
class Maps:
    """What the page shows.

    Args:
        order: channel numbers, those whose symbols are largest first, at most ``MAX_MAPS``.
        maps: (n, rows, columns, 1) uint8 in that order; gray is zero, and each goes to its own largest magnitude.
        used: channels with a symbol other than zero.
        heat: (h, w, 3) uint8: the picture with the bits of each place over it; None without the picture.
    """

    result: LatentsResult
    order: tuple[int, ...]
    maps: NDArray[np.uint8]
    used: int
    heat: NDArray[np.uint8] | None


def make_maps(result: LatentsResult, picture: Picture | None) -> Maps:
    """``picture``: what the latent stands for, of its whole size."""
    strength = np.abs(result.symbols.astype(np.int32)).sum((1, 2))
    order = np.argsort(-strength, kind="stable")[:MAX_MAPS]
    maps = np.stack([map_of(result.values[channel]) for channel in order]) if len(order) else np.zeros((0, 1, 1, 1), np.uint8)
    heat = None if picture is None else _heat(result, picture)
    return Maps(result, tuple(map(int, order)), maps, int((strength > 0).sum()), heat)


def map_of(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(rows, columns) to (rows, columns, 1): zero is middle gray."""
    peak = max(float(np.abs(values).max()), 1e-6)
    return np.clip(128 + 127 * values / peak, 0, 255).astype(np.uint8)[:, :, None]


def channel_words(result: LatentsResult, channel: int) -> str:
    """Numbers of one channel."""
    symbols = result.symbols[channel]
    zeros = float((symbols == 0).mean())
    low, high = int(symbols.min()), int(symbols.max())
    return f"Channel {channel}: symbols {low} to {high}, {zeros:.0%} of them zero".replace("%", "\N{NO-BREAK SPACE}%")


def latent_words(maps: Maps) -> str:
    """Numbers of the whole latent."""
    result = maps.result
    channels, rows, columns = result.symbols.shape
    total = float(result.bits.sum())
    side = f", and {format_bytes(result.side_bits / 8)} of side information" if result.side_bits else ""
    return (
        f"{channels} channels of {columns} \N{MULTIPLICATION SIGN} {rows} places, one per {result.stride_px} \N{MULTIPLICATION SIGN} "
        f"{result.stride_px} pixels; {maps.used} of them carry something. Symbols: {format_bytes(total / 8)}{side}. "
        f"A place costs {float(result.bits.mean()):.1f} bits on average, at most {float(result.bits.max()):.0f}."
    )


def export(result: LatentsResult, path: Path) -> Path:
    """Write symbols, values and bits as NumPy's .npz, whole or not at all. Raises PictureError."""
    with failures.writing(path), replacing(path, overwrite=True) as file:
        np.savez_compressed(
            file,
            symbols=result.symbols,
            values=result.values,
            bits=result.bits,
            side_bits=np.float64(result.side_bits),
            stride_px=np.int64(result.stride_px),
        )
    return path


def _heat(result: LatentsResult, picture: Picture) -> NDArray[np.uint8]:
    """At most ``HEAT_EDGE_PX`` large: places shrink with the picture."""
    shown = to_display(picture, HEAT_EDGE_PX)
    stride = result.stride_px * shown.shape[1] / picture.width
    return heated(shown, result.bits, stride)
