"""The plain objective: give the target for the noisy picture. Undercomplete, convolutional and denoising autoencoders learn by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require


@dataclass(frozen=True)
class NoArguments:
    """This objective has no arguments of its own: its loss is the stage's."""


class Reconstruction(Objective):
    """The stage's loss between the reconstruction of the noisy picture and the target.

    Raises :class:`SpecError` for arguments in [objective], and for the loss "bce" on a network that does not end in a sigmoid.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments_of(NoArguments, recipe)
        for stage in recipe.stages:
            check_loss(stage.loss, network)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return fidelity(self.network(example.noisy), example, stage)


def check_loss(loss: str, network: Any) -> None:
    """Raises :class:`SpecError` where ``loss`` needs another output than ``network`` has."""
    # Clipped pixels at exactly 0 or 1 have a cross-entropy of 14 nats and a gradient of a million.
    sigmoid = getattr(network.config, "output", "linear") == "sigmoid"
    require(loss != "bce" or sigmoid, 'The loss "bce" needs a network that ends in a sigmoid.', 'Set output = "sigmoid" in [model].')


def fidelity(reconstruction: Tensor, example: Example, stage: Stage) -> tuple[Tensor, dict[str, Tensor]]:
    """The stage's loss of a reconstruction, and the terms that every objective reports."""
    loss = LOSSES[stage.loss](reconstruction, example.target, example.weight)
    return loss, {"loss": loss.detach(), "psnr": decibels(reconstruction, example.target)}
