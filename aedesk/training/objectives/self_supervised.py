"""Objectives for noisy pictures without clean versions. Their expectation has the same minimum as that of supervised training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.data.examples.neighbours import neighbours
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.recipes.recipe import Recipe, Stage


def restore(network: Any, noisy: Tensor) -> Tensor:
    """What ``network`` makes of ``noisy``, told its own estimate of the noise level if it wants one. Float32.

    The estimate is a constant here: moved by this loss it would stop to be a noise level.
    """
    if "sigma" in network.descriptor.conditions:
        with torch.no_grad():
            level = network.auto_level(noisy)
        restored: Tensor = network(noisy, level)
    else:
        restored = network(noisy)
    return restored.float()


class SelfSupervised(Objective):
    """What they have in common: the network restores with its own estimate of the noise level."""

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        return restore(network, example.noisy)


@dataclass(frozen=True)
class Neighbor2NeighborArguments:
    """``weight`` of the regularizer: larger keeps more detail and more noise (1 to 8 in the paper)."""

    weight: float = 1.0


class Neighbor2Neighbor(SelfSupervised):
    """One pixel of each 2x2 cell is the input, a neighbour of it the target (Huang 2021).

    Two neighbours show nearly the same scene with noise of their own, as long as the noise is independent from pixel to pixel. What
    differs in the scene is accounted for by the regularizer: the restored whole picture, sampled in the same way, may differ as much.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(Neighbor2NeighborArguments, recipe)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        assert example.whole is not None
        assert example.pick is not None
        restored = restore(self.network, example.noisy)
        with torch.no_grad():
            first, second = neighbours(restore(self.network, example.whole), example.pick)
        difference = restored - example.target
        fidelity = LOSSES[stage.loss](restored, example.target)
        regularizer = (difference - (first - second)).square().mean()
        terms = {"loss": fidelity.detach(), "psnr": decibels(restored, example.target), "regularizer": regularizer.detach()}
        return fidelity + self.arguments.weight * regularizer, terms


class Noise2Void(SelfSupervised):
    """Some pixels are replaced by neighbours of theirs, and the network says what was there (Krull 2019).

    It cannot see the noise of the pixel that it is asked for, so the best answer is the scene.
    """

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        assert example.weight is not None
        restored = restore(self.network, example.noisy)
        fidelity = LOSSES[stage.loss](restored, example.target, example.weight)
        blind = example.weight.expand_as(restored) > 0
        return fidelity, {"loss": fidelity.detach(), "psnr": decibels(restored[blind], example.target[blind])}
