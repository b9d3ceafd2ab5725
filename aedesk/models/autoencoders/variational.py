"""The variational autoencoder: the code is a distribution, held near a normal prior, so that the prior's draws are pictures too."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aedesk.models.architectures import VariationalConfig
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.autoencoders.body import SquareDecoder, SquareEncoder, descriptor_of
from aedesk.models.descriptor import Descriptor

MAX_LOG_VARIANCE = 10.0


class Posterior(NamedTuple):
    """A normal distribution over codes with independent units: ``mean`` and ``log_variance``, both (B, code) float32."""

    mean: Tensor
    log_variance: Tensor

    def draw(self, noise: Tensor) -> Tensor:
        """Reparametrised, so that gradients pass: mean + deviation times ``noise``, a standard normal draw of the mean's shape."""
        return self.mean + (0.5 * self.log_variance).exp() * noise

    def divergence(self) -> Tensor:
        """KL(posterior || standard normal) in nats, per picture and unit of the code: (B, code), at least 0."""
        return 0.5 * (self.mean.square() + self.log_variance.exp() - 1 - self.log_variance)


class Variational(Autoencoder):
    """Encoder and decoder with a Gaussian latent (Kingma & Welling 2013; beta: Higgins 2017).

    ::

                          ┌ mean ────────────┐
        picture ─ encoder ┤                  + ─ code ─ decoder ─ reconstruction
                          └ deviation ─ times ┘
                              standard normal ┘

    Pictures are (B, channels, size_px, size_px) in [0, 1], codes (B, code). ``encode`` and so ``forward`` take the mean.

    ``error`` is the running mean of the reconstruction error per value: the scale of the likelihood p(picture | code), which so
    needs no hand-set weight against the divergence (Rybkin 2021). 0 before training.
    """

    error: Tensor

    def __init__(self, config: VariationalConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SquareEncoder(config, 2 * config.code)
        self.decoder = SquareDecoder(config)
        self.register_buffer("error", torch.zeros(()))
        with torch.no_grad():
            # At first every posterior is the prior, nearly: the divergence starts at zero and not at a random height.
            self.encoder.head.linear.weight.mul_(0.1)

    @property
    def descriptor(self) -> Descriptor:
        return descriptor_of(self.config, 2 * self.config.code)

    def distribution(self, picture: Tensor) -> Posterior:
        """What the encoder believes about the code of each picture."""
        mean, log_variance = self.encoder(picture).float().chunk(2, 1)
        return Posterior(mean, log_variance.clamp(-MAX_LOG_VARIANCE, MAX_LOG_VARIANCE))

    def encode(self, picture: Tensor) -> Tensor:
        return self.distribution(picture).mean

    def decode(self, code: Tensor) -> Tensor:
        picture: Tensor = self.decoder(code)
        return picture

    def prior(self, count: int) -> Tensor:
        return torch.randn(count, self.config.code, device=self.error.device)
