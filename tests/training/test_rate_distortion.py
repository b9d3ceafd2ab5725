"""Training a learned codec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from small_codec import ARCHITECTURE
from small_training import learn, make_objective, make_recipe, mean_of

from aedesk.codec.learned.tile import encode_tile
from aedesk.codec.loading import prepare
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.specs import TrainSpec
from aedesk.entropy.tables import Tables
from aedesk.models.card import read_card
from aedesk.models.checkpoint import load_model
from aedesk.models.codec.logistic import logistic_tables
from aedesk.models.codec.tables import fit_tables
from aedesk.training.fit import fit

MODEL = {"family": "codec", **ARCHITECTURE}


def waves(count: int = 48, edge: int = 64) -> torch.Tensor:
    """Pictures that a codec can learn something about: smooth, coloured, each another."""
    generator = torch.Generator().manual_seed(5)
    frequency = torch.rand(count, 3, 1, 1, generator=generator) * 0.3
    phase = torch.rand(count, 3, 1, 1, generator=generator) * 6
    y, x = torch.meshgrid(torch.arange(edge), torch.arange(edge), indexing="ij")
    return 0.5 + 0.4 * torch.sin(frequency * (x + 0.5 * y) + phase)


def test_training_lowers_bits_and_error_together() -> None:
    torch.manual_seed(0)
    objective = make_objective(make_recipe(MODEL))
    history = learn(objective, waves(), 60, batch=4, lr=3e-3)
    assert mean_of(history, "loss", 10) < 0.8 * mean_of(history[:10], "loss", 10)


def test_the_rate_alone_leaves_transforms_and_steps_of_the_quantiser_alone() -> None:
    """Coarser steps always cost fewer bits: a rate that could choose them would choose none."""
    objective = make_objective(make_recipe(MODEL, stages=[{"loss": "rate"}]))
    before = {name: value.clone() for name, value in objective.network.named_parameters()}
    history = learn(objective, waves(), 30, batch=4, lr=3e-3)
    moved = {name for name, value in objective.network.named_parameters() if not torch.equal(value, before[name])}
    assert moved
    assert all(name.startswith("entropy.") for name in moved)
    assert "entropy.gain.change" not in moved
    assert mean_of(history, "bpp", 5) < mean_of(history[:5], "bpp", 5)


def test_steps_of_the_quantiser_stay_positive_whatever_is_learned() -> None:
    network = make_objective(make_recipe(MODEL)).network
    with torch.no_grad():
        network.entropy.gain.change.fill_(-50)
    assert (network.entropy.gain(torch.arange(101)) > 0).all()


def test_fitted_tables_cost_less_for_what_they_were_fitted_to() -> None:
    network = make_objective(make_recipe(MODEL)).network.eval()
    pictures, quality = waves(16), torch.arange(16) * 6
    fitted = fit_tables(network, [(pictures, quality)])
    first = logistic_tables()
    assert (fitted.frequencies[0] == first.frequencies[0]).all()

    def cost(tables: Tables) -> float:
        codec = replace(prepare(network, bytes(8), torch.device("cpu"), {}), tables=tables)
        latents = ((network.analyse(picture[None])[0], int(level)) for picture, level in zip(pictures, quality, strict=True))
        tiles = [encode_tile(codec, latent.detach(), level, frugal=False)[1] for latent, level in latents]
        return float(sum(tile.bits.sum() for tile in tiles))

    assert cost(fitted) < 0.98 * cost(first)


@pytest.mark.parametrize("qualities", [[50], [-1, 50], [80, 20], [0, 101]])
def test_qualities_that_make_no_range_are_refused(qualities: list[int]) -> None:
    with pytest.raises(SpecError, match="qualities is"):
        make_objective(make_recipe(MODEL, {"qualities": qualities}))


def test_other_families_have_no_rate() -> None:
    with pytest.raises(SpecError, match="is for codecs"):
        make_recipe({"family": "convolutional"}, stages=[{"loss": "rate"}])


def test_a_run_ends_with_a_codec_whose_tables_are_fitted_and_whose_card_tells_the_rate(pictures: Path, tmp_path: Path) -> None:
    recipe: dict[str, Any] = {
        "name": "mine",
        "purpose": "codec",
        "model": MODEL,
        "data": {"folder": str(pictures), "held_out": 2},
        "train": {"preview_every": 0, "lr": 1e-3, "muon_lr": 2e-3},
        "stage": [{"loss": "rate", "steps": 2, "patch_px": 64, "batch": 2}, {"steps": 3, "patch_px": 64, "batch": 2}],
    }
    list(fit(TrainSpec(recipe, str(tmp_path / "run"), False, "cpu"), CancelToken()))
    best = tmp_path / "run" / "best.safetensors"
    network, card = load_model(best)
    assert not (network.entropy.tables.numpy() == logistic_tables().frequencies).all()
    assert {"val_bpp_45", "val_psnr_45"} <= set(read_card(best)["metrics"])
    assert card["purpose"] == "codec"
