"""Learning a camera's own noise from its noisy pictures: self-distillation with noise that was measured on them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.degradation.recipe import noise_level
from aedesk.data.examples.example import Example
from aedesk.training.objectives.self_supervised import SelfSupervised, restore
from aedesk.training.recipes.recipe import Recipe, Stage


class OwnNoise(SelfSupervised):
    """The family's objective, on pictures that the network itself has cleaned at the start, with the camera's noise put back on.

    ::

        noisy patch ─ network as it was at the start ─ target ─ + ─ input ─ network ─ restored
                                      the camera's noise ───────┘

    Half of the patches are at half size, where a denoiser leaves next to nothing of the noise: clean and sharp targets, on which the
    network meets what its own training did not have. The other half shows what texture at full size looks like, which must be kept.
    On 20 pictures of one camera (tests/bench/bench_own_camera.py) nearly as good as learning from clean pictures of the same scenes
    (+0.36 and +0.51 dB); patches of half size alone gave +0.21 dB, because they smooth texture, and half-size pictures that the network
    has not cleaned next to nothing.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        from aedesk.training.objectives.registry import OBJECTIVES  # which knows this class in its turn

        super().__init__(network, recipe)
        if not recipe.start:
            raise SpecError('Targets "own-noise" are made by a denoiser.', 'Give the recipe a start, such as start = "denoise-photo".')
        self.family = OBJECTIVES[recipe.family](network, recipe)
        # In a tuple, so that it is no submodule: it neither learns nor goes into training mode.
        self._teacher = (copy.deepcopy(network).eval().requires_grad_(False),)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        if example.noise is None:
            raise SpecError("These examples bring no noise of a camera.", 'Give [data] targets = "own-noise".')
        with torch.no_grad():
            clean = restore(self._teacher[0], example.noisy).clamp(0, 1)
            noisy = (clean + example.noise).clamp(0, 1).mul(255).round().div(255)
        result: tuple[Tensor, dict[str, Tensor]] = self.family(Example(noisy, clean, noise_level(noisy, clean)), stage, generator)
        return result
