"""Recipes are checked before anything runs; optimizers and schedules do what they promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from aedesk.core.errors import SpecError
from aedesk.training.optim import Muon, make_optimizers, orthogonalise, set_rate
from aedesk.training.recipes.recipe import Train, load, parse
from aedesk.training.schedules import rate


def test_the_shipped_recipes_are_valid(project: Path) -> None:
    paths = sorted((project / "resources" / "models").glob("*.toml"))
    assert {"denoise-gaussian", "denoise-photo"} <= {path.stem for path in paths}
    for path in paths:
        assert parse(load(path)).name == path.stem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stage": []}, "no stage"),
        ({"stage": [{"patch_px": 8}]}, "incomplete"),
        ({"stage": [{"steps": "many"}]}, "steps"),
        ({"colour": 1}, "colour"),
        ({"train": {"learning_rate": 1}}, "learning_rate"),
        ({"train": {"lr": "fast"}}, "lr"),
        ({"model": {}}, "family"),
        ({"degradation": {"sigma": [0, 50]}}, "chain"),
        ({"name": 3}, "name"),
    ],
)
def test_a_wrong_recipe_is_told_where(recipe: dict[str, Any], change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse({**recipe, **change})


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    for text in ("name = ", "\x00"):
        path.write_text(text)
        with pytest.raises(SpecError, match=r"recipe\.toml"):
            load(path)
    with pytest.raises(SpecError, match=r"missing\.toml"):
        load(tmp_path / "missing.toml")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(8, 72), (64, 16), (3, 64, 576), (2, 128, 1024)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 1e-3
    values = torch.linalg.svdvals(orthogonalise(matrices, dtype=dtype))
    assert values.dtype == torch.float32
    assert float(values.min()) > 0.65
    assert float(values.max()) < 1.25


@pytest.mark.parametrize("shape", [(8, 72), (64, 16), (4, 32, 288)])
def test_bfloat16_orthogonalises_as_float32_does(shape: tuple[int, ...]) -> None:
    """Also directions that are a hundred times weaker than others, as those of a gradient are."""
    u, s, v = torch.linalg.svd(torch.randn(shape, generator=torch.Generator().manual_seed(0)), full_matrices=False)
    matrices = u @ torch.diag_embed(s * torch.logspace(0, -2, s.shape[-1])) @ v
    precise, fast = (orthogonalise(matrices, dtype=dtype) for dtype in (torch.float32, torch.bfloat16))
    assert float(torch.cosine_similarity(precise.flatten(), fast.flatten(), dim=0)) > 0.998
    ratios = torch.linalg.svdvals(fast) / torch.linalg.svdvals(precise)
    assert float((ratios - 1).abs().max()) < 0.03


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_muon_moves_each_kernel_by_its_own_orthogonalised_gradient(layout: torch.memory_format) -> None:
    """Kernels of one shape are orthogonalised together, whatever their layout in memory, and those without a gradient stay."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(4, 8, 3), nn.Conv2d(4, 8, 3), nn.ConvTranspose2d(4, 8, 2), nn.Linear(5, 3), nn.Linear(5, 3)]
    weights = [
        nn.Parameter(layer.weight.detach().contiguous(memory_format=layout if layer.weight.ndim == 4 else torch.preserve_format))
        for layer in layers
    ]
    for weight in weights[:-1]:
        weight.grad = torch.randn_like(weight)
    before = [weight.detach().clone() for weight in weights]
    Muon(weights, lr=0.1, momentum=0.5, weight_decay=0.2).step()
    for weight, old in zip(weights[:-1], before, strict=False):
        direction = orthogonalise(weight.grad.flatten(1)).view_as(weight)
        scale = 0.2 * max(weight.flatten(1).shape) ** 0.5
        assert torch.allclose(weight, old * 0.98 - 0.1 * scale * direction, atol=1e-5)
    assert torch.equal(weights[-1], before[-1])


def test_every_weight_belongs_to_exactly_one_optimizer() -> None:
    network = nn.ModuleDict({"head": nn.Conv2d(3, 4, 3), "body": nn.Conv2d(4, 4, 3), "tail": nn.Conv2d(4, 3, 3)})
    adamw, muon = make_optimizers(network, Train(muon_lr=1e-3))
    groups = [{id(p) for group in o.param_groups for p in group["params"]} for o in (adamw, muon)]
    assert groups[1] == {id(network["body"].weight)}
    assert groups[0] | groups[1] == {id(p) for p in network.parameters()}
    assert not groups[0] & groups[1]


def test_another_peak_changes_the_rates_of_both_optimizers_in_proportion() -> None:
    network, train = nn.Sequential(*(nn.Linear(4, 4) for _ in range(3))), Train(lr=4e-4, muon_lr=6e-4)
    optimizers = make_optimizers(network, train)
    for peak, expected in ((None, [2e-4, 3e-4]), (2e-3, [1e-3, 1.5e-3])):
        assert set_rate(optimizers, train, 0.5, peak) == pytest.approx(expected[0])
        assert [o.param_groups[0]["lr"] for o in optimizers] == pytest.approx(expected)


def test_the_rate_warms_up_and_comes_down() -> None:
    rates = [rate(step, 100, Train(warmup_steps=10)) for step in range(100)]
    assert rates[:10] == [(step + 1) / 10 for step in range(10)]
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.01, abs=0.01)


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("train", "lr", 1e308),
        ("train", "lr", 0),
        ("train", "momentum", 1),
        ("train", "warmup_steps", 4_000_000_000),
        ("train", "log_every", 10**30),
        ("train", "weight_decay", 1e308),
        ("train", "clip_norm", 1e308),
        ("train", "optimizer", "lion"),
        ("stage", "patch_px", 4_000_000_000),
        ("stage", "batch", 4_000_000_000),
        ("stage", "steps", 10**18),
        ("stage", "lr", 1e308),
        ("data", "held_out", 10**12),
        ("degradation", "sigma", [0, 4e9]),
        ("recipe", "seed", -1),
        ("model", "widths", [4_000_000_000, 8]),
    ],
)
def test_a_value_beyond_its_declared_limits_is_refused_with_the_limits(table: str, key: str, value: object, recipe: dict[str, Any]) -> None:
    changed = {**recipe, "degradation": {"chain": "gaussian"}}
    if table == "recipe":
        changed[key] = value
    elif table == "stage":
        changed["stage"] = [{**recipe["stage"][0], key: value}]
    else:
        changed[table] = {**changed.get(table, {}), key: value}
    with pytest.raises(SpecError, match=key) as caught:
        parse(changed)
    assert "Choose" in caught.value.hint


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_a_whole_number_stands_for_a_float(optimizer: str, recipe: dict[str, Any]) -> None:
    """torch refuses betas of an int and a float."""
    train = parse({**recipe, "train": {"optimizer": optimizer, "momentum": 0, "lr": 1, "weight_decay": 0}}).train
    network = torch.nn.Linear(2, 2)
    network(torch.ones(1, 2)).sum().backward()
    make_optimizers(network, train)[0].step()
    assert type(train.momentum) is float


def test_a_momentum_of_zero_makes_steps_of_plain_gradients(recipe: dict[str, Any]) -> None:
    train = parse({**recipe, "train": {"optimizer": "sgd", "momentum": 0, "lr": 1, "weight_decay": 0}}).train
    network = torch.nn.Linear(2, 1, bias=False)
    before = network.weight.detach().clone()
    for _ in range(2):
        network.zero_grad()
        network(torch.ones(1, 2)).sum().backward()
        make_optimizers(network, train)[0].step()
    assert torch.equal(network.weight, before - 2)
