"""Contraction: reconstruct, with a code that changes little around each picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.distributed import draw_for_batch
from aedesk.training.objectives.base import Objective, arguments_of
from aedesk.training.objectives.reconstruction import check_loss, fidelity
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require


@dataclass(frozen=True)
class ContractiveArguments:
    """[objective] of a contractive autoencoder.

    Args:
        weight: the paper's lambda. The penalty ||J||_F^2 is divided by the number of pixels, as the loss is by its mean.
        probes: random directions per step for the estimate of encoders of more than one layer.
    """

    weight: float = 0.1
    probes: int = 1

    def __post_init__(self) -> None:
        require(self.weight >= 0, f"weight is {self.weight}.", "Choose 0 or more.")
        require(self.probes >= 1, f"probes is {self.probes}.", "Choose 1 or more.")


class Contraction(Objective):
    """Fidelity + weight * mean ||dh/dx||_F^2 / inputs (Rifai 2011). Reports the mean ||J||_F^2 as "jacobian"."""

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(ContractiveArguments, recipe)
        for stage in recipe.stages:
            check_loss(stage.loss, network)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        network, arguments = self.network, self.arguments
        loss, terms = fidelity(network(example.noisy), example, stage)
        jacobian = self._norm(example.noisy, generator).mean()
        return loss + arguments.weight * jacobian / network.config.inputs, {**terms, "jacobian": jacobian.detach()}

    def _norm(self, picture: Tensor, generator: torch.Generator) -> Tensor:
        network = self.network
        if network.exact:
            exact: Tensor = network.jacobian_norm(picture)
            return exact
        shape = (self.arguments.probes, network.config.code)

        def signs(count: int) -> Tensor:
            return torch.randint(0, 2, (count, *shape), generator=generator, device=picture.device) * 2.0 - 1

        estimate: Tensor = network.estimated_norm(picture, draw_for_batch(signs, len(picture)))
        return estimate
