"""The convolutional autoencoder: a code that keeps the picture's layout, for pictures of any size."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.architectures import ConvolutionalConfig
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.autoencoders.dense import ACTIVATIONS, PictureOutput
from aedesk.models.descriptor import Descriptor
from aedesk.models.restoration.unet import ResidualBlock


class Upsampling(nn.Module):
    """Twice the resolution: (B, inputs, H, W) to (B, outputs, 2H, 2W), by a transposed or a resize convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int, kind: str) -> None:
        super().__init__()
        self.kind, self.kernel = kind, kernel
        if kind == "transposed":
            self.conv: nn.Module = nn.ConvTranspose2d(
                inputs, outputs, kernel, stride=2, padding=(kernel - 1) // 2, output_padding=kernel % 2
            )
        else:
            self.conv = nn.Conv2d(inputs, outputs, kernel)

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "resize":
            before, after = (self.kernel - 1) // 2, self.kernel // 2
            x = F.pad(F.interpolate(x, scale_factor=2, mode="nearest"), (before, after, before, after))
        result: Tensor = self.conv(x)
        return result


@torch.no_grad()
def mirror_orthogonal(down: nn.Conv2d, up: nn.Module, first: int, cell: int) -> None:
    """Let ``down`` start as an orthogonal transform of cells of ``cell`` x ``cell`` pixels, and ``up`` as its transpose.

    The two then give back what they can: all of it if no channel is lost, and otherwise its projection. An autoencoder of such
    layers begins with a reconstruction, from which it learns on, and not with noise.

    Args:
        first: row and column of the kernel at which the cell begins.
    """
    rows, columns = down.out_channels, down.in_channels * cell**2
    matrix = nn.init.orthogonal_(torch.empty(rows, columns)).view(rows, down.in_channels, cell, cell)
    place = (..., slice(first, first + cell), slice(first, first + cell))
    for layer in (down, up):
        assert isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
        assert layer.bias is not None
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
        # A transposed convolution keeps its weights as the convolution does of which it is the transpose.
        layer.weight[place] = matrix if layer is down or isinstance(layer, nn.ConvTranspose2d) else matrix.transpose(0, 1)


class Convolutional(Autoencoder):
    """Strided convolutions down to a code, mirrored convolutions back up (Masci 2011).

    ::

        picture ─ head ─ stage ─ down ─ stage ─ ... ─ to_code ─ code
                  /2              /2
        reconstruction ─ tail ─ stage ─ up ─ stage ─ ... ─ from_code ─ code
                         x2              x2

    A stage is a row of residual blocks, or with ``blocks`` 0 an activation. The strided convolutions are linear beside blocks: such a
    network starts as a linear transform of the picture and so stands near the principal components after a few hundred steps;
    the blocks then learn what is beyond them.

    Pictures are (B, channels, H, W) in [0, 1], H and W multiples of the stride 2 ** levels; codes are (B, code_channels, H / stride,
    W / stride).

    Args:
        purpose: of the descriptor.
    """

    def __init__(self, config: ConvolutionalConfig, *, purpose: str = "autoencoder") -> None:
        super().__init__()
        self.config, self.purpose = config, purpose
        widths, kernel = config.widths, config.kernel
        stages = list(zip(widths, config.blocks, strict=True))
        self.head = nn.Conv2d(config.channels, widths[0], kernel, stride=2, padding=(kernel - 1) // 2)
        self.tail = Upsampling(widths[0], config.channels, kernel, config.up)
        down = [nn.Conv2d(a, b, kernel, stride=2, padding=(kernel - 1) // 2) for a, b in pairwise(widths)]
        up = [Upsampling(b, a, kernel, config.up) for a, b in pairwise(widths)]
        self.down, self.up = nn.ModuleList(down), nn.ModuleList(up)
        self.encoder = nn.ModuleList(self._stage(width, blocks) for width, blocks in stages)
        self.decoder = nn.ModuleList(self._stage(width, blocks) for width, blocks in stages)
        self.to_code = nn.Conv2d(widths[-1], config.code_channels, 3, padding=1)
        self.from_code = nn.Conv2d(config.code_channels, widths[-1], 3, padding=1)
        self.dropout = nn.Dropout2d(config.dropout)
        self.output = PictureOutput(config.output)
        if config.up == "transposed":
            for strided, mirrored in ((self.head, self.tail), *zip(down, up, strict=True)):
                mirror_orthogonal(strided, mirrored.conv, (kernel - 1) // 2, 2)
        mirror_orthogonal(self.to_code, self.from_code, 1, 1)

    def _stage(self, width: int, blocks: int) -> nn.Module:
        return nn.Sequential(*(ResidualBlock(width) for _ in range(blocks))) if blocks else ACTIVATIONS[self.config.activation]()

    @property
    def descriptor(self) -> Descriptor:
        config = self.config
        widths, kernel, stride = config.widths, config.kernel, config.stride
        reach, macs = 2 * stride + stride - 1, 18.0 * widths[-1] * config.code_channels / stride**2
        for level, (inputs, outputs, blocks) in enumerate(zip((config.channels, *widths), widths, config.blocks, strict=False)):
            fine, coarse = 2**level, 2 ** (level + 1)
            transposed = config.up == "transposed"
            reach += kernel // 2 * fine + (-(-kernel // 4) * coarse if transposed else kernel // 2 * fine)
            reach += 4 * blocks * coarse
            macs += kernel**2 * inputs * outputs / coarse**2 * (2 if transposed else 5)
            macs += 4 * blocks * 9 * outputs**2 / coarse**2
        return Descriptor(
            purpose=self.purpose,
            channels=config.channels,
            size_multiple=stride,
            halo_px=-(-reach // stride) * stride,
            code_channels=config.code_channels,
            code_stride=stride,
            kmac_per_px=macs / 1000,
        )

    def encode(self, picture: Tensor) -> Tensor:
        stride = self.config.stride
        if picture.shape[2] % stride or picture.shape[3] % stride:
            size = f"{picture.shape[3]} x {picture.shape[2]}"
            raise ModelError(f"A picture of {size} pixels does not divide by {stride}.", f"Choose a multiple of {stride} pixels.")
        x = self.encoder[0](self.head(picture - 0.5))
        for down, stage in zip(self.down, self.encoder[1:], strict=True):
            x = stage(self.dropout(down(x)))
        code: Tensor = self.to_code(x)
        return code

    def decode(self, code: Tensor) -> Tensor:
        x = self.decoder[-1](self.from_code(code))
        for up, stage in zip(reversed(self.up), reversed(self.decoder[:-1]), strict=True):
            x = stage(self.dropout(up(x)))
        picture: Tensor = self.output(self.tail(x))
        return picture
