"""The U-shaped body that the erasing networks share: plain 3x3 convolutions, residual blocks, additive skips."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.layers import Conv3x3
from aedesk.models.unet import ResidualBlock

FOLD = 2


class Trunk(nn.Module):
    """Maps (B, inputs, H, W) to (B, outputs, H, W); H and W multiples of ``multiple``.

    ::

        x ─ unshuffle ─ head ─ blocks ───────── + ─ blocks ─ tail ─ shuffle ─ y
                                └ down ─ ... ─ up ┘

    Args:
        widths: feature channels per level, finest (half resolution) first.
        blocks: residual blocks per level: in the encoder and again in the decoder; the last level has them once.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...], blocks: tuple[int, ...]) -> None:
        super().__init__()
        self.inputs, self.outputs, self.widths, self.blocks = inputs, outputs, widths, blocks
        self.head = Conv3x3(inputs * FOLD**2, widths[0], bias=True)
        self.tail = Conv3x3(widths[0], outputs * FOLD**2, bias=True)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.encoder = nn.ModuleList(_blocks(width, count) for width, count in zip(widths, blocks, strict=True))
        self.decoder = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[:-1], blocks[:-1], strict=True))
        with torch.no_grad():
            for parameter in self.tail.parameters():
                parameter.mul_(0.1)

    @property
    def multiple(self) -> int:
        return FOLD * 2 ** (len(self.widths) - 1)

    @property
    def reach_px(self) -> int:
        """How far an output pixel looks in each direction."""
        reach = 2 * FOLD + self.multiple - 1
        return reach + sum(count * FOLD * 2**level for level, count in enumerate(self._convolutions()))

    @property
    def macs_per_px(self) -> float:
        macs = 9.0 * self.widths[0] * (self.inputs + self.outputs)
        for level, (width, count) in enumerate(zip(self.widths, self._convolutions(), strict=True)):
            stride = FOLD * 2**level
            macs += count * 9 * width**2 / stride**2
            if level:
                macs += 2 * 4 * self.widths[level - 1] * width / stride**2
        return macs

    def forward(self, x: Tensor) -> Tensor:
        x = self.head(F.pixel_unshuffle(x, FOLD))
        skips = []
        for blocks, down in zip(self.encoder[:-1], self.down, strict=True):
            x = blocks(x)
            skips.append(x)
            x = down(x)
        x = self.encoder[-1](x)
        for blocks, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            x = blocks(up(x) + skips.pop())
        return F.pixel_shuffle(self.tail(x), FOLD)

    def _convolutions(self) -> list[int]:
        """3x3 convolutions per level, finest first."""
        last = len(self.blocks) - 1
        return [2 * count * (1 if level == last else 2) for level, count in enumerate(self.blocks)]


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))
