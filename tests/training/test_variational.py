"""The variational autoencoder does what its paper says, on real handwritten digits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from small_training import digits, learn, make_objective, make_recipe, mean_of
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from aedesk.core.errors import SpecError
from aedesk.data.examples.example import Example
from aedesk.models.autoencoders.variational import Posterior, Variational
from aedesk.training.objectives.base import Objective

MODEL = {"family": "variational", "channels": 1, "size_px": 8, "body": "dense", "hidden": [64], "code": 8}
Trained = Callable[[float, str], tuple[Objective, list[dict[str, float]]]]


@pytest.fixture(scope="module")
def trained() -> Trained:
    """``trained(beta, loss)``: an objective after 250 steps on all digits but the last 200, and its history; each is made once."""
    made: dict[tuple[float, str], tuple[Objective, list[dict[str, float]]]] = {}

    def get(beta: float, loss: str) -> tuple[Objective, list[dict[str, float]]]:
        if (beta, loss) not in made:
            objective = make_objective(make_recipe(MODEL, {"beta": beta}, [{"loss": loss}]))
            made[beta, loss] = objective, learn(objective, digits()[:-200], 250, lr=5e-3)
        return made[beta, loss]

    return get


def log_likelihoods(network: Variational, pictures: Tensor, draws: int) -> tuple[Tensor, Tensor]:
    """Of each picture, in nats: the ELBO, and the tighter bound by ``draws`` importance-weighted draws (Burda 2016)."""
    with torch.inference_mode():
        posterior = network.eval().distribution(pictures)
        spread = Normal(posterior.mean, (0.5 * posterior.log_variance).exp())
        weights = []
        for _ in range(draws):
            code = spread.sample()
            chance = network.decode(code).clamp(1e-6, 1 - 1e-6)
            likelihood = (pictures * chance.log() + (1 - pictures) * (1 - chance).log()).sum((1, 2, 3))
            weights.append(likelihood + Normal(0, 1).log_prob(code).sum(1) - spread.log_prob(code).sum(1))
        stacked = torch.stack(weights)
    return stacked.mean(0), torch.logsumexp(stacked, 0) - math.log(draws)


def test_the_elbo_rises_during_training(trained: Trained) -> None:
    _, history = trained(1.0, "bce")
    blocks = np.array([terms["elbo"] for terms in history]).reshape(5, 50).mean(1)
    assert (np.diff(blocks) > 0).all()


def test_the_elbo_is_a_lower_bound_and_beats_an_untrained_one_on_unseen_digits(trained: Trained) -> None:
    torch.manual_seed(0)
    unseen = digits()[-200:]
    objective, _ = trained(1.0, "bce")
    untrained = make_objective(objective.recipe).network
    elbo, tighter = log_likelihoods(objective.network, unseen, 100)
    elbo_before, _ = log_likelihoods(untrained, unseen, 100)
    assert float((elbo - elbo_before).mean()) > 10  # nats per picture
    assert bool((tighter > elbo).all())
    # The term that the training reports is this bound.
    with torch.no_grad():
        _, terms = objective.eval()(_example(unseen), objective.recipe.stages[0], torch.Generator().manual_seed(0))
    assert float(terms["elbo"]) * 64 == pytest.approx(float(elbo.mean()), abs=0.3)


def test_more_beta_means_less_divergence_and_a_worse_reconstruction(trained: Trained) -> None:
    histories = [trained(beta, "bce")[1] for beta in (0.1, 1.0, 4.0)]
    divergences = [mean_of(history, "kl") for history in histories]
    errors = [mean_of(history, "loss") for history in histories]
    assert divergences[0] > 2 * divergences[1]
    assert divergences[1] > 2 * divergences[2]
    assert errors == sorted(errors)


def test_draws_from_the_prior_look_like_digits(trained: Trained) -> None:
    torch.manual_seed(0)
    network = trained(1.0, "mse")[0].network.eval()
    with torch.inference_mode():
        drawn = network.decode(network.prior(500)).flatten(1)
    real = digits().flatten(1)
    assert float((drawn.mean(0) - real.mean(0)).abs().mean()) < 0.05
    assert float(drawn.std(0).mean()) == pytest.approx(float(real.std(0).mean()), rel=0.4)
    assert np.corrcoef(_correlations(drawn), _correlations(real))[0, 1] > 0.7
    judge = LogisticRegression(max_iter=200).fit(real.numpy(), load_digits().target)
    seen = judge.predict_proba(drawn.numpy())
    assert len(set(seen.argmax(1))) >= 8
    assert seen.max(1).mean() > 0.6
    # A picture of independent pixels with the same means and variances has the correlations of none.
    shuffled = torch.stack([column[torch.randperm(500)] for column in drawn.T], 1)
    nearest = [torch.cdist(x, real).min(1).values.mean() for x in (drawn, shuffled)]
    assert float(nearest[0]) < 0.8 * float(nearest[1])


def test_the_way_between_two_codes_leads_through_pictures(trained: Trained) -> None:
    network = trained(1.0, "mse")[0].network.eval()
    pictures = digits()
    a, b = pictures[-200:-100], pictures[-100:]
    with torch.inference_mode():
        between = network.decode((network.encode(a) + network.encode(b)) / 2)
    away = [torch.cdist(x.flatten(1), pictures[:-200].flatten(1)).min(1).values.mean() for x in (between, (a + b) / 2)]
    assert float(away[0]) < 0.9 * float(away[1])


def test_the_same_picture_has_the_same_code_and_draws_lie_around_it(trained: Trained) -> None:
    torch.manual_seed(0)
    network = trained(1.0, "mse")[0].network.eval()
    picture = digits()[:1]
    with torch.inference_mode():
        posterior = network.distribution(picture)
        assert torch.equal(network.encode(picture), posterior.mean)
        assert torch.equal(network(picture), network.decode(posterior.mean))
        draws = torch.cat([posterior.draw(torch.randn_like(posterior.mean)) for _ in range(4000)])
    assert torch.allclose(draws.mean(0), posterior.mean[0], atol=0.06)
    assert torch.allclose(draws.var(0), posterior.log_variance[0].exp(), rtol=0.15)


def test_the_divergence_is_the_textbooks() -> None:
    posterior = Posterior(torch.randn(4, 5), torch.randn(4, 5))
    textbook = kl_divergence(Normal(posterior.mean, (0.5 * posterior.log_variance).exp()), Normal(0.0, 1.0))
    assert torch.allclose(posterior.divergence(), textbook, atol=1e-5)


def test_the_scale_of_the_likelihood_follows_the_error(trained: Trained) -> None:
    objective, history = trained(1.0, "mse")
    assert float(objective.network.error) == pytest.approx(mean_of(history, "loss"), rel=0.15)


@pytest.mark.parametrize(
    ("objective", "stage", "message"),
    [
        ({"beta": -1.0}, {}, "beta"),
        ({"gamma": 1.0}, {}, "gamma"),
        ({}, {"loss": "ssim-mix"}, "likelihood"),
    ],
)
def test_wrong_arguments_are_named(objective: dict[str, float], stage: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        make_objective(make_recipe(MODEL, objective, [stage]))
    assert caught.value.hint


def test_a_cross_entropy_needs_a_sigmoid() -> None:
    with pytest.raises(SpecError, match="sigmoid"):
        make_objective(make_recipe({**MODEL, "output": "linear"}, {}, [{"loss": "bce"}]))


def _correlations(pictures: Tensor) -> np.ndarray:
    """How the pixels go together, of those that vary."""
    return np.corrcoef(pictures[:, digits().flatten(1).std(0) > 0.1].T).ravel()


def _example(pictures: Tensor) -> Example:
    return Example(pictures, pictures, torch.zeros(len(pictures), 1, 1, 1))
