"""Parameters that depend on the quality, 0 to 100."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aedesk.models.codec.fixed_point import settle_

MAX_QUALITY = 100
SPACING = 10
ANCHORS = MAX_QUALITY // SPACING + 1


LMBDA = (0.001, 0.5)
"""Lagrange multiplier at quality 0 and at quality 100, in bits per pixel per squared 8-bit level of mean error."""


def lmbda_of(quality: Tensor) -> Tensor:
    """Returns the Lagrange multiplier lambda of qualities: bpp + lambda * MSE in squared 8-bit levels is minimised. Float32."""
    first, last = LMBDA
    result: Tensor = first * (last / first) ** (quality.double() / MAX_QUALITY)
    return result.float()


class QualityTable(nn.Module):
    """A learned vector per quality: one row at every tenth quality, linear interpolation between them (gain units, Cui 2021).

    Args:
        start: (ANCHORS, channels), the rows before training; the difference from them is learned.
        scale: factor on the learned difference, for rows that are large compared with the optimizer's steps.
        relative: the learned difference is a factor on ``start``, for positive values of very different size, which stay positive.
    """

    start: Tensor

    def __init__(self, start: Tensor, scale: float = 1.0, *, relative: bool = False) -> None:
        super().__init__()
        self.scale, self.relative = scale, relative
        self.register_buffer("start", start.clone())
        self.change = nn.Parameter(torch.zeros_like(start))

    def forward(self, quality: Tensor) -> Tensor:
        """Returns (B, channels, 1, 1) for integer ``quality`` (B,); in float64 rounded to fixed point (``fixed_point.settle_``)."""
        change = self.scale * self.change
        if self.relative:  # growth and its inverse; an exponential may differ between machines
            rows = settle_(torch.where(change >= 0, self.start * (1 + change), self.start / (1 - change.clamp(max=0))))
        else:
            rows = settle_(self.start + change)
        quality = quality.long()
        low = (quality // SPACING).clamp(max=ANCHORS - 2)
        part = (quality - low * SPACING).to(rows.dtype)[:, None]
        interpolated = ((SPACING - part) * rows[low] + part * rows[low + 1]) / SPACING
        return settle_(interpolated)[:, :, None, None]
