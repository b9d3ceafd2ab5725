"""The denoising autoencoder: damaged pictures in, clean ones out. It is told no noise level."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import DenoisingConfig
from aedesk.models.autoencoders.convolutional import Convolutional
from aedesk.models.autoencoders.dense import DenseAutoencoder
from aedesk.models.descriptor import Descriptor
from aedesk.models.layers import Conv3x3
from aedesk.models.restoration.unet import ResidualBlock

FOLD = 2


class DenoisingUNet(nn.Module):
    """A convolutional denoising autoencoder with skips from encoder to decoder (Vincent 2008; Mao 2016).

    ::

        noisy ─┬─ unshuffle ─ head ─ blocks ───────── + ─ blocks ─ tail ─ shuffle ─ + ─ restored
               │                       └ down ─ ... ─ up ┘                          │
               └────────────────────────────────────────────────────────────────────┘

    (B, channels, H, W) float, sRGB-encoded in [0, 1] (noise may leave the range), to the same, not clamped; H and W multiples of
    ``descriptor.size_multiple``. It gives the noise to subtract (Zhang 2017), so it starts as a network that changes nothing and
    is useful after a minute of training. The skips carry detail past the coarsest level, so there is no code that holds the picture.
    """

    def __init__(self, config: DenoisingConfig) -> None:
        super().__init__()
        self.config = config
        widths, folded = config.widths, config.channels * FOLD**2
        stages = list(zip(widths, config.blocks, strict=True))
        self.head = Conv3x3(folded, widths[0], bias=True)
        self.tail = Conv3x3(widths[0], folded, bias=True)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(widths))
        self.encoder = nn.ModuleList(_blocks(width, count) for width, count in stages)
        self.decoder = nn.ModuleList(_blocks(width, count) for width, count in stages[:-1])
        with torch.no_grad():
            for parameter in self.tail.parameters():  # the bias too: it would tint the picture
                parameter.mul_(0.1)

    @property
    def descriptor(self) -> Descriptor:
        config = self.config
        levels = len(config.widths)
        multiple = FOLD * 2 ** (levels - 1)
        reach = 2 * FOLD + multiple - 1
        macs = 18.0 * config.channels * config.widths[0]
        for level, (width, blocks) in enumerate(zip(config.widths, config.blocks, strict=True)):
            stride = FOLD * 2**level
            convolutions = 2 * blocks * (1 if level == levels - 1 else 2)
            reach += convolutions * stride
            macs += convolutions * 9 * width**2 / stride**2
            if level:
                macs += 2 * 4 * config.widths[level - 1] * width / stride**2
        return Descriptor(
            purpose="denoise",
            channels=config.channels,
            size_multiple=multiple,
            halo_px=-(-reach // multiple) * multiple,
            kmac_per_px=macs / 1000,
        )

    def forward(self, noisy: Tensor) -> Tensor:
        x = self.head(F.pixel_unshuffle(noisy, FOLD))
        skips = []
        for blocks, down in zip(self.encoder[:-1], self.down, strict=True):
            x = blocks(x)
            skips.append(x)
            x = down(x)
        x = self.encoder[-1](x)
        for blocks, up in zip(reversed(self.decoder), reversed(self.up), strict=True):
            x = blocks(up(x) + skips.pop())
        return noisy + F.pixel_shuffle(self.tail(x), FOLD)


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))


def denoising(config: DenoisingConfig) -> nn.Module:
    """The network of a config: U-shaped, convolutional with a code (``skips`` false), or dense."""
    if config.body == "dense":
        return DenseAutoencoder(config.dense(), purpose="denoise")
    return DenoisingUNet(config) if config.skips else Convolutional(config.convolutional(), purpose="denoise")
