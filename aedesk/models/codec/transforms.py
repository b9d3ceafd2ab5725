"""The analysis transform ``g_a`` and the synthesis transform ``g_s`` of the learned codec.

The analysis is linear: a lapped transform, initialised as a filter across the borders of 16x16 blocks and a DCT of the blocks in an
opponent colour space. The codec is therefore usable before the first training step, its latent hardly moves while its distribution is
learned, and encoding is fast. The synthesis is an inverse lapped transform (the *base*) and a convolutional network, initialised at zero,
that removes the artefacts of quantisation from edges and textures.
"""

from __future__ import annotations

import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import CodecConfig
from aedesk.models.codec.quality import ANCHORS, QualityTable
from aedesk.models.layers import Conv3x3
from aedesk.models.restoration.unet import ResidualBlock

STRIDE = 16
FOLD = 2
PIXEL_ERROR = 0.2
"""Approximate error of a pixel for a quantiser step of one picture unit."""


def cosine_basis(count: int) -> Tensor:
    """Returns (count, 3, 16, 16): the orthonormal basis of a 16x16 DCT in three opponent colours, by falling :func:`typical_spread`."""
    n = torch.arange(STRIDE, dtype=torch.float64)
    waves = torch.cos(math.pi * (n[None] + 0.5) * n[:, None] / STRIDE) * math.sqrt(2 / STRIDE)
    waves[0] /= math.sqrt(2)
    colours = torch.tensor([[1, 1, 1], [1, 0, -1], [1, -2, 1]], dtype=torch.float64)
    colours /= colours.norm(dim=1, keepdim=True)
    pictures = torch.einsum("kc,uy,vx->kuvcyx", colours, waves, waves).flatten(0, 2)
    order = typical_spread().argsort(descending=True, stable=True)
    return pictures[order[:count]].float()


def typical_spread() -> Tensor:
    """Returns the approximate standard deviation in photographs of each of the 3 * 256 coefficients, for pixels in [0, 1].

    Power laws in the frequency, fitted by eye to the training pictures; they determine only the order of channels and the initialisation.
    Values of one frequency come from one call and are equal to the bit: their order must be the same on every machine.
    """
    lightness, colour = {}, {}
    squares = [u * u + v * v for u in range(STRIDE) for v in range(STRIDE)]
    for square in squares:
        frequency = max(math.sqrt(square), 0.2)
        lightness[square] = 1.1 * frequency**-0.85 * math.exp(-square / 14**2)
        colour[square] = 0.28 * frequency**-1.3
    planes = [
        [lightness[square] for square in squares],
        [colour[square] for square in squares],
        [0.6 * colour[square] for square in squares],
    ]
    return torch.tensor(planes, dtype=torch.float64).flatten()


def spread_of(count: int) -> Tensor:
    """Returns the ``count`` largest of :func:`typical_spread`, in the order of :func:`cosine_basis`: (count,) float32."""
    return typical_spread().sort(descending=True, stable=True).values[:count].float()


def lapping() -> tuple[Tensor, Tensor]:
    """Returns two (16, 16) matrices: the filter across block borders before the DCT, and its inverse.

    Time-domain lapped transform (Tran 2003), with its closed form for high coding gain: 9.93 dB for a first-order process of correlation
    0.95, against 9.46 dB for the DCT alone.
    """
    half = STRIDE // 2
    n = torch.arange(half, dtype=torch.float64)
    second = torch.cos(math.pi * (n[None] + 0.5) * n[:, None] / half) * math.sqrt(2 / half)
    second[0] /= math.sqrt(2)
    fourth = torch.cos(math.pi * (n[None] + 0.5) * (n[:, None] + 0.5) / half) * math.sqrt(2 / half)
    stretch = torch.ones(half, dtype=torch.float64)
    stretch[0] = 1.4
    same = torch.eye(half, dtype=torch.float64)
    mirror = same.flip(0)
    butterfly = torch.cat((torch.cat((same, mirror), 1), torch.cat((mirror, -same), 1))) / math.sqrt(2)
    forward = mirror @ second.T @ stretch.diag() @ fourth @ mirror
    inverse = mirror @ fourth.T @ (1 / stretch).diag() @ second @ mirror
    return tuple((butterfly @ torch.block_diag(same, part) @ butterfly).float() for part in (forward, inverse))  # type: ignore[return-value]


