"""Without clean pictures: each objective does what its paper says, on small pictures with noise of its kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.data.examples.example import Example
from aedesk.data.sources import make_examples
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.training.objectives.own_noise import OwnNoise
from aedesk.training.objectives.registry import OBJECTIVES, objective_class
from aedesk.training.recipes.recipe import Recipe, parse

CPU = torch.device("cpu")
SMALL = {"family": "unet", "channels": 1, "widths": [12, 12], "blocks": [1, 1], "unshuffle": 1, "estimator_width": 4}
NOT_TOLD = {"family": "denoising", "channels": 1, "widths": [12, 12], "blocks": [1, 1]}


def make_recipe(folder: Path, model: dict[str, Any], targets: str, **more: Any) -> Recipe:
    data = {"folder": str(folder), "targets": targets, "held_out": 1}
    stage = [{"steps": 1, "patch_px": 24, "batch": 4, "loss": "mse"}]
    return parse({"name": "test", "purpose": "denoise", "model": model, "data": data, "stage": stage, **more})


def noisy_and_clean(make_pixels: Callable[..., np.ndarray], seed: int) -> tuple[np.ndarray, np.ndarray]:
    clean = make_pixels(64, 64, 1, seed=seed)
    noise = np.random.default_rng(seed).normal(0, 40, clean.shape)
    return np.clip(clean + noise, 0, 255).astype(np.uint8), clean


@pytest.fixture
def noisy_folder(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    folder = tmp_path / "noisy"
    folder.mkdir()
    for seed in range(6):
        write(Picture(noisy_and_clean(make_pixels, seed)[0]), folder / f"{seed}.png")
    return folder


def learn(recipe: Recipe, steps: int) -> tuple[Any, type]:
    """A network after some steps of Adam, and the class of its objective."""
    torch.manual_seed(0)
    network = FAMILIES[recipe.family].build(recipe.architecture).train()
    objective = objective_class(recipe)(network, recipe)
    examples = make_examples(recipe.table["data"], recipe.degradation, 1, CPU, CancelToken(), patch_px=32)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    for step in range(steps):
        loss, terms = objective(examples.draw(4, 24, step), recipe.stages[0], torch.Generator().manual_seed(step))
        assert {"loss", "psnr"} <= terms.keys()
        assert all(value.ndim == 0 and not value.requires_grad for value in terms.values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval(), type(objective)


def decibels(a: Tensor, b: Tensor) -> float:
    return float(-10 * torch.log10((a - b).square().mean()))


@pytest.mark.parametrize("targets", ["neighbor2neighbor", "noise2void"])
def test_noise_is_removed_without_any_clean_picture(targets: str, noisy_folder: Path, make_pixels: Callable[..., np.ndarray]) -> None:
    network, objective = learn(make_recipe(noisy_folder, SMALL, targets), 60)
    noisy, clean = (torch.from_numpy(p).permute(2, 0, 1)[None].float() / 255 for p in noisy_and_clean(make_pixels, seed=77))
    with torch.inference_mode():
        restored = objective.reconstruct(network, Example(noisy, noisy, torch.zeros(1, 1, 1, 1)))
    assert decibels(restored, clean) > decibels(noisy, clean) + 2.0


@pytest.mark.parametrize("targets", ["neighbor2neighbor", "noise2void"])
def test_networks_that_are_not_told_the_level_learn_too(targets: str, noisy_folder: Path) -> None:
    recipe = make_recipe(noisy_folder, NOT_TOLD, targets)
    network = FAMILIES["denoising"].build(recipe.architecture)
    example = make_examples(recipe.table["data"], {}, 1, CPU, CancelToken(), patch_px=32).draw(4, 32, 0)
    loss, _ = objective_class(recipe)(network, recipe)(example, recipe.stages[0], torch.Generator())
    loss.backward()
    norms = [float(p.grad.norm()) for p in network.parameters() if p.grad is not None]
    assert len(norms) == len(list(network.parameters()))
    assert all(np.isfinite(norms))
    assert sum(norms) > 0


def test_the_regularizer_pulls_towards_what_the_whole_picture_says(noisy_folder: Path) -> None:
    recipes = [make_recipe(noisy_folder, NOT_TOLD, "neighbor2neighbor", objective={"weight": weight}) for weight in (0.0, 4.0)]
    torch.manual_seed(0)
    network = FAMILIES["denoising"].build(recipes[0].architecture)
    example = make_examples(recipes[0].table["data"], {}, 1, CPU, CancelToken(), patch_px=32).draw(4, 32, 0)
    (plain, terms), (regularized, _) = (objective_class(r)(network, r)(example, r.stages[0], torch.Generator()) for r in recipes)
    assert float((regularized - plain).detach()) == pytest.approx(4 * float(terms["regularizer"]), rel=1e-4)
    assert float(terms["regularizer"]) > 0


def test_own_noise_teaches_what_the_network_said_at_the_start(noisy_folder: Path) -> None:
    recipe = make_recipe(noisy_folder, SMALL, "own-noise", start="denoise-photo")
    network = FAMILIES["unet"].build(recipe.architecture)
    objective = objective_class(recipe)(network, recipe)
    assert isinstance(objective, OwnNoise)
    learning = {id(p) for p in objective.parameters()}
    assert learning == {id(p) for p in network.parameters()}
    example = make_examples(recipe.table["data"], {}, 1, CPU, CancelToken(), patch_px=32).draw(4, 32, 0)
    assert example.noise is not None
    seen: list[Example] = []
    objective.family.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    objective(example, recipe.stages[0], torch.Generator())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1)
    objective(example, recipe.stages[0], torch.Generator())
    first, second = seen
    assert torch.equal(first.target, second.target)
    assert torch.equal(first.noisy, (first.target + example.noise).clamp(0, 1).mul(255).round().div(255))
    assert not torch.equal(first.target, example.noisy)


def test_own_noise_needs_a_denoiser_to_start_from(noisy_folder: Path) -> None:
    recipe = make_recipe(noisy_folder, SMALL, "own-noise")
    with pytest.raises(SpecError, match="made by a denoiser"):
        objective_class(recipe)(FAMILIES["unet"].build(recipe.architecture), recipe)


def test_other_targets_keep_the_objective_of_the_family(noisy_folder: Path) -> None:
    for targets in ("clean", "pairs"):
        assert objective_class(make_recipe(noisy_folder, SMALL, targets)) is OBJECTIVES["unet"]
