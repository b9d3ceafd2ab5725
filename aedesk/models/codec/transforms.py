"""The analysis transform ``g_a`` and the synthesis transform ``g_s`` of the learned codec.

The analysis is linear: a lapped transform, which starts as a filter across the borders of blocks of 16x16 pixels and the cosine transform
of the blocks in an opponent colour space. So the codec is a fair one before the first step, the latent hardly moves while its distribution
is learned, and encoding takes next to no time. The synthesis is such a transform back and a convolutional network, which starts at zero and
learns what a linear transform cannot do: to take away what the quantiser has done to edges and textures.
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
from aedesk.models.unet import ResidualBlock

STRIDE = 16
FOLD = 2
PIXEL_ERROR = 0.2
"""About the error of a pixel where the latent is quantised in steps of one."""


def cosine_basis(count: int) -> Tensor:
    """(count, 3, 16, 16), orthonormal: the basis pictures of a 16x16 DCT in three opponent colours that hold most of a photograph.

    In the order of their usual energy, which falls with the frequency and from lightness to colour.
    """
    n = torch.arange(STRIDE, dtype=torch.float64)
    waves = torch.cos(math.pi * (n[None] + 0.5) * n[:, None] / STRIDE) * math.sqrt(2 / STRIDE)
    waves[0] /= math.sqrt(2)
    colours = torch.tensor([[1, 1, 1], [1, 0, -1], [1, -2, 1]], dtype=torch.float64)
    colours /= colours.norm(dim=1, keepdim=True)
    pictures = torch.einsum("kc,uy,vx->kuvcyx", colours, waves, waves).flatten(0, 2)
    order = usual_spread().argsort(descending=True, stable=True)
    return pictures[order[:count]].float()


def usual_spread() -> Tensor:
    """About the standard deviation of each of the 3 * 256 coefficients in photographs, for pixels in [0, 1].

    Power laws in the frequency, fitted by eye to the training pictures; only an order and a start depend on them. Numbers of one
    frequency come from one call, so that they are equal to the bit: the order among them must be the same on every machine.
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
    """:func:`usual_spread` of the ``count`` largest, in the order of :func:`cosine_basis`: (count,) float32."""
    return usual_spread().sort(descending=True, stable=True).values[:count].float()


def lapping() -> tuple[Tensor, Tensor]:
    """(16, 16) each: the filter across a border before the cosine transform, and its inverse after the way back.

    The lapped transform by pre- and post-filtering in time (Tran 2003), with its closed form for a high coding gain: 9.93 dB for a
    first-order process of correlation 0.95, where the cosine transform alone has 9.46.
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
    there = mirror @ second.T @ stretch.diag() @ fourth @ mirror
    back = mirror @ fourth.T @ (1 / stretch).diag() @ second @ mirror
    return tuple((butterfly @ torch.block_diag(same, part) @ butterfly).float() for part in (there, back))  # type: ignore[return-value]


class Lapped(nn.Module):
    """A linear transform of 16x16 blocks that lap over their neighbours. What is learned is a small change of where it starts.

    Args:
        count: channels of the latent.
        back: whether it is the way back.
    """

    basis: Tensor
    border_basis: Tensor
    SCALE = 0.05

    def __init__(self, count: int, *, back: bool) -> None:
        super().__init__()
        self.register_buffer("basis", cosine_basis(count), persistent=False)
        self.register_buffer("border_basis", lapping()[back], persistent=False)
        self.change = nn.Parameter(torch.zeros(count, 3, STRIDE, STRIDE))
        self.border_change = nn.Parameter(torch.zeros(STRIDE, STRIDE))

    @property
    def weight(self) -> Tensor:
        """(count, 3, 16, 16)"""
        return self.basis + self.SCALE * self.change

    @property
    def border(self) -> Tensor:
        """(16, 16): from 8 pixels on either side of a border to the same, down and across."""
        return self.border_basis + self.SCALE * self.border_change

    def analyse(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, count, H / 16, W / 16)."""
        with torch.autocast(picture.device.type, enabled=False):  # a step of the quantiser is a thousandth of a large coefficient
            return F.conv2d(self._filtered(picture), self.weight, stride=STRIDE)

    def synthesise(self, latent: Tensor) -> Tensor:
        """The way back: (B, count, h, w) to (B, 3, 16 h, 16 w)."""
        with torch.autocast(latent.device.type, enabled=False):
            return self._filtered(F.conv_transpose2d(latent, self.weight, stride=STRIDE))

    def _filtered(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) to the same: filtered across all borders between blocks, first those down the picture."""
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
    """``g_a``: pictures (B, 3, H, W) in [0, 1], H and W multiples of 16, to latents (B, latent, H / 16, W / 16) in units of the picture."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.linear = Lapped(config.latent, back=False)

    def forward(self, picture: Tensor) -> Tensor:
        latent: Tensor = self.linear.analyse(picture - 0.5)
        return latent


class Synthesis(nn.Module):
    """``g_s``: latents (B, latent, h, w) in units of the picture to pictures (B, 3, 16 h, 16 w), not clamped.

    The network is a U-Net like the denoiser's whose coarsest level also sees the latent. What it adds is in units of about the error of a
    pixel: or one step of the optimizer would be noise where the quality is high.

    ::

        y_hat ─┬─ inverse lapped transform ─┬────────────────────────────────────────────────────── + ─ picture
               │                            └ unshuffle 2 ─ head ────────── + ─ blocks ─ tail ─ shuffle 2
               │                                              └ down ─ ... up ┘
               └──────────────────────────── 1x1 ────────────────────── +
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        widths, blocks = config.widths, config.blocks
        pairs = list(itertools.pairwise(widths))
        self.linear = Lapped(config.latent, back=True)
        self.head = Conv3x3(3 * FOLD**2, widths[0])
        self.down = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2, bias=False) for a, b in pairs)
        # The finest level has none on the way down: there a block costs most and sees least.
        self.encoder = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[1:], blocks[1:], strict=True))
        self.look = nn.Conv2d(config.latent, widths[-1], 1, bias=False)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2, bias=False) for a, b in pairs)
        self.decoder = nn.ModuleList(_blocks(width, count) for width, count in zip(widths[:-1], blocks[:-1], strict=True))
        self.tints = nn.ModuleList(QualityTable(torch.zeros(ANCHORS, width)) for width in widths)
        self.tail = Conv3x3(widths[0], 3 * FOLD**2)
        with torch.no_grad():
            self.tail.weight.zero_()

    def forward(self, y_hat: Tensor, quality: Tensor, unit: Tensor) -> Tensor:
        plain = self.linear.synthesise(y_hat)
        tints = [tint(quality) for tint in self.tints]
        x = self.head(F.pixel_unshuffle(plain, FOLD)) + tints[0]
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
