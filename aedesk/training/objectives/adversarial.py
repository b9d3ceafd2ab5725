"""The objective of the adversarial autoencoder: reconstruct, and let no discriminator tell the codes from the prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.objectives.base import Objective, arguments_of
from aedesk.training.objectives.reconstruction import check_loss, fidelity
from aedesk.training.objectives.variational import standard_normal
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require


@dataclass(frozen=True)
class AdversarialArguments:
    """``weight`` of the deception of the discriminator against the loss of the reconstruction; 0 leaves a plain autoencoder."""

    weight: float = 0.01

    def __post_init__(self) -> None:
        require(0 <= self.weight <= 100, f"weight is {self.weight:g}.", "Choose 0 to 100.")


class AdversarialReconstruction(Objective):
    """Fidelity + weight * deception + the discriminator's own loss (Makhzani 2015), in one backward pass.

    The discriminator learns from detached codes, the encoder from a frozen copy of the discriminator: neither gets the other's
    gradients, so the three terms can be added and one optimizer suffices. Rejected: two optimizers in turn, as in the paper,
    which the checkpoints, the schedules and data parallelism would all have to know of.

    Terms: ``deception``, the encoder's loss against the discriminator; ``discriminator``, its own (both 0.69 when it can only guess).
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(AdversarialArguments, recipe)
        for stage in recipe.stages:
            check_loss(stage.loss, network)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        network = self.network
        code = network.encode(example.noisy)
        loss, terms = fidelity(network.decode(code), example, stage)
        drawn = standard_normal(code, generator)
        deception = F.softplus(-network.discriminator.frozen(code)).mean()
        judged = network.discriminator(torch.cat((drawn, code.detach())))
        discrimination = F.softplus(torch.cat((-judged[: len(drawn)], judged[len(drawn) :]))).mean()
        terms = {**terms, "deception": deception.detach(), "discriminator": discrimination.detach()}
        return loss + self.arguments.weight * deception + discrimination, terms
