"""Encoder and decoder between a square of pixels and a dense code, of convolutions or dense layers: what the generative families share."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from aedesk.models.architectures import SquareConfig
from aedesk.models.autoencoders.base import check_square
from aedesk.models.autoencoders.convolutional import Upsampling
from aedesk.models.autoencoders.dense import ACTIVATIONS, DenseLayer, PictureOutput
from aedesk.models.descriptor import Descriptor

KERNEL = 4


class SquareEncoder(nn.Module):
    """Pictures (B, channels, size_px, size_px) in [0, 1] to (B, outputs) numbers.

    ::

        conv:   picture ─ (conv /2 ─ activation) per width ─ flatten ─ linear ─ numbers
        dense:  picture ─ flatten ─ (linear ─ activation) per hidden ─ linear ─ numbers
    """

    def __init__(self, config: SquareConfig, outputs: int) -> None:
        super().__init__()
        self.config = config
        layers: list[nn.Module] = []
        if config.body == "conv":
            for inputs, width in pairwise((config.channels, *config.widths)):
                layers += [nn.Conv2d(inputs, width, KERNEL, stride=2, padding=1), ACTIVATIONS[config.activation]()]
        layers.append(nn.Flatten())
        layers += [DenseLayer(a, b, config.activation) for a, b in pairwise(config.units[:-1])]
        self.layers = nn.Sequential(*layers)
        self.head = DenseLayer(config.units[-2], outputs)

    def forward(self, picture: Tensor) -> Tensor:
        check_square(picture, self.config.channels, self.config.size_px)
        numbers: Tensor = self.head(self.layers(picture - 0.5))
        return numbers


class SquareDecoder(nn.Module):
    """Codes (B, code) to pictures (B, channels, size_px, size_px) in [0, 1]: the encoder's layers in reverse.

    ::

        conv:   code ─ linear ─ activation ─ unflatten ─ (conv x2 ─ activation) per width ─ picture
        dense:  code ─ (linear ─ activation) per hidden ─ linear ─ unflatten ─ picture
    """

    def __init__(self, config: SquareConfig) -> None:
        super().__init__()
        back = config.units[::-1]
        conv = config.body == "conv"
        layers: list[nn.Module] = [DenseLayer(a, b, config.activation) for a, b in pairwise(back if conv else back[:-1])]
        if conv:
            side = config.size_px // config.stride
            layers.append(nn.Unflatten(1, (config.widths[-1], side, side)))
            for inputs, width in pairwise(config.widths[::-1]):
                layers += [Upsampling(inputs, width, KERNEL, "transposed"), ACTIVATIONS[config.activation]()]
            layers.append(Upsampling(config.widths[0], config.channels, KERNEL, "transposed"))
        else:
            layers += [DenseLayer(back[-2], back[-1]), nn.Unflatten(1, (config.channels, config.size_px, config.size_px))]
        self.layers = nn.Sequential(*layers)
        self.output = PictureOutput(config.output)

    def forward(self, code: Tensor) -> Tensor:
        picture: Tensor = self.output(self.layers(code))
        return picture


def descriptor_of(config: SquareConfig, code_outputs: int) -> Descriptor:
    """The contract of a generative autoencoder whose encoder gives ``code_outputs`` numbers."""
    macs = config.dense_weights + (code_outputs - config.code) * config.units[-2]
    if config.body == "conv":
        for level, (inputs, width) in enumerate(pairwise((config.channels, *config.widths)), 1):
            macs += 2 * KERNEL**2 * inputs * width * (config.size_px >> level) ** 2
    return Descriptor(
        purpose="autoencoder",
        channels=config.channels,
        size_multiple=config.size_px,
        halo_px=None,
        code_channels=config.code,
        code_stride=config.size_px,
        kmac_per_px=macs / config.size_px**2 / 1000,
        fixed_px=config.size_px,
        generative=True,
    )
