"""Sparse coding by an autoencoder: reconstruct, with few active units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.distributed import mean_over_ranks
from aedesk.training.objectives.base import Objective, arguments_of
from aedesk.training.objectives.reconstruction import check_loss, fidelity
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require


@dataclass(frozen=True)
class SparseArguments:
    """[objective] of a sparse autoencoder.

    Args:
        penalty: "kl", the divergence of each unit's mean activation p_hat from ``target``; or "l1", the mean absolute activation.
        target: p of "kl", in (0, 1).
        weight: of the penalty, which is a mean over the units (and, "l1", over the pictures).
        momentum: share of the running mean p_hat that each batch keeps; 0 looks at the batch alone.
    """

    penalty: Literal["kl", "l1"] = "kl"
    target: float = 0.05
    weight: float = 0.1
    momentum: float = 0.9

    def __post_init__(self) -> None:
        require(0 < self.target < 1, f"target is {self.target}.", "Choose a mean activation between 0 and 1, such as 0.05.")
        require(self.weight >= 0, f"weight is {self.weight}.", "Choose 0 or more.")
        require(0 <= self.momentum < 1, f"momentum is {self.momentum}.", "Choose a share from 0 to below 1.")


class Sparsity(Objective):
    """Fidelity + weight * penalty (Ng 2011). Reports the penalty as "sparsity" and the units' mean activation as "p_hat".

    Raises :class:`SpecError` for "kl" on units that are no sigmoids: only their activations are probabilities.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(SparseArguments, recipe)
        for stage in recipe.stages:
            check_loss(stage.loss, network)
        activation = network.config.activation
        hint = 'Set activation = "sigmoid" in [model], or penalty = "l1".'
        good = self.arguments.penalty == "l1" or activation == "sigmoid"
        require(good, f'The penalty "kl" needs activations in (0, 1), and those of "{activation}" are not.', hint)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        network, arguments = self.network, self.arguments
        code = network.encode(example.noisy)
        loss, terms = fidelity(network.decode(code), example, stage)
        p_hat = network.observe(mean_over_ranks(code.float().mean(0)), arguments.momentum)
        penalty = divergence(arguments.target, p_hat).mean() if arguments.penalty == "kl" else code.float().abs().mean()
        return loss + arguments.weight * penalty, {**terms, "sparsity": penalty.detach(), "p_hat": p_hat.detach().mean()}


def divergence(p: float, p_hat: Tensor) -> Tensor:
    """KL(p || p_hat) between coins that show heads with these probabilities, in nats, of the shape of ``p_hat``."""
    q = p_hat.clamp(1e-6, 1 - 1e-6)
    return p * torch.log(p / q) + (1 - p) * torch.log((1 - p) / (1 - q))
