"""Pictures and files of a latent. Any thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aedesk.core.codec_specs import LatentsResult
from aedesk.core.formatting import format_bytes
from aedesk.gui.panels.compress.bit_cost_map import with_bit_costs
from aedesk.imaging import failures
from aedesk.imaging.atomic import replacing
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture

MAX_MAPS = 60
"""More maps would be too small on a screen; the channels that are left out are the weakest."""
BIT_COST_EDGE_PX = 1600


@dataclass(frozen=True, eq=False)
class Maps:
    """The contents of the latent page.

    Args:
        order: channel indices, those with the largest symbols first, at most ``MAX_MAPS``.
        maps: (n, rows, columns, 1) uint8 in that order; gray is zero, and each is scaled to its own largest magnitude.
        used: number of channels with non-zero symbols.
        bit_costs: (h, w, 3) uint8: the picture with its bit costs laid over it; None without the picture.
    """

    result: LatentsResult
    order: tuple[int, ...]
    maps: NDArray[np.uint8]
    used: int
    bit_costs: NDArray[np.uint8] | None


def make_maps(result: LatentsResult, picture: Picture | None) -> Maps:
    """Returns the maps of a latent; ``picture`` is the full-size picture that it encodes."""
    strength = np.abs(result.symbols.astype(np.int32)).sum((1, 2))
    order = np.argsort(-strength, kind="stable")[:MAX_MAPS]
    maps = np.stack([map_of(result.values[channel]) for channel in order]) if len(order) else np.zeros((0, 1, 1, 1), np.uint8)
    bit_costs = None if picture is None else _bit_cost_picture(result, picture)
    return Maps(result, tuple(map(int, order)), maps, int((strength > 0).sum()), bit_costs)


def map_of(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Returns (rows, columns, 1) uint8 of (rows, columns) values; zero is middle gray."""
    peak = max(float(np.abs(values).max()), 1e-6)
    return np.clip(128 + 127 * values / peak, 0, 255).astype(np.uint8)[:, :, None]


def describe_channel(result: LatentsResult, channel: int) -> str:
    """Returns the range of the symbols of a channel and the share of zeros."""
    symbols = result.symbols[channel]
    zeros = float((symbols == 0).mean())
    low, high = int(symbols.min()), int(symbols.max())
    return f"Channel {channel}: symbols {low} to {high}, {zeros:.0%} zeros".replace("%", "\N{NO-BREAK SPACE}%")


def describe_latent(maps: Maps) -> str:
    """Returns the shape and the size of the whole latent in words."""
    result = maps.result
    channels, rows, columns = result.symbols.shape
    total = float(result.bits.sum())
    side = f", and {format_bytes(result.side_bits / 8)} of side information" if result.side_bits else ""
    return (
        f"{channels} channels of {columns} \N{MULTIPLICATION SIGN} {rows} positions, one per {result.stride_px} \N{MULTIPLICATION SIGN} "
        f"{result.stride_px} pixels; {maps.used} channels are in use. Symbols: {format_bytes(total / 8)}{side}. "
        f"Bits per position: {float(result.bits.mean()):.1f} on average, at most {float(result.bits.max()):.0f}."
    )


def export(result: LatentsResult, path: Path) -> Path:
    """Writes symbols, values and bits as a NumPy .npz file, completely or not at all. Raises PictureError."""
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


def _bit_cost_picture(result: LatentsResult, picture: Picture) -> NDArray[np.uint8]:
    """Returns the picture with its bit costs, at most ``BIT_COST_EDGE_PX`` large."""
    display = to_display(picture, BIT_COST_EDGE_PX)
    stride = result.stride_px * display.shape[1] / picture.width
    return with_bit_costs(display, result.bits, stride)
