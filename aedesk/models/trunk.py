"""The U-shaped body that the erasing networks share: plain 3x3 convolutions, residual blocks, additive skips."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from aedesk.models.layers import Conv3x3
from aedesk.models.unet import ResidualBlock

FOLD = 2
MOMENTUM = 0.02
"""Share of the newest batch in the running means. Slower than torch's 0.1, for they are used with a moving average of the weights."""


class NormedBlock(nn.Module):
    """relu(x + norm(conv(relu(norm(conv(x)))))), (B, C, H, W) to the same (He 2016, with the batch normalisation of Ioffe 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = Conv3x3(width, width)
        self.conv2 = Conv3x3(width, width)
        self.norm1: nn.Module = _norm(width)
        self.norm2: nn.Module = _norm(width)

    def fold_norms(self) -> None:
        self.conv1, self.norm1 = _folded(self.conv1, self.norm1)
        self.conv2, self.norm2 = _folded(self.conv2, self.norm2)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        return F.relu(x + self.norm2(self.conv2(y)), inplace=True)


class Trunk(nn.Module):
    """Maps (B, inputs, H, W) to (B, outputs, H, W); H and W multiples of ``multiple``.

    ::

        x ─ unshuffle ─ head ─ blocks ───────── + ─ blocks ─ tail ─ shuffle ─ y
                                └ down ─ ... ─ up ┘

    Args:
        widths: feature channels per level, finest (half resolution) first.
        blocks: residual blocks per level: in the encoder and again in the decoder; the last level has them once.
        normed: batch normalisation after every convolution but the last, for what classifies pixels: without it the finder of marks
            diverged at the rate (Muon's 1.5e-2) at which it learns with it. What adds a correction to a picture needs none.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...], blocks: tuple[int, ...], *, normed: bool = False) -> None:
        super().__init__()
        self.inputs, self.outputs, self.widths, self.blocks = inputs, outputs, widths, blocks
        levels = list(pairwise(widths))
        self.head = Conv3x3(inputs * FOLD**2, widths[0], bias=True)
        self.tail = Conv3x3(widths[0], outputs * FOLD**2, bias=True)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in levels)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in levels)
        self.encoder = nn.ModuleList(_blocks(width, count, normed) for width, count in zip(widths, blocks, strict=True))
        self.decoder = nn.ModuleList(_blocks(width, count, normed) for width, count in zip(widths[:-1], blocks[:-1], strict=True))
        self.after_head = _joint(widths[0], normed)
        self.after_down = nn.ModuleList(_joint(width, normed) for width in widths[1:])
        self.after_up = nn.ModuleList(_joint(width, normed) for width in widths[:-1])
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

    def fold_norms(self) -> None:
        if not isinstance(self.after_head, nn.Sequential):
            return
        self.head, self.after_head[0] = _folded(self.head, self.after_head[0])
        for convolutions, joints in ((self.down, self.after_down), (self.up, self.after_up)):
            for level, joint in enumerate(joints):
                assert isinstance(joint, nn.Sequential)
                convolutions[level], joint[0] = _folded(convolutions[level], joint[0])

    def forward(self, x: Tensor) -> Tensor:
        x = self.after_head(self.head(F.pixel_unshuffle(x, FOLD)))
        skips = []
        for blocks, down, joint in zip(self.encoder[:-1], self.down, self.after_down, strict=True):
            x = blocks(x)
            skips.append(x)
            x = joint(down(x))
        x = self.encoder[-1](x)
        for blocks, up, joint in zip(reversed(self.decoder), reversed(self.up), reversed(self.after_up), strict=True):
            x = blocks(joint(up(x)) + skips.pop())
        return F.pixel_shuffle(self.tail(x), FOLD)

    def _convolutions(self) -> list[int]:
        """3x3 convolutions per level, finest first."""
        last = len(self.blocks) - 1
        return [2 * count * (1 if level == last else 2) for level, count in enumerate(self.blocks)]


def fold_norms(network: nn.Module) -> None:
    """Make the batch normalisations in a network's trunks part of the convolutions before them, in place.

    The network, in eval mode, stays the same function but for rounding, in a fifth less time; it cannot be trained any more.
    """
    for module in network.modules():
        if isinstance(module, (Trunk, NormedBlock)):
            module.fold_norms()


def _folded(convolution: Any, norm: Any) -> tuple[Any, nn.Identity]:
    return fuse_conv_bn_eval(convolution, norm, transpose=isinstance(convolution, nn.ConvTranspose2d)), nn.Identity()


def _blocks(width: int, count: int, normed: bool) -> nn.Sequential:
    return nn.Sequential(*(NormedBlock(width) if normed else ResidualBlock(width) for _ in range(count)))


def _joint(width: int, normed: bool) -> nn.Module:
    """What follows a convolution that is in no block."""
    return nn.Sequential(_norm(width), nn.ReLU(inplace=True)) if normed else nn.Identity()


def _norm(width: int) -> nn.Module:
    return nn.BatchNorm2d(width, momentum=MOMENTUM)
