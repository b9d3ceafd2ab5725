"""The adversarial autoencoder: a discriminator bends the distribution of all codes to a prior, without a formula for either."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.func import functional_call

from aedesk.models.architectures import AdversarialConfig
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.autoencoders.body import SquareDecoder, SquareEncoder, descriptor_of
from aedesk.models.autoencoders.dense import DenseLayer
from aedesk.models.descriptor import Descriptor


class Discriminator(nn.Module):
    """Codes (B, code) to logits (B,): how likely each is a draw from the prior rather than the code of a picture."""

    def __init__(self, code: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (code, *hidden)
        self.layers = nn.Sequential(*(DenseLayer(a, b, "leaky-relu") for a, b in pairwise(sizes)), DenseLayer(sizes[-1], 1))

    def forward(self, code: Tensor) -> Tensor:
        logits: Tensor = self.layers(code).float().squeeze(1)
        return logits

    def frozen(self, code: Tensor) -> Tensor:
        """The same logits, with gradients for ``code`` only: what the encoder, which has to deceive, may learn from."""
        logits: Tensor = functional_call(self, {name: value.detach() for name, value in self.named_parameters()}, (code,))
        return logits


class Adversarial(Autoencoder):
    """A plain autoencoder and a discriminator on its latent (Makhzani 2015, with a deterministic encoder).

    ::

        picture ─ encoder ─ code ─ decoder ─ reconstruction
                             │
                             └─ discriminator ─ picture's or prior's?
        draw of the prior ─────┘

    Pictures are (B, channels, size_px, size_px) in [0, 1], codes (B, code); the prior is standard normal. The discriminator is a part
    of the network, so that it is kept in checkpoints; after training nothing uses it.
    """

    def __init__(self, config: AdversarialConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SquareEncoder(config, config.code)
        self.decoder = SquareDecoder(config)
        self.discriminator = Discriminator(config.code, config.critic)

    @property
    def descriptor(self) -> Descriptor:
        return descriptor_of(self.config, self.config.code)

    def encode(self, picture: Tensor) -> Tensor:
        code: Tensor = self.encoder(picture)
        return code

    def decode(self, code: Tensor) -> Tensor:
        picture: Tensor = self.decoder(code)
        return picture

    def prior(self, count: int) -> Tensor:
        return torch.randn(count, self.config.code, device=next(self.parameters()).device)
