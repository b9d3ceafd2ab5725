"""The adversarial autoencoder does what its paper says, on real handwritten digits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_training import digits, learn, make_objective, make_recipe, mean_of
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.examples.example import Example
from aedesk.training.objectives.base import Objective

MODEL = {"family": "adversarial", "channels": 1, "size_px": 8, "body": "dense", "hidden": [64], "code": 4, "critic": [48, 48]}
Trained = Callable[[float], tuple[Objective, list[dict[str, float]]]]


@pytest.fixture(scope="module")
def trained() -> Trained:
    """``trained(weight)``: an objective after 400 steps on all digits, and its history; each is made once."""
    made: dict[float, tuple[Objective, list[dict[str, float]]]] = {}

    def get(weight: float) -> tuple[Objective, list[dict[str, float]]]:
        if weight not in made:
            objective = make_objective(make_recipe(MODEL, {"weight": weight}))
            made[weight] = objective, learn(objective, digits(), 400, lr=2e-3)
        return made[weight]

    return get


def discrepancy(a: Tensor, b: Tensor) -> float:
    """Squared maximum mean discrepancy of two sets of codes under a Gaussian kernel (Gretton 2012): 0 for one distribution."""

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (-torch.cdist(x, y).square() / (2 * x.shape[1])).exp().mean()

    return float(kernel(a, a) + kernel(b, b) - 2 * kernel(a, b))


def codes(objective: Objective) -> Tensor:
    with torch.inference_mode():
        return objective.network.eval().encode(digits())


def test_the_adversary_brings_the_codes_near_the_prior(trained: Trained) -> None:
    torch.manual_seed(0)
    shaped, plain = trained(0.01)[0], trained(0.0)[0]
    draws = shaped.network.prior(1797)
    near, far = discrepancy(codes(shaped), draws), discrepancy(codes(plain), draws)
    assert near < far / 5
    spread = codes(shaped).std(0)
    assert 0.5 < float(spread.min()) < float(spread.max()) < 1.8
    assert float(codes(shaped).mean(0).abs().max()) < 0.5


def test_draws_from_the_prior_become_digits_only_with_the_adversary(trained: Trained) -> None:
    torch.manual_seed(0)
    away = []
    for weight in (0.01, 0.0):
        network = trained(weight)[0].network.eval()
        with torch.inference_mode():
            drawn = network.decode(network.prior(500))
        # From each digit to the nearest draw, and back: draws must be digits, and digits must be drawn.
        distances = torch.cdist(drawn.flatten(1), digits().flatten(1))
        away.append(float(distances.min(0).values.mean() + distances.min(1).values.mean()))
    assert away[0] < 0.9 * away[1]


def test_it_still_reconstructs(trained: Trained) -> None:
    history = trained(0.01)[1]
    assert mean_of(history, "loss") < 0.25 * history[0]["loss"]
    assert mean_of(history, "loss") < 1.6 * mean_of(trained(0.0)[1], "loss")


def test_encoder_and_discriminator_do_not_get_each_others_gradients() -> None:
    pictures = digits()[:32]
    example = Example(pictures, pictures, torch.zeros(32, 1, 1, 1))

    def gradients(weight: float) -> dict[str, Tensor]:
        objective = make_objective(make_recipe(MODEL, {"weight": weight}))
        loss, _ = objective(example, objective.recipe.stages[0], torch.Generator().manual_seed(0))
        loss.backward()
        return {name: p.grad for name, p in objective.network.named_parameters() if p.grad is not None}

    without, with_adversary = gradients(0.0), gradients(1.0)
    for name, gradient in without.items():
        # The discriminator learns the same whether or not it is to be deceived; the decoder takes no part at all.
        assert torch.allclose(gradient, with_adversary[name]) == (not name.startswith("encoder"))
    # Without the adversary the encoder's gradients are those of the reconstruction alone: the discriminator's loss adds none.
    objective = make_objective(make_recipe(MODEL))
    torch.nn.functional.mse_loss(objective.network(pictures), pictures).backward()
    for name, parameter in objective.network.encoder.named_parameters(prefix="encoder"):
        assert torch.allclose(parameter.grad, without[name], atol=1e-7)


@pytest.mark.parametrize(("objective", "message"), [({"weight": -1.0}, "weight"), ({"beta": 1.0}, "beta")])
def test_wrong_arguments_are_named(objective: dict[str, float], message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        make_objective(make_recipe(MODEL, objective))
    assert caught.value.hint
