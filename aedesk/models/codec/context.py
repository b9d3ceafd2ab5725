"""In which of four steps each symbol of the codec is coded, and how what belongs to one step is kept.

In each step a quarter of the channels (a group) is coded at every position, another one at each corner of a 2x2 square of positions. A
group's second step sees its neighbours along the diagonals, the third those along the sides, the fourth all eight (Li 2023). Numbers of
one step are kept as (4, channels / 4, B, h / 2, w / 2): corner by corner (upper left, upper right, lower left, lower right), each with the
channels of its group, so that nothing is computed for what is coded in another step.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

STEPS = 4
HYPER_STRIDE = 4
FLIPS = (0, 3, 1, 2)
"""In step s, corner k codes the channels c with c % 4 == k ^ FLIPS[s]."""


def on_grid(latent: Tensor) -> Tensor:
    """With zeros below and right, so that height and width are multiples of 4."""
    height, width = (-edge % HYPER_STRIDE for edge in latent.shape[2:])
    return F.pad(latent, (0, width, 0, height))


def corners(x: Tensor) -> Tensor:
    """(B, C, h, w) to (4, C, B, h / 2, w / 2)."""
    return x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).permute(3, 5, 1, 0, 2, 4).flatten(0, 1)


def interleaved(x: Tensor) -> Tensor:
    """The way back from :func:`corners`."""
    return x.unflatten(0, (2, 2)).permute(3, 2, 4, 0, 5, 1).flatten(4, 5).flatten(2, 3)


def steps_of(latent: Tensor) -> list[Tensor]:
    """(B, C, h, w) to what belongs to each step, four times (4, C / 4, B, h / 2, w / 2)."""
    groups = corners(latent).unflatten(1, (-1, STEPS))
    return [torch.stack([groups[corner, :, corner ^ flip] for corner in range(4)]) for flip in FLIPS]


def latent_of(steps: Sequence[Tensor]) -> Tensor:
    """The way back from :func:`steps_of`."""
    groups = [torch.stack([steps[FLIPS.index(corner ^ group)][corner] for group in range(STEPS)], 1) for corner in range(4)]
    return interleaved(torch.stack(groups).flatten(1, 2))


def of_quality(table: Tensor) -> Tensor:
    """(B, C, 1, 1) to (4 groups, C / 4, B, 1, 1)."""
    return table.unflatten(1, (-1, STEPS)).permute(2, 1, 0, 3, 4)


def framed(values: Tensor) -> Tensor:
    """With zeros all around, for :func:`neighbour`."""
    return F.pad(values, (1, 1, 1, 1))


def neighbour(frame: Tensor, corner: int, dy: int, dx: int) -> Tensor:
    """What lies ``dy`` rows below and ``dx`` columns right of every ``corner`` inside a :func:`framed` (4, C, B, h / 2, w / 2): a view."""
    height, width = (edge - 2 for edge in frame.shape[3:])
    row, column = corner // 2 + dy, corner % 2 + dx
    top, left = 1 + row // 2, 1 + column // 2
    return frame[2 * (row % 2) + column % 2, :, :, top : top + height, left : left + width]


def taps(step: int, earlier: int) -> tuple[tuple[int, int], ...]:
    """(rows down, columns right) of the neighbours whose channels of the same group were coded in the step ``earlier``."""
    flip = FLIPS[step] ^ FLIPS[earlier]
    return tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if 2 * abs(dy) + abs(dx) == flip)


def groups_of(flip: int) -> list[int]:
    """The group of each corner."""
    return [corner ^ flip for corner in range(4)]