class Lapped(nn.Module):
    """A linear transform of overlapping 16x16 blocks; a small difference from its initialisation is learned.

    Args:
        count: channels of the latent.
        inverse: from latent to picture.
    """

    basis: Tensor
    border_basis: Tensor
    SCALE = 0.05

    def __init__(self, count: int, *, inverse: bool) -> None:
        super().__init__()
        self.register_buffer("basis", cosine_basis(count), persistent=False)
        self.register_buffer("border_basis", lapping()[inverse], persistent=False)
        self.change = nn.Parameter(torch.zeros(count, 3, STRIDE, STRIDE))
        self.border_change = nn.Parameter(torch.zeros(STRIDE, STRIDE))

    @property
    def weight(self) -> Tensor:
        """(count, 3, 16, 16)"""
        return self.basis + self.SCALE * self.change

    @property
    def border(self) -> Tensor:
        """(16, 16): maps the 8 pixels on each side of a block border to new values, vertically and horizontally."""
        return self.border_basis + self.SCALE * self.border_change

    @property
    def _matrix(self) -> Tensor:
        """(count, 3 * 16 * 16, 1, 1): the weight as a convolution of whole blocks, which takes a third of the time of one of stride 16."""
        return self.weight.flatten(1)[:, :, None, None]

    def analyse(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, count, H / 16, W / 16)."""
        with torch.autocast(picture.device.type, enabled=False):  # a quantiser step is a thousandth of a large coefficient
            return F.conv2d(F.pixel_unshuffle(self._filtered(picture), STRIDE), self._matrix)

    def synthesise(self, latent: Tensor) -> Tensor:
        """(B, count, h, w) to (B, 3, 16 h, 16 w)."""
        with torch.autocast(latent.device.type, enabled=False):
            return self._filtered(F.pixel_shuffle(F.conv2d(latent, self._matrix.transpose(0, 1)), STRIDE))

    def _filtered(self, x: Tensor) -> Tensor:
        """Filters (B, 3, H, W) across all block borders, first the vertical ones."""
        half, border = STRIDE // 2, self.border
        for axis in (3, 2):
            length = x.shape[axis] - STRIDE
            first, inner, last = x.split((half, length, half), axis)
            if axis == 3:
                inner = (inner.unflatten(3, (-1, STRIDE)) @ border.T).flatten(3)
            else:
                inner = (border @ inner.unflatten(2, (-1, STRIDE))).flatten(2, 3)
            x = torch.cat((first, inner, last), axis)
        return x


class Analysis(nn.Module):
    """``g_a``: pictures (B, 3, H, W) in [0, 1], H and W multiples of 16, to latents (B, latent, H / 16, W / 16) in picture units."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.linear = Lapped(config.latent, inverse=False)

    def forward(self, picture: Tensor) -> Tensor:
        latent: Tensor = self.linear.analyse(picture - 0.5)
        return latent


class Synthesis(nn.Module):
    """``g_s``: latents (B, latent, h, w) in picture units to pictures (B, 3, 16 h, 16 w), not clamped.

    The network is a U-Net whose coarsest level also gets the latent. Its output is scaled by the approximate error of a pixel; otherwise
    the optimizer's steps would be noise at high qualities.

    ::

        y_hat ─┬─ inverse lapped transform ─┬────────────────────────────────────────────────────── + ─ picture
               │                            └ unshuffle 2 ─ head ────────── + ─ blocks ─ tail ─ shuffle 2
               │                                              └ down ─ ... up ┘
               └──────────────────────────── 1x1 ────────────────────── +
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        # The names of layers are part of the file format (SPEC.md, section 4.4).
        widths, blocks = config.widths, config.blocks
        pairs = list(itertools.pairwise(widths))
        self.linear = Lapped(config.latent, inverse=True)
        self.head = Conv3x3(3 * FOLD**2, widths[0])
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2, bias=False) for a, b in pairs)
        # No encoder blocks at the finest level: they cost most there and have the smallest receptive field.
        self.encoder = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[1:], blocks[1:], strict=True))
        self.look = nn.Conv2d(config.latent, widths[-1], 1, bias=False)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2, bias=False) for a, b in pairs)
        self.decoder = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[:-1], blocks[:-1], strict=True))
        self.tints = nn.ModuleList(QualityTable(torch.zeros(ANCHORS, width)) for width in widths)
        self.tail = Conv3x3(widths[0], 3 * FOLD**2)
        with torch.no_grad():
            self.tail.weight.zero_()

    def base(self, y_hat: Tensor) -> Tensor:
        """Returns the picture without the network's refinement, not clamped."""
        return self.linear.synthesise(y_hat) + 0.5

    def forward(self, y_hat: Tensor, quality: Tensor, unit: Tensor) -> Tensor:
        """
        Args:
            quality: (B,) integers from 0 to 100.
            unit: (B, latent, 1, 1), see ``EntropyModel.unit``.
        """
        plain = self.linear.synthesise(y_hat)
        x = self.head(F.pixel_unshuffle(plain, FOLD))
        tints = [tint(quality).to(x.dtype) for tint in self.tints]  # in float32 they would make all that follows float32 under autocast
        x = x + tints[0]
        skips = []
        for down, blocks, tint in zip(self.down, self.encoder, tints[1:], strict=True):
            skips.append(x)
            x = down(x) + tint
            if blocks is self.encoder[-1]:
                x = x + self.look(y_hat / unit)
            x = blocks(x)
        for up, blocks in zip(reversed(self.up), reversed(self.decoder), strict=True):
            x = blocks(up(x) + skips.pop())
        error = PIXEL_ERROR * unit.amin(1, keepdim=True)
        picture: Tensor = plain + 0.5 + error * F.pixel_shuffle(self.tail(F.relu(x)), FOLD)
        return picture


def _blocks(width: int, count: int) -> nn.Sequential:
    return nn.Sequential(*(ResidualBlock(width) for _ in range(count)))
