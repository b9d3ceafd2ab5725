"""Estimates the noise level of a picture from the picture: the *auto* of the restoration models."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.layers import Conv3x3

CELL_PX = 8


class NoiseEstimator(nn.Module):
    """Local noise level in 8-bit units, one number per cell of 8x8 pixels.

    ::

        noisy ─ unshuffle 2 ─ conv ─ relu ─ (conv ─ relu) x 3 ─ mean over 4x4 ─ conv 1x1 ─ softplus ─ sigma

    Input: (B, channels, H, W) in [0, 1], H and W multiples of 8. Output: (B, 1, H/8, W/8), root mean square of the noise over
    channels. The mean before the last layer makes it a local statistic, as in the estimators of CBDNet (Guo 2019).
    """

    halo_px = 16

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.head = Conv3x3(channels * 4, width, bias=True)
        self.body = nn.ModuleList(Conv3x3(width, width, bias=True) for _ in range(3))
        self.tail = nn.Conv2d(width, 1, 1)
        # torch's default shrinks the signal threefold per layer: the noise, small as it is, would never reach the end.
        for layer in (self.head, *self.body):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, noisy: Tensor) -> Tensor:
        x = F.relu(self.head((F.pixel_unshuffle(noisy, 2) - 0.5) * 4))
        for layer in self.body:
            x = F.relu(layer(x))
        x = self.tail(F.avg_pool2d(x, CELL_PX // 2))
        return F.softplus(x.float()) * 16
