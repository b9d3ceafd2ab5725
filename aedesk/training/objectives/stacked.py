"""Greedy layer-wise training: each layer an autoencoder of the one below, then all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.distributed import draw_for_batch
from aedesk.training.objectives.base import Objective, arguments_of
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.objectives.reconstruction import check_loss, fidelity
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require

ACTIVATION_LOSSES = ("l1", "mse", "charbonnier")


@dataclass(frozen=True)
class StackedArguments:
    """[objective] of a stacked autoencoder.

    Args:
        corruption: share of a layer's inputs that is set to zero while it alone is trained, from the second layer on: a stack of
            denoising autoencoders (Vincent 2010). What corrupts the picture stands in [degradation].
    """

    corruption: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.corruption < 1, f"corruption is {self.corruption}.", "Choose a share from 0 to below 1.")


class LayerWise(Objective):
    """The stage's loss of one layer (``stage.layer`` = 1, 2, ...) or of the whole network (0), (Bengio 2007).

    A layer that is trained alone sees what the finished layers below make of the picture, and gives it back; they stay as they are.
    The loss of a deeper layer is measured on activations, so "bce" and "ssim-mix" are for pictures only: :class:`SpecError`.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(StackedArguments, recipe)
        for stage in recipe.stages:
            check_loss(stage.loss, network)
            if stage.layer:
                network.check_layer(stage.layer)
            good = stage.layer < 2 or stage.loss in ACTIVATION_LOSSES
            require(
                good, f'The loss "{stage.loss}" is for pictures, not for layer {stage.layer}.', f"Choose {', '.join(ACTIVATION_LOSSES)}."
            )

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        network, layer = self.network, stage.layer
        network.height.fill_(layer)
        if layer < 2:
            return fidelity(network(example.noisy), example, stage)
        with torch.no_grad():
            below = network.below(example.noisy, layer)

        def draw(count: int) -> Tensor:
            return torch.rand((count, below.shape[1]), generator=generator, device=below.device)

        kept = draw_for_batch(draw, len(below)) >= self.arguments.corruption
        loss = LOSSES[stage.loss](network.there_and_back(below * kept, layer), below)
        return loss, {"loss": loss.detach()}
