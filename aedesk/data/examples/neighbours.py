"""Neighbor2Neighbor's sub-sampling (Huang 2021): two pictures of half the size out of one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Pixels of a 2x2 cell are numbered row by row; these are the ordered pairs that touch.
_PAIRS = ((0, 1), (1, 0), (0, 2), (2, 0), (1, 3), (3, 1), (2, 3), (3, 2))


def draw_pick(whole: Tensor, generator: torch.Generator) -> Tensor:
    """Which two neighbours to take in every cell of ``whole`` (B, C, 2H, 2W): (B, 1, H, W) int64, on its device."""
    batch, _, height, width = whole.shape
    return torch.randint(0, len(_PAIRS), (batch, 1, height // 2, width // 2), generator=generator, device=whole.device)


def neighbours(whole: Tensor, pick: Tensor) -> tuple[Tensor, Tensor]:
    """The two sub-sampled pictures (B, C, H, W) of ``whole`` (B, C, 2H, 2W)."""
    batch, channels = whole.shape[:2]
    cells = F.pixel_unshuffle(whole, 2).view(batch, channels, 4, *pick.shape[2:])
    chosen = torch.tensor(_PAIRS, device=whole.device)[pick]  # (B, 1, H, W, 2)
    first, second = (cells.gather(2, chosen[..., side].unsqueeze(1).expand(-1, channels, -1, -1, -1)).squeeze(2) for side in (0, 1))
    return first, second
