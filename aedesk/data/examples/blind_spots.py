"""Noise2Void's blind spots (Krull 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

CELL_PX = 8
REACH_PX = 2


def blind(noisy: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """One pixel in every cell of 8x8 replaced by one of the 24 others around it ("uniform pixel selection").

    Args:
        noisy: (B, C, H, W); ``generator`` on its device.

    Returns:
        the changed pictures, and (B, 1, H, W), 1 at the replaced pixels and 0 elsewhere.
    """
    batch, _, height, width = noisy.shape
    device = noisy.device

    def integers(high: int) -> Tensor:
        return torch.randint(0, high, (batch, -(-height // CELL_PX), -(-width // CELL_PX)), generator=generator, device=device)

    rows = torch.arange(0, height, CELL_PX, device=device).view(1, -1, 1) + integers(CELL_PX)
    columns = torch.arange(0, width, CELL_PX, device=device).view(1, 1, -1) + integers(CELL_PX)
    rows, columns = rows.clamp(max=height - 1), columns.clamp(max=width - 1)
    side = 2 * REACH_PX + 1
    neighbour = integers(side * side - 1)
    neighbour = neighbour + (neighbour >= side * side // 2)  # never the pixel itself
    from_rows = _reflect(rows + neighbour // side - REACH_PX, height)
    from_columns = _reflect(columns + neighbour % side - REACH_PX, width)
    spots = (rows * width + columns).flatten(1)
    sources = (from_rows * width + from_columns).flatten(1)
    flat = noisy.flatten(2)
    places, values = (index.unsqueeze(1).expand(-1, flat.shape[1], -1) for index in (spots, sources))
    changed = flat.scatter(2, places, flat.gather(2, values)).view_as(noisy)
    weight = torch.zeros((batch, height * width), device=device).scatter(1, spots, 1.0)
    return changed, weight.view(batch, 1, height, width)


def _reflect(index: Tensor, length: int) -> Tensor:
    """Mirror what lies outside of [0, length)."""
    index = index.abs()
    return torch.where(index >= length, (2 * (length - 1) - index).clamp(min=0), index)
