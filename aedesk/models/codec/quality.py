"""Parameters that depend on the quality, 0 to 100."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aedesk.models.codec.fixed_point import settle_

BEST = 100
SPACING = 10
ANCHORS = BEST // SPACING + 1


LMBDA = (0.001, 0.5)
"""Trade-off of quality 0 and of quality 100: bits per pixel that one 8-bit level squared of mean error is worth."""


def lmbda_of(quality: Tensor) -> Tensor:
    """The trade-off lambda of a quality from 0 to 100: bpp + lambda * mean squared error in 8-bit levels is minimised."""
    first, last = LMBDA
    result: Tensor = first * (last / first) ** (quality.double() / BEST)
    return result.float()


class QualityTable(nn.Module):
    """A learned vector per quality: at every tenth a row of its own, between them linear (gain units, Cui 2021).

    Args:
        start: (ANCHORS, channels): the rows before training; what is learned is the difference from them.
        scale: of what is learned against the weight that the optimizer sees.
        relative: what is learned is a factor on ``start``, for positive numbers of very different size: they stay positive.
    """

    start: Tensor

    def __init__(self, start: Tensor, scale: float = 1.0, *, relative: bool = False) -> None:
        super().__init__()
        self.scale, self.relative = scale, relative
        self.register_buffer("start", start.clone())
        self.change = nn.Parameter(torch.zeros_like(start))

    def forward(self, quality: Tensor) -> Tensor:
        """(B, channels, 1, 1) for ``quality`` (B,) of whole numbers; settled in float64."""
        change = self.scale * self.change
        if self.relative:  # growth and its inverse, without an exponential, which may differ by machine
            rows = settle_(torch.where(change >= 0, self.start * (1 + change), self.start / (1 - change.clamp(max=0))))
        else:
            rows = settle_(self.start + change)
        quality = quality.long()
        low = (quality // SPACING).clamp(max=ANCHORS - 2)
        part = (quality - low * SPACING).to(rows.dtype)[:, None]
        between = ((SPACING - part) * rows[low] + part * rows[low + 1]) / SPACING
        return settle_(between)[:, :, None, None]
