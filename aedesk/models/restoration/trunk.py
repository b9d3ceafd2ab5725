"""The U-Net shared by the watermark and inpainting networks: plain 3x3 convolutions, residual blocks, additive skip connections."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from aedesk.models.layers import Conv3x3
from aedesk.models.restoration.unet import ResidualBlock

UNSHUFFLE = 2
BATCHNORM_MOMENTUM = 0.02
"""Weight of the newest batch in the running statistics. Lower than torch's 0.1, because the network is used with averaged weights."""


class BatchNormBlock(nn.Module):
    """relu(x + bn(conv(relu(bn(conv(x)))))), (B, C, H, W) to the same shape (He 2016; batch normalisation: Ioffe 2015)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = Conv3x3(width, width)
        self.conv2 = Conv3x3(width, width)
        self.norm1: nn.Module = _batchnorm(width)
        self.norm2: nn.Module = _batchnorm(width)

    def fold_batchnorm(self) -> None:
        """Merges the normalisations into the convolutions, in place; see :func:`fold_batchnorm`."""
        self.conv1, self.norm1 = _folded(self.conv1, self.norm1)
        self.conv2, self.norm2 = _folded(self.conv2, self.norm2)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)), inplace=True)
        return F.relu(x + self.norm2(self.conv2(y)), inplace=True)


class Trunk(nn.Module):
    """Maps (B, inputs, H, W) to (B, outputs, H, W); H and W are multiples of ``size_multiple``.

    ::

        x ─ unshuffle ─ head ─ blocks ───────── + ─ blocks ─ tail ─ shuffle ─ y
                                └ down ─ ... ─ up ┘

    Args:
        inputs, outputs: channels.
        widths: feature channels per scale, finest (half resolution) first.
        blocks: residual blocks per scale, in the encoder and again in the decoder; the coarsest scale has them once.
        batchnorm: batch normalisation after every convolution but the last. The classifying finder diverged without it at the learning
            rate (Muon, 1.5e-2) at which it trains with it; networks that predict a residual need none.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...], blocks: tuple[int, ...], *, batchnorm: bool = False) -> None:
        super().__init__()
        self.inputs, self.outputs, self.widths, self.blocks = inputs, outputs, widths, blocks
        transitions = list(pairwise(widths))
        self.head = Conv3x3(inputs * UNSHUFFLE**2, widths[0], bias=True)
        self.tail = Conv3x3(widths[0], outputs * UNSHUFFLE**2, bias=True)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in transitions)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in transitions)
        self.encoder = nn.ModuleList(_blocks(width, count, batchnorm) for width, count in zip(widths, blocks, strict=True))
        self.decoder = nn.ModuleList(_blocks(width, count, batchnorm) for width, count in zip(widths[:-1], blocks[:-1], strict=True))
        self.after_head = _norm_and_relu(widths[0], batchnorm)
        self.after_down = nn.ModuleList(_norm_and_relu(width, batchnorm) for width in widths[1:])
        self.after_up = nn.ModuleList(_norm_and_relu(width, batchnorm) for width in widths[:-1])
        with torch.no_grad():
            for parameter in self.tail.parameters():
                parameter.mul_(0.1)

    @property
    def size_multiple(self) -> int:
        return UNSHUFFLE * 2 ** (len(self.widths) - 1)

    @property
    def receptive_radius_px(self) -> int:
        """Largest distance, in pixels along one axis, of an input pixel that influences an output pixel."""
        radius = 2 * UNSHUFFLE + self.size_multiple - 1
        return radius + sum(count * UNSHUFFLE * 2**scale for scale, count in enumerate(self._conv_counts()))

    @property
    def macs_per_px(self) -> float:
        """Multiply-accumulate operations per pixel of the input."""
        macs = 9.0 * self.widths[0] * (self.inputs + self.outputs)
        for scale, (width, count) in enumerate(zip(self.widths, self._conv_counts(), strict=True)):
            stride = UNSHUFFLE * 2**scale
            macs += count * 9 * width**2 / stride**2
            if scale:
                macs += 2 * 4 * self.widths[scale - 1] * width / stride**2
        return macs

    def fold_batchnorm(self) -> None:
        """Merges the normalisations outside of the blocks into the convolutions, in place; see :func:`fold_batchnorm`."""
        if not isinstance(self.after_head, nn.Sequential):
            return
        self.head, self.after_head[0] = _folded(self.head, self.after_head[0])
        for convolutions, followers in ((self.down, self.after_down), (self.up, self.after_up)):
            for scale, follower in enumerate(followers):
                assert isinstance(follower, nn.Sequential)
                convolutions[scale], follower[0] = _folded(convolutions[scale], follower[0])

    def forward(self, x: Tensor) -> Tensor:
        x = self.after_head(self.head(F.pixel_unshuffle(x, UNSHUFFLE)))
        skips = []
        for blocks, down, after in zip(self.encoder[:-1], self.down, self.after_down, strict=True):
            x = blocks(x)
            skips.append(x)
            x = after(down(x))
        x = self.encoder[-1](x)
        for blocks, up, after in zip(reversed(self.decoder), reversed(self.up), reversed(self.after_up), strict=True):
            x = blocks(after(up(x)) + skips.pop())
        return F.pixel_shuffle(self.tail(x), UNSHUFFLE)

    def _conv_counts(self) -> list[int]:
        """Number of 3x3 convolutions per scale, finest first."""
        last = len(self.blocks) - 1
        return [2 * count * (1 if scale == last else 2) for scale, count in enumerate(self.blocks)]


def fold_batchnorm(network: nn.Module) -> None:
    """Merges the batch normalisations of a network's trunks into the convolutions before them, in place.

    The network, in eval mode, computes the same function up to rounding in a fifth less time. It cannot be trained afterwards.
    """
    for module in network.modules():
        if isinstance(module, (Trunk, BatchNormBlock)):
            module.fold_batchnorm()


def _folded(convolution: Any, norm: Any) -> tuple[Any, nn.Identity]:
    return fuse_conv_bn_eval(convolution, norm, transpose=isinstance(convolution, nn.ConvTranspose2d)), nn.Identity()


def _blocks(width: int, count: int, batchnorm: bool) -> nn.Sequential:
    return nn.Sequential(*(BatchNormBlock(width) if batchnorm else ResidualBlock(width) for _ in range(count)))


def _norm_and_relu(width: int, batchnorm: bool) -> nn.Module:
    """Follows the convolutions outside of blocks."""
    return nn.Sequential(_batchnorm(width), nn.ReLU(inplace=True)) if batchnorm else nn.Identity()


def _batchnorm(width: int) -> nn.Module:
    return nn.BatchNorm2d(width, momentum=BATCHNORM_MOMENTUM)
