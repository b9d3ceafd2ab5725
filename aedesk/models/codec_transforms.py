"""The analysis transform ``g_a`` and the synthesis transform ``g_s`` of the learned codec.

Both are a linear transform, which starts as the discrete cosine transform of blocks of 16x16 pixels in an opponent colour space, plus a
convolutional network, which starts at zero. So the codec is a fair one before the first step, and training time goes into what a
linear transform cannot do (a linear shortcut beside the network: AuxT, Li 2025).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import CodecConfig
from aedesk.models.layers import Conv3x3
from aedesk.models.quality import ANCHORS, QualityTable

STRIDE = 16
FOLD = 8
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


class Blocks(nn.Module):
    """A linear transform of 16x16 blocks that starts as the cosine transform. What is learned is a small change of it."""

    basis: Tensor
    SCALE = 0.05

    def __init__(self, count: int) -> None:
        super().__init__()
        self.register_buffer("basis", cosine_basis(count), persistent=False)
        self.change = nn.Parameter(torch.zeros(count, 3, STRIDE, STRIDE))

    @property
    def weight(self) -> Tensor:
        return self.basis + self.SCALE * self.change

    def analyse(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, count, H / 16, W / 16)."""
        return F.conv2d(picture, self.weight, stride=STRIDE)

    def synthesise(self, latent: Tensor) -> Tensor:
        """The transpose: (B, count, h, w) to (B, 3, 16 h, 16 w)."""
        return F.conv_transpose2d(latent, self.weight, stride=STRIDE)


def bounded(x: Tensor) -> Tensor:
    """Features whose root mean square over the channels stays below one; small ones stay as they are.

    Without it they grow from block to block and from step to step while the gradient of an encoder is still mostly noise.
    """
    return x * torch.rsqrt(1 + x.square().mean(1, keepdim=True))


class Block(nn.Module):
    """x + conv(relu(conv(bounded x))), (B, C, H, W) to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv3x3(width, width), Conv3x3(width, width)
        with torch.no_grad():
            nn.init.kaiming_normal_(self.conv1.weight, nonlinearity="relu")
            nn.init.kaiming_normal_(self.conv2.weight, nonlinearity="relu").mul_(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.relu(self.conv1(bounded(x)), inplace=True))


class Analysis(nn.Module):
    """``g_a``: pictures (B, 3, H, W) in [0, 1], H and W multiples of 16, to latents (B, latent, H / 16, W / 16) in units of the picture.

    What the network adds is in units of ``unit`` (B, latent, 1, 1), about what a channel's values differ by: or one step of the
    optimizer would be noise for the faint channels.

    ::

        picture ─┬─ unshuffle 8 ─ conv ─ blocks ─ unshuffle 2 ─ conv ─ blocks ─ conv ─ + ─ y
                 └──────────────────── cosine transform of 16x16 blocks ───────────────┘
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        fine, coarse = config.blocks[:2]
        self.linear = Blocks(config.latent)
        self.head = Conv3x3(3 * FOLD**2, config.fine)
        self.fine = nn.Sequential(*(Block(config.fine) for _ in range(fine)))
        self.down = nn.Conv2d(4 * config.fine, config.coarse, 1)
        self.coarse = nn.Sequential(*(Block(config.coarse) for _ in range(coarse)))
        self.tail = nn.Conv2d(config.coarse, config.latent, 1)
        self.tint_fine = QualityTable(torch.zeros(ANCHORS, config.fine))
        self.tint_coarse = QualityTable(torch.zeros(ANCHORS, config.coarse))
        with torch.no_grad():
            for parameter in self.tail.parameters():
                parameter.zero_()

    def forward(self, picture: Tensor, quality: Tensor, unit: Tensor) -> Tensor:
        centred = picture - 0.5
        x = self.fine(self.head(F.pixel_unshuffle(centred, FOLD)) + self.tint_fine(quality))
        x = self.coarse(self.down(F.pixel_unshuffle(x, 2)) + self.tint_coarse(quality))
        y: Tensor = self.linear.analyse(centred) + self.tail(F.relu(bounded(x))) * unit
        return y


class Synthesis(nn.Module):
    """``g_s``: latents (B, latent, h, w) in units of the picture to pictures (B, 3, 16 h, 16 w), not clamped.

    ::

        y_hat ─┬─ conv ─ blocks ─ conv ─ shuffle 2 ──── + ─ blocks ─ conv ─ shuffle 8 ─ + ─ picture
               └─ inverse cosine transform ─┬─ unshuffle 8 ─ conv ┘                     │
                                            └───────────────────────────────────────────┘
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        coarse, fine = config.blocks[2:]
        self.linear = Blocks(config.latent)
        self.head = nn.Conv2d(config.latent, config.coarse, 1)
        self.coarse = nn.Sequential(*(Block(config.coarse) for _ in range(coarse)))
        self.up = nn.Conv2d(config.coarse, 4 * config.fine, 1)
        self.look = Conv3x3(3 * FOLD**2, config.fine)
        self.fine = nn.Sequential(*(Block(config.fine) for _ in range(fine)))
        self.tail = Conv3x3(config.fine, 3 * FOLD**2, bias=True)
        self.tint_coarse = QualityTable(torch.zeros(ANCHORS, config.coarse))
        self.tint_fine = QualityTable(torch.zeros(ANCHORS, config.fine))
        with torch.no_grad():
            for parameter in self.tail.parameters():
                parameter.zero_()

    def forward(self, y_hat: Tensor, quality: Tensor, unit: Tensor) -> Tensor:
        plain = self.linear.synthesise(y_hat)
        x = self.coarse(self.head(y_hat / unit) + self.tint_coarse(quality))
        x = F.pixel_shuffle(self.up(x), 2) + self.look(F.pixel_unshuffle(plain, FOLD)) + self.tint_fine(quality)
        error = PIXEL_ERROR * unit.amin(1, keepdim=True)
        picture: Tensor = plain + 0.5 + error * F.pixel_shuffle(self.tail(F.relu(bounded(self.fine(x)))), FOLD)
        return picture
