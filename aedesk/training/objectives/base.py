"""What a training run asks of an objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from aedesk.data.examples.example import Example
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import build

T = TypeVar("T")


def arguments_of(kind: type[T], recipe: Recipe) -> T:
    """The recipe's [objective] as the frozen dataclass ``kind``. Raises :class:`SpecError` naming a key that is unknown or wrong."""
    return build(kind, "objective", recipe.objective)


def decibels(reconstruction: Tensor, target: Tensor) -> Tensor:
    """PSNR over the whole batch in dB, detached; at most 100."""
    error = (reconstruction.detach().float() - target.float()).square().mean()
    return -10 * torch.log10(error.clamp(min=1e-10))


class Objective(nn.Module):
    """The loss of one step, as a module that holds the network, so that data parallelism can wrap it whole.

    Whatever else learns or remembers (a discriminator, a running mean) is a submodule or a buffer of the network: it is then
    checkpointed, averaged and moved with it. A mean over the batch that enters the loss in a way that is not linear is taken by
    ``training.distributed.mean_over_ranks``, so that several processes give the loss of one.

    Args:
        network: the network that is trained.
        recipe: its ``objective`` table holds this objective's own arguments (:func:`arguments_of`).
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__()
        self.network = network
        self.recipe = recipe

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss to minimise, and every term of it by name (detached scalars; "loss" is the fidelity, "psnr" in dB).

        Called under autocast. The network is in training mode.

        Args:
            generator: on the example's device; with torch's own (for dropout), seeded by the step, the only source of random numbers.
        """
        raise NotImplementedError

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        """What a person would get from ``network`` for ``example.noisy``: figures and previews are made of it."""
        restored: Tensor = network(example.noisy)
        return restored

    @staticmethod
    def complete(network: Any, draw: Callable[[int], Example]) -> None:
        """Do to ``network`` whatever its weights need beside training before they are kept. ``draw`` gives a batch by its number."""

    @staticmethod
    def figures(network: Any, example: Example) -> dict[str, Tensor]:
        """What else a validation should measure, as scalars by name: of a part of ``network`` that is cheap to run by itself."""
        return {}
