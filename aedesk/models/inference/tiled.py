"""Runs a network over a picture in tiles: bounded memory, no seams.

Each tile has a halo as wide as the network's receptive field, so that tiled and whole results agree up to rounding.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DeviceError
from aedesk.imaging.tiling import Box, tiles
from aedesk.models.layers import interruptible

SMALLEST_TILE_PX = 64
CPU_TILE_PX = 1536
CUDA_TILE_PX = 2048

Source = Callable[[Box], Tensor]
"""Returns the pixels of a box, (C, h, w) float32 on the CPU; the box may exceed the picture, whose edges are then replicated."""
Sink = Callable[[Box, Tensor], None]
"""Receives a core box and its result, (C, h, w) float32 on the CPU."""


def run_tiled(
    forward: Callable[[Tensor, Box], Tensor],
    source: Source,
    sink: Sink,
    size: tuple[int, int],
    *,
    halo_px: int,
    multiple: int,
    device: torch.device,
    dtype: torch.dtype,
    tile_px: int | None = None,
    part: Box | None = None,
    cancel: CancelToken,
) -> Iterator[tuple[int, int]]:
    """Applies ``forward`` to every tile.

    Args:
        forward: maps (1, C, h, w) float32 on ``device`` and the tile's outer box to a tensor of the same height and width.
        source: gives the pixels of outer boxes.
        sink: receives the results of core boxes, which cover ``part`` once.
        size: width and height of the picture.
        halo_px: context around a core.
        multiple: edges and origins of outer boxes are multiples of it.
        dtype: autocast precision.
        tile_px: edge of a core; None for the device's default.
        part: process only this box; None for the whole picture.

    Yields:
        Pixels done and pixels in all, after each tile.

    If memory runs out, the tile size is halved and the same place is tried again. Raises :class:`DeviceError` if the smallest tile does
    not fit.
    """
    part = part or Box(0, 0, *size)
    edge = tile_px or (CPU_TILE_PX if device.type == "cpu" else CUDA_TILE_PX)
    waiting = [part]
    done = 0
    while waiting:
        box = waiting.pop()
        for tile in tiles(*size, edge, halo_px, multiple, box):
            try:
                result = _run_one(forward, source(tile.outer), tile.outer, device, dtype, cancel)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                if device.type == "cuda":
                    torch.cuda.empty_cache()
                edge = min(edge, max(tile.core.width, tile.core.height)) // 2
                if edge < SMALLEST_TILE_PX:
                    hint = "Close other programs, or choose another device."
                    raise DeviceError(f"Not enough memory on {device} even for a small tile.", hint) from error
                waiting.extend(_rest(box, tile.core))
                break
            inner = tile.core.within(tile.outer)
            sink(tile.core, result[:, inner.top : inner.bottom, inner.left : inner.right])
            done += tile.core.area
            yield done, part.area


def _run_one(
    forward: Callable[[Tensor, Box], Tensor], pixels: Tensor, outer: Box, device: torch.device, dtype: torch.dtype, cancel: CancelToken
) -> Tensor:
    batch = pixels.unsqueeze(0).to(device).contiguous(memory_format=torch.channels_last)
    autocast = torch.autocast(device.type, dtype) if dtype != torch.float32 else contextlib.nullcontext()
    with torch.inference_mode(), autocast, interruptible(cancel.check):
        return forward(batch, outer)[0].float().cpu()


def _rest(box: Box, core: Box) -> list[Box]:
    """The boxes that remain of ``box`` once the tiles before ``core``, row by row, are done; the one to continue with is last."""
    below = Box(box.left, core.bottom, box.right, box.bottom)
    row = Box(core.left, core.top, box.right, core.bottom)
    return [part for part in (below, row) if part.area]


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that torch or Python ran out of memory; on the CPU torch raises a plain RuntimeError."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return "can't allocate memory" in text or "not enough memory" in text or "out of memory" in text
