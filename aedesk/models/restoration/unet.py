"""The convolutional denoising autoencoder (U-Net) of the shipped restoration models.

Plain 3x3 convolutions with ReLU: on CPUs they are faster per decibel than depthwise designs with fewer operations. The
picture is folded by ``unshuffle`` first (FFDNet, Zhang 2018): the finest level then runs at half resolution, which cuts time
and memory by a third against a full-resolution level at almost no loss. No biases in the trunk (Mohan 2020): the network stays
homogeneous and so keeps working at noise levels beyond those of its training.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import UNetConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.layers import Conv3x3
from aedesk.models.restoration.noise_estimator import CELL_PX, NoiseEstimator


class ResidualBlock(nn.Module):
    """x + conv(relu(conv(x))), (B, C, H, W) to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = Conv3x3(width, width)
        self.conv2 = Conv3x3(width, width)
        # A block starts small, so that the stack starts near the identity and takes a high learning rate from the first step.
        nn.init.kaiming_normal_(self.conv1.weight, nonlinearity="relu")
        nn.init.kaiming_normal_(self.conv2.weight, nonlinearity="relu")
        with torch.no_grad():
            self.conv2.weight.mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.relu(self.conv1(x), inplace=True))


class UNet(nn.Module):
    """Restores a picture, given a map of its noise level.

    ::

        noisy ──┬─ unshuffle ─ head ─ blocks ──────────── + ─ blocks ─ tail ─ shuffle ─ + ─ restored
        sigma ──┘                       └ down ─ ... ─ up ┘                    noisy ───┘

    Input: ``noisy`` (B, channels, H, W) float, sRGB-encoded in [0, 1] (noise may leave the range), H and W multiples of
    ``descriptor.size_multiple``; ``sigma`` (B, 1, H, W) or broadcastable to it, in 8-bit units. Output: as ``noisy``, not clamped.
    The U-Net is Ronneberger 2015's with additive skips and residual blocks as in DRUNet (Zhang 2021).
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths, fold = config.widths, config.unshuffle**2
        inputs = (config.channels + 1) * fold
        self.head = Conv3x3(inputs, widths[0])
        self.tail = Conv3x3(widths[0], config.channels * fold)
        pairs = list(itertools.pairwise(widths))
        self.encoder = nn.ModuleList(_blocks(w, n) for w, n in zip(widths[:-1], config.blocks, strict=False))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2, bias=False) for a, b in pairs)
        self.middle = _blocks(widths[-1], config.blocks[-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2, bias=False) for a, b in pairs)
        self.decoder = nn.ModuleList(_blocks(w, n) for w, n in zip(widths[:-1], config.blocks, strict=False))
        self.estimator = NoiseEstimator(config.channels, config.estimator_width)
        with torch.no_grad():
            self.tail.weight.mul_(0.1)

    @property
    def descriptor(self) -> Descriptor:
        config = self.config
        levels = len(config.widths)
        multiple = config.unshuffle * 2 ** (levels - 1)
        reach = 2 * config.unshuffle + multiple - 1  # head and tail, and where in a cell of the coarsest level a pixel lies
        kmac = 9.0 * config.widths[0] * (2 * config.channels + 1)
        for level, (width, blocks) in enumerate(zip(config.widths, config.blocks, strict=True)):
            stride = config.unshuffle * 2**level
            convolutions = 2 * blocks * (1 if level == levels - 1 else 2)
            reach += convolutions * stride
            kmac += convolutions * 9 * width * width / stride**2
            if level:
                kmac += 2 * 4 * config.widths[level - 1] * width / stride**2
        return Descriptor(
            purpose="denoise",
            channels=config.channels,
            size_multiple=max(multiple, 8),
            halo_px=-(-reach // 8) * 8,
            conditions=("sigma",),
            kmac_per_px=kmac / 1000,
        )

    def auto_level(self, noisy: Tensor) -> Tensor:
        """The estimated noise level as ``forward`` takes it: (B, 1, 1, 1) or (B, 1, H, W), in 8-bit units."""
        cells: Tensor = self.estimator(noisy)
        if self.config.estimate == "global":
            return cells.mean((2, 3), keepdim=True)
        return F.interpolate(cells, scale_factor=CELL_PX, mode="bilinear")

    def forward(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        level = (sigma / 255).expand(noisy.shape[0], 1, *noisy.shape[2:])
        x = torch.cat((noisy, level.to(noisy.dtype)), 1)
        if self.config.unshuffle > 1:
            x = F.pixel_unshuffle(x, self.config.unshuffle)
        x = self.head(x)
        skips = []
        for blocks, down in zip(self.encoder, self.down, strict=True):
            x = blocks(x)
            skips.append(x)
            x = down(x)
        x = self.middle(x)
        for blocks, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            x = blocks(up(x) + skips.pop())
        x = self.tail(x)
        if self.config.unshuffle > 1:
            x = F.pixel_shuffle(x, self.config.unshuffle)
        return noisy + x


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))
