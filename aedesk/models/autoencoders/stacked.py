"""The stacked autoencoder: each layer is first an autoencoder of the one below."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.architectures import StackedConfig
from aedesk.models.autoencoders.dense import DenseAutoencoder


class Stacked(DenseAutoencoder):
    """Dense layers that can be trained one by one, from the picture up (Bengio 2007; Vincent 2010).

    ::

        picture ─ encoder[0] ─ h1 ─ encoder[1] ─ h2 ─ ... ─ code
           └────── decoder[0] ──┘└─ decoder[1] ─┘
            pre-training, layer 1      layer 2

    Shapes, range and errors as in :class:`DenseAutoencoder`. The buffer ``height`` says how many layers take part in ``forward``
    (0: all), so that a half-built stack can be looked at while it grows; ``encode`` and ``decode`` always go all the way.
    """

    height: Tensor

    def __init__(self, config: StackedConfig) -> None:
        super().__init__(config, code_activation=True)
        self.register_buffer("height", torch.zeros((), dtype=torch.int64))

    @property
    def layers(self) -> int:
        return len(self.encoder)

    def check_layer(self, layer: int) -> None:
        """Raises :class:`ModelError` unless ``layer`` is one of 1 (next to the picture) to ``layers``."""
        if not 1 <= layer <= self.layers:
            hint = f"Choose 1 to {self.layers}, or 0 for the whole network."
            raise ModelError(f"There is no layer {layer} in a stack of {self.layers}.", hint)

    def below(self, picture: Tensor, layer: int) -> Tensor:
        """What ``layer`` (from 1) sees: the (B, inputs) picture, centred, or the activations of the layer below."""
        self.check_layer(layer)
        x = self.flatten(picture)
        for encoder in self.encoder[: layer - 1]:
            x = encoder(x)
        return x

    def there_and_back(self, x: Tensor, layer: int) -> Tensor:
        """Through the autoencoder that ``layer`` (from 1) is by itself: (B, units below) to the same."""
        self.check_layer(layer)
        back: Tensor = self.decoder[layer - 1](self.encoder[layer - 1](x))
        return back

    def forward(self, picture: Tensor) -> Tensor:
        height = int(self.height) or self.layers
        x = self.flatten(picture)
        for encoder in self.encoder[:height]:
            x = encoder(x)
        for decoder in reversed(self.decoder[:height]):
            x = decoder(x)
        return self.unflatten(x)

    def classifier(self, classes: int) -> nn.Sequential:
        """A classifier that starts from a copy of the trained encoder: (B, C, size_px, size_px) to (B, classes) logits.

        To be fine-tuned on labelled pictures; this is what unsupervised pre-training was first used for. Raises
        :class:`ModelError` for fewer than two classes.
        """
        if classes < 2:
            raise ModelError(f"A classifier of {classes} classes has nothing to choose from.", "Give two classes or more.")
        return nn.Sequential(Centre(), *copy.deepcopy(list(self.encoder)), nn.Linear(self.config.code, classes))


class Centre(nn.Module):
    """(B, C, H, W) pictures in [0, 1] to (B, C H W) numbers around zero, as the encoder was trained on them."""

    def forward(self, picture: Tensor) -> Tensor:
        return picture.flatten(1) - 0.5
