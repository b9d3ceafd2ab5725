"""Each classic family does what its paper says, on real handwritten digits."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from small_training import digits, learn, make_objective, make_recipe, mean_of
from torch import nn

from aedesk.core.errors import AedeskError, SpecError
from aedesk.core.resources import resource_path
from aedesk.data.examples.example import Example
from aedesk.training.objectives.sparse import divergence
from aedesk.training.recipes.recipe import Stage, load, parse
from aedesk.training.schedules import Standing

DIGIT: dict[str, Any] = {"channels": 1, "size_px": 8}
VARIANCE = 0.0733
"""Mean squared error of the best constant picture."""


def error_of(network: nn.Module, pictures: torch.Tensor) -> float:
    with torch.no_grad():
        return float((network.eval()(pictures) - pictures).square().mean())


def test_a_linear_undercomplete_autoencoder_finds_the_principal_components() -> None:
    pictures = digits()
    recipe = make_recipe({"family": "undercomplete", **DIGIT, "hidden": [], "code": 8, "output": "linear"})
    objective = make_objective(recipe)
    learn(objective, pictures, 300)
    centred = pictures.flatten(1) - pictures.flatten(1).mean(0)
    _, _, components = torch.linalg.svd(centred, full_matrices=False)
    best = float((centred - centred @ components[:8].T @ components[:8]).square().mean())
    assert error_of(objective.network, pictures) < 1.06 * best


def test_a_deep_undercomplete_autoencoder_does_better_than_the_principal_components() -> None:
    pictures = digits()
    objective = make_objective(make_recipe({"family": "undercomplete", **DIGIT, "hidden": [128], "code": 8}))
    learn(objective, pictures, 300)
    centred = pictures.flatten(1) - pictures.flatten(1).mean(0)
    _, _, components = torch.linalg.svd(centred, full_matrices=False)
    best = float((centred - centred @ components[:8].T @ components[:8]).square().mean())
    assert error_of(objective.network, pictures) < 0.85 * best


@pytest.mark.parametrize("batch", [8, 64])
def test_the_mean_activation_approaches_the_sparsity_target(batch: int) -> None:
    pictures = digits()
    model = {"family": "sparse", **DIGIT, "code": 96}
    sparse = make_objective(make_recipe(model, {"penalty": "kl", "target": 0.05, "weight": 1.0, "momentum": 0.95}))
    plain = make_objective(make_recipe(model, {"penalty": "kl", "target": 0.05, "weight": 0.0}))
    for objective in (sparse, plain):
        learn(objective, pictures, 300, batch=batch, lr=2e-2)
    with torch.no_grad():
        p_hat, without = (objective.network.encode(pictures).mean(0) for objective in (sparse, plain))
    assert float(p_hat.mean()) == pytest.approx(0.05, abs=0.015)
    assert float((p_hat - 0.05).abs().mean()) < 0.05
    assert float((without - 0.05).abs().mean()) > 0.2
    assert error_of(sparse.network, pictures) < 0.4 * VARIANCE


def test_the_running_mean_has_the_value_of_many_batches_and_the_gradient_of_one() -> None:
    network = make_objective(make_recipe({"family": "sparse", **DIGIT, "code": 2})).network
    first = network.observe(torch.tensor([0.2, 0.6]), momentum=0.9)
    assert first.tolist() == pytest.approx([0.2, 0.6])
    batch = torch.tensor([0.4, 0.0], requires_grad=True)
    second = network.observe(batch, momentum=0.9)
    assert second.tolist() == pytest.approx([0.3, 0.3])  # of two batches: no 0.9 of a mean of one
    second.sum().backward()
    assert batch.grad is not None
    assert batch.grad.tolist() == [1, 1]


def test_the_divergence_is_zero_at_the_target_and_finite_at_the_ends() -> None:
    values = divergence(0.05, torch.tensor([0.0, 0.05, 0.5, 1.0]))
    assert float(values[1]) == pytest.approx(0, abs=1e-6)
    assert bool(values.isfinite().all())
    assert float(values[[0, 2, 3]].min()) > 0.1


def test_an_l1_penalty_switches_units_off() -> None:
    pictures = digits()
    active = []
    for weight in (0.0, 0.03):
        model = {"family": "sparse", **DIGIT, "code": 96, "activation": "relu"}
        objective = make_objective(make_recipe(model, {"penalty": "l1", "weight": weight}))
        learn(objective, pictures, 200)
        with torch.no_grad():
            active.append(float((objective.network.encode(pictures) > 1e-3).float().mean()))
    assert active[1] < 0.5 * active[0]


STACK = {"family": "stacked", **DIGIT, "hidden": [64, 32], "code": 12, "activation": "sigmoid"}


def test_greedy_training_lowers_the_loss_of_each_layer_and_leaves_the_others_alone() -> None:
    pictures = digits()
    objective = make_objective(make_recipe(STACK))
    for layer in (1, 2, 3):
        before = {name: value.clone() for name, value in objective.network.state_dict().items()}
        history = learn(objective, pictures, 200, stage=Stage(steps=200, loss="mse", layer=layer))
        assert mean_of(history, "loss") < 0.75 * mean_of(history[:5], "loss")
        after = objective.network.state_dict()
        changed = {".".join(name.split(".")[:2]) for name in after if not torch.equal(before[name], after[name])}
        assert changed == {f"encoder.{layer - 1}", f"decoder.{layer - 1}", "height"}


def test_greedy_training_is_a_better_start_than_random_weights() -> None:
    pictures = digits()
    greedy, random = make_objective(make_recipe(STACK)), make_objective(make_recipe(STACK))
    for layer in (1, 2, 3):
        learn(greedy, pictures, 200, stage=Stage(steps=200, loss="mse", layer=layer))
    for objective in (greedy, random):
        learn(objective, pictures, 100, stage=Stage(steps=100, loss="mse"))
    assert error_of(greedy.network, pictures) < 0.8 * error_of(random.network, pictures)


def test_a_half_built_stack_shows_what_its_finished_layers_give() -> None:
    pictures = digits()
    objective = make_objective(make_recipe(STACK))
    learn(objective, pictures, 200, stage=Stage(steps=200, loss="mse", layer=1))
    level = torch.zeros(len(pictures), 1, 1, 1)
    network = objective.network
    with torch.no_grad():
        shown = objective.reconstruct(network, Example(pictures, pictures, level))
        whole = network.decode(network.encode(pictures))
    assert float((shown - pictures).square().mean()) < 0.3 * VARIANCE
    assert float((whole - pictures).square().mean()) > 0.8 * VARIANCE


def test_a_classifier_from_the_stack_starts_with_its_encoder_and_leaves_it_alone() -> None:
    pictures = digits()
    network = make_objective(make_recipe(STACK)).network
    classifier = network.classifier(10)
    assert classifier(pictures[:5]).shape == (5, 10)
    assert torch.equal(classifier[:-1](pictures[:5]), network.encode(pictures[:5]))
    classifier(pictures[:5]).sum().backward()
    assert all(value.grad is None for value in network.parameters())
    assert {name.split(".")[0] for name, _ in classifier.named_parameters()} == {"1", "2", "3", "4"}


@pytest.mark.parametrize("hidden", [[], [48]])
def test_contraction_makes_the_jacobian_smaller(hidden: list[int]) -> None:
    pictures = digits()
    norms, errors = [], []
    for weight in (0.0, 0.1):
        recipe = make_recipe({"family": "contractive", **DIGIT, "hidden": hidden, "code": 32}, {"weight": weight})
        objective = make_objective(recipe)
        learn(objective, pictures, 200)
        norms.append(float(jacobians(objective.network, pictures[:100]).detach().flatten(1).square().sum(1).mean()))
        errors.append(error_of(objective.network, pictures))
    assert norms[1] < 0.7 * norms[0]
    assert errors[1] < 0.8 * VARIANCE


def jacobians(network: Any, pictures: torch.Tensor) -> torch.Tensor:
    result: torch.Tensor = torch.func.vmap(torch.func.jacrev(lambda picture: network.encode(picture[None])[0]))(pictures)
    return result


def test_the_closed_form_is_the_jacobian_of_autograd() -> None:
    network = make_objective(make_recipe({"family": "contractive", **DIGIT, "code": 20})).network.double()
    pictures = digits()[:7].double()
    expected = jacobians(network, pictures).flatten(1).square().sum(1)
    assert torch.allclose(network.jacobian_norm(pictures), expected.float(), rtol=1e-5)


def test_the_estimate_of_a_deep_jacobian_is_unbiased() -> None:
    network = make_objective(make_recipe({"family": "contractive", **DIGIT, "hidden": [24], "code": 16})).network
    assert not network.exact
    pictures = digits()[:5]
    expected = jacobians(network, pictures).flatten(1).square().sum(1)
    signs = torch.randint(0, 2, (5, 600, 16), generator=torch.Generator().manual_seed(0)) * 2.0 - 1
    assert torch.allclose(network.estimated_norm(pictures, signs), expected, rtol=0.08)


@pytest.mark.parametrize(
    "model", [{"body": "dense", **DIGIT, "hidden": [128], "code": 24}, {"channels": 1, "widths": [16, 24], "blocks": [1, 1]}]
)
def test_a_denoising_autoencoder_takes_noise_away_that_it_has_not_seen(model: dict[str, Any]) -> None:
    pictures = digits()
    objective = make_objective(make_recipe({"family": "denoising", **model}))
    learn(objective, pictures[:1500], 150, noise=0.2)
    clean = pictures[1500:]
    noisy = clean + 0.2 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        restored = objective.network.eval()(noisy)
    assert float((restored - clean).square().mean()) < 0.5 * float((noisy - clean).square().mean())


@pytest.mark.parametrize("family", ["undercomplete", "stacked", "sparse", "contractive", "convolutional"])
def test_cross_entropy_trains_sigmoid_outputs_also_in_half_precision(family: str) -> None:
    dense = {**DIGIT, "hidden": [], "code": 48}
    model = {"channels": 1, "widths": [8, 8], "blocks": [0, 1], "output": "sigmoid"} if family == "convolutional" else dense
    objective = make_objective(make_recipe({"family": family, **model}, stages=[{"loss": "bce"}]))
    history = learn(objective, digits().round(), 60, batch=32, dtype=torch.bfloat16)
    assert mean_of(history, "loss", 5) < 0.9 * mean_of(history[:3], "loss")


@pytest.mark.parametrize(
    ("model", "objective", "stage", "says"),
    [
        ({"family": "undercomplete"}, {"beta": 1.0}, {}, "no key 'beta'"),
        ({"family": "convolutional"}, {}, {"loss": "bce"}, "sigmoid"),
        ({"family": "sparse", "activation": "relu"}, {"penalty": "kl"}, {}, r"activations in \(0, 1\)"),
        ({"family": "sparse"}, {"penalty": "l0"}, {}, "penalty"),
        ({"family": "sparse"}, {"target": 1.5}, {}, "target is 1.5"),
        ({"family": "sparse"}, {"weight": -1}, {}, "weight is -1"),
        ({"family": "stacked"}, {"corruption": 1.0}, {}, "corruption is 1.0"),
        ({"family": "stacked"}, {}, {"layer": 9}, "no layer 9"),
        ({"family": "stacked"}, {}, {"layer": 2, "loss": "bce"}, "not for layer 2"),
        ({"family": "contractive"}, {"probes": 0}, {}, "probes is 0"),
    ],
)
def test_wrong_arguments_are_told_with_what_to_do(
    model: dict[str, Any], objective: dict[str, Any], stage: dict[str, Any], says: str
) -> None:
    with pytest.raises(AedeskError, match=says) as caught:
        make_objective(make_recipe(model, objective, [stage]))
    assert isinstance(caught.value, SpecError) or "layer" in says
    assert caught.value.hint


def test_the_best_of_a_half_built_stack_is_not_kept_for_the_whole() -> None:
    standing, train = Standing(), make_recipe(STACK).train
    assert standing.judge(10, 0.1, train)
    standing.new_stage()
    assert not standing.judge(20, 0.2, train)
    standing.new_stage(comparable=False)
    assert standing.judge(30, 0.3, train)
    assert standing.best_step == 30


@pytest.mark.parametrize("family", ["undercomplete", "stacked", "sparse", "denoising", "contractive", "convolutional"])
def test_the_recipe_of_a_classic_family_is_short_and_takes_a_step(family: str) -> None:
    path = resource_path("recipes", f"{family}.toml")
    assert len(path.read_text("utf-8").splitlines()) <= 15
    recipe = parse(load(path))
    assert recipe.family == family
    objective = make_objective(recipe)
    for stage in recipe.stages:
        history = learn(objective, torch.rand(4, 3, stage.patch_px, stage.patch_px), 1, stage=stage, batch=2)
        assert history[0]["loss"] > 0
