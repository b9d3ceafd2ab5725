"""What a training run asks of an objective."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from aedesk.data.examples import Example
from aedesk.training.recipe import Recipe, Stage


class Objective(nn.Module):
    """The loss of one step, as a module that holds the network, so that data parallelism can wrap it whole.

    Whatever else learns or remembers (a discriminator, a running mean) is a submodule or a buffer of the network: it is then
    checkpointed, averaged and moved with it.

    Args:
        network: the network that is trained.
        recipe: its ``objective`` table holds this objective's own arguments.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to minimise, and every term of it by name (detached scalars; "loss" is the fidelity, "psnr" in dB).

        Args:
            generator: on the example's device; the only source of random numbers.
        """
        raise NotImplementedError

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        """What a person would get from ``network`` for ``example.noisy``: figures and previews are made of it."""
        restored: Tensor = network(example.noisy)
        return restored
