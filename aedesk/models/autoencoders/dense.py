"""Stacks of dense layers between a square of pixels and a code: what the dense families are made of.

Pixels enter as x - 0.5: the common brightness of all pixels would otherwise be the one direction that the first steps learn.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import DenseConfig
from aedesk.models.autoencoders.base import Autoencoder, check_square
from aedesk.models.descriptor import Descriptor

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky-relu": lambda: nn.LeakyReLU(0.1),
    "gelu": nn.GELU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


class PictureOutput(nn.Module):
    """Numbers of the last layer to a picture in [0, 1], float32 also under autocast.

    Args:
        kind: "sigmoid", which never quite reaches 0 or 1 and so suits binary cross-entropy; or "linear", x + 0.5 clipped. The
            gradient passes the clipping unchanged: a pixel that overshoots towards a target inside the range can still come back.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        # In half precision a sigmoid rounds to exactly 0 or 1, whose logarithm is infinite.
        if self.kind == "sigmoid":
            return torch.sigmoid(x.float())
        return clip(x.float() + 0.5)


def clip(picture: Tensor) -> Tensor:
    """``picture`` clipped to [0, 1], with the gradient of the unclipped one."""
    inside = picture.clamp(0, 1)
    return picture + (inside - picture).detach() if torch.is_grad_enabled() else inside


class DenseLayer(nn.Module):
    """activation(W x + b), then dropout; without an activation linear."""

    def __init__(self, inputs: int, outputs: int, activation: str | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.activation = ACTIVATIONS[activation]() if activation else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.dropout(self.activation(self.linear(x)))
        return result


class TiedLayer(nn.Module):
    """The way back through ``layer`` by its own weights, transposed: activation(W^T y + c)."""

    def __init__(self, layer: DenseLayer, activation: str | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        # In a tuple, so that the weights are stored once: with the encoder.
        self._layer = (layer,)
        self.bias = nn.Parameter(torch.zeros(layer.linear.in_features))
        self.activation = ACTIVATIONS[activation]() if activation else nn.Identity()
        self.dropout = nn.Dropout(dropout)

    def forward(self, y: Tensor) -> Tensor:
        result: Tensor = self.dropout(self.activation(F.linear(y, self._layer[0].linear.weight.t(), self.bias)))
        return result


class DenseAutoencoder(Autoencoder):
    """Dense layers down to a code and, mirrored, back (Rumelhart 1986; Hinton & Salakhutdinov 2006).

    ::

        picture ─ flatten ─ encoder[0] ─ ... ─ encoder[n-1] ─ code ─ decoder[n-1] ─ ... ─ decoder[0] ─ unflatten ─ reconstruction

    Pictures are (B, channels, size_px, size_px) in [0, 1], codes (B, code). ``decoder[i]`` is the way back through ``encoder[i]``.

    Args:
        purpose: of the descriptor.
        code_activation: the code passes the activation too; otherwise it is linear.
        tied: the decoder uses the encoder's weights, transposed.
    """

    def __init__(self, config: DenseConfig, *, purpose: str = "autoencoder", code_activation: bool = False, tied: bool = False) -> None:
        super().__init__()
        self.config, self.purpose = config, purpose
        encoder, decoder = [], []
        for index, (inputs, outputs) in enumerate(pairwise(config.sizes)):
            first, last = index == 0, index == len(config.sizes) - 2
            up = DenseLayer(inputs, outputs, config.activation if code_activation or not last else None, 0.0 if last else config.dropout)
            back = (None if first else config.activation, 0.0 if first else config.dropout)
            encoder.append(up)
            decoder.append(TiedLayer(up, *back) if tied else DenseLayer(outputs, inputs, *back))
        self.encoder, self.decoder = nn.ModuleList(encoder), nn.ModuleList(decoder)
        self.output = PictureOutput(config.output)

    @property
    def descriptor(self) -> Descriptor:
        config = self.config
        macs = 2 * sum(a * b for a, b in pairwise(config.sizes))
        return Descriptor(
            purpose=self.purpose,
            channels=config.channels,
            size_multiple=config.size_px,
            halo_px=None,
            code_channels=config.code,
            code_stride=config.size_px,
            kmac_per_px=macs / config.size_px**2 / 1000,
            fixed_px=config.size_px,
        )

    def flatten(self, picture: Tensor) -> Tensor:
        """(B, channels, size_px, size_px) to (B, inputs), centred. Raises :class:`ModelError` for another size."""
        check_square(picture, self.config.channels, self.config.size_px)
        return picture.flatten(1) - 0.5

    def unflatten(self, numbers: Tensor) -> Tensor:
        """(B, inputs) of the last layer to pictures in [0, 1]."""
        picture: Tensor = self.output(numbers)
        return picture.view(-1, self.config.channels, self.config.size_px, self.config.size_px)

    def encode(self, picture: Tensor) -> Tensor:
        x = self.flatten(picture)
        for layer in self.encoder:
            x = layer(x)
        return x

    def decode(self, code: Tensor) -> Tensor:
        for layer in reversed(self.decoder):
            code = layer(code)
        return self.unflatten(code)
