"""A bare training loop and small real pictures, to show what an objective does without the training service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.models.families import FAMILIES
from aedesk.training.objectives.base import Objective
from aedesk.training.objectives.registry import OBJECTIVES
from aedesk.training.recipes.recipe import Recipe, Stage, parse


def digits() -> Tensor:
    """1,797 handwritten digits as (1797, 1, 8, 8) in [0, 1] (UCI, in scikit-learn)."""
    return torch.from_numpy(load_digits().images).float().unsqueeze(1) / 16


def make_recipe(model: dict[str, Any], objective: dict[str, Any] | None = None, stages: Sequence[dict[str, Any]] = ()) -> Recipe:
    table = {"name": "test", "purpose": "autoencoder", "model": model, "objective": objective or {}}
    return parse({**table, "stage": [{"steps": 1, "loss": "mse", **stage} for stage in stages or ({},)]})


def make_objective(recipe: Recipe, seed: int = 0) -> Objective:
    """The objective of a recipe around a new network."""
    torch.manual_seed(seed)
    return OBJECTIVES[recipe.family](FAMILIES[recipe.family].build(recipe.architecture).train(), recipe)


def learn(
    objective: Objective,
    pictures: Tensor,
    steps: int,
    *,
    stage: Stage | None = None,
    batch: int = 64,
    lr: float = 1e-2,
    noise: float = 0.0,
    dtype: torch.dtype = torch.float32,
) -> list[dict[str, float]]:
    """The terms of every step of Adam on batches of ``pictures``, with Gaussian ``noise`` (standard deviation) on the input."""
    stage = stage or objective.recipe.stages[0]
    generator = torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam(objective.network.parameters(), lr=lr)
    history = []
    for _ in range(steps):
        clean = pictures[torch.randint(0, len(pictures), (batch,), generator=generator)]
        noisy = clean + noise * torch.randn(clean.shape, generator=generator)
        level = torch.full((batch, 1, 1, 1), noise * 255)
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            loss, terms = objective(Example(noisy, clean, level), stage, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        history.append({name: float(value) for name, value in terms.items()})
    return history


def mean_of(history: list[dict[str, float]], name: str, last: int = 20) -> float:
    """Mean of a term over the last steps."""
    return sum(terms[name] for terms in history[-last:]) / len(history[-last:])
