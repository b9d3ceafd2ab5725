"""The objective of the variational autoencoder: the evidence lower bound."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.distributed import draw_for_batch, mean_over_ranks
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.objectives.reconstruction import check_loss
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require

SMALLEST_ERROR = {"mse": 1e-5, "l1": 2e-3}  # about half a grey level: rounding to 8 bits is no information
MOMENTUM = 0.05

LIKELIHOODS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bce": lambda error, scale: error,
    "mse": lambda error, scale: 0.5 * (2 * math.pi * scale).log() + 0.5 * error / scale,
    "l1": lambda error, scale: (2 * scale).log() + error / scale,
}
"""Loss -> -log p(value | code) in nats per value, given the mean error and its scale: Bernoulli, Gaussian (the scale is the variance),
Laplace (the mean absolute deviation)."""


@dataclass(frozen=True)
class VariationalArguments:
    """``beta`` weighs the divergence: 1 is the evidence lower bound, more makes codes simpler and pictures blurrier (Higgins 2017)."""

    beta: float = 1.0

    def __post_init__(self) -> None:
        require(0 <= self.beta <= 1000, f"beta is {self.beta:g}.", "Choose 0 to 1000.")


class EvidenceLowerBound(Objective):
    """-log p(picture | drawn code) + beta KL(posterior || prior) (Kingma & Welling 2013), in nats per value of the picture.

    The scale of the likelihood is the running mean of the error, its best value (Rybkin 2021), so that beta = 1 balances pictures of
    any size and noise. Terms: ``kl`` in nats per picture, ``elbo`` in nats per value (with beta 1, whatever beta is).

    Raises :class:`SpecError` for a loss that is no likelihood.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(VariationalArguments, recipe)
        for stage in recipe.stages:
            known = ", ".join(LIKELIHOODS)
            require(stage.loss in LIKELIHOODS, f"The loss {stage.loss!r} is no likelihood of pictures.", f"Choose one of {known}.")
            check_loss(stage.loss, network)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        posterior = self.network.distribution(example.noisy)
        reconstruction = self.network.decode(posterior.draw(standard_normal(posterior.mean, generator)))
        error = LOSSES[stage.loss](reconstruction, example.target, example.weight)
        surprise = LIKELIHOODS[stage.loss](error, self._scale(error.detach(), stage.loss))
        divergence = posterior.divergence().sum(1).mean()
        per_value = divergence / example.target[0].numel()
        terms = {
            "loss": error.detach(),
            "psnr": decibels(reconstruction, example.target),
            "kl": divergence.detach(),
            "elbo": -(surprise + per_value).detach(),
        }
        return surprise + self.arguments.beta * per_value, terms

    def _scale(self, error: Tensor, loss: str) -> Tensor:
        """The running mean of the error, kept in the network."""
        running: Tensor = self.network.error
        if self.training and loss != "bce":
            error = mean_over_ranks(error).float()
            # From zero, that is before the first step, at once.
            running.copy_(torch.where(running > 0, running.lerp(error, MOMENTUM), error))
        return running.detach().clone().clamp(min=SMALLEST_ERROR.get(loss, 0.0))


def standard_normal(like: Tensor, generator: torch.Generator) -> Tensor:
    """Draws of the shape of ``like``, (B, ...); the same ones for a picture however many processes share the batch."""

    def draw(rows: int) -> Tensor:
        return torch.randn((rows, *like.shape[1:]), generator=generator, device=like.device, dtype=like.dtype)

    return draw_for_batch(draw, len(like))
