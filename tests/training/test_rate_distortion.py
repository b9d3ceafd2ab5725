"""Training a learned codec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from small_codec import ARCHITECTURE
from small_training import learn, make_objective, make_recipe, mean_of

from aedesk.codec.learned.tile import TileCoder
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.specs import TrainSpec
from aedesk.entropy.tables import Tables
from aedesk.models.codec.logistic import logistic_tables
from aedesk.models.codec.tables import fit_tables
from aedesk.models.files.card import read_card
from aedesk.models.files.checkpoint import load_model
from aedesk.training.fit import fit

MODEL = {"family": "codec", **ARCHITECTURE}


def waves(count: int = 48, edge: int = 64) -> torch.Tensor:
    """Smooth, coloured pictures, all different, that a codec can learn to compress."""
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


def test_a_rate_stage_changes_neither_transforms_nor_quantiser_steps() -> None:
    """Coarser steps always cost fewer bits, so the rate alone must not change them."""
    objective = make_objective(make_recipe(MODEL, stages=[{"loss": "rate"}]))
    before = {name: value.clone() for name, value in objective.network.named_parameters()}
    history = learn(objective, waves(), 30, batch=4, lr=3e-3)
    moved = {name for name, value in objective.network.named_parameters() if not torch.equal(value, before[name])}
    assert moved
    assert all(name.startswith("entropy.") for name in moved)
    assert "entropy.gain.change" not in moved
    assert mean_of(history, "bpp", 5) < mean_of(history[:5], "bpp", 5)


def test_quantiser_steps_stay_positive() -> None:
    network = make_objective(make_recipe(MODEL)).network
    with torch.no_grad():
        network.entropy.gain.change.fill_(-50)
    assert (network.entropy.gain(torch.arange(101)) > 0).all()


def test_fitted_tables_code_their_own_data_in_fewer_bits() -> None:
    network = make_objective(make_recipe(MODEL)).network.eval()
    pictures, quality = waves(16), torch.arange(16) * 6
    fitted = fit_tables(network, [(pictures, quality)])
    initial = logistic_tables()
    assert (fitted.frequencies[0] == initial.frequencies[0]).all()

    def cost(tables: Tables) -> float:
        network.entropy.tables.copy_(torch.from_numpy(tables.frequencies.copy()))
        coder = TileCoder(network.entropy)
        latents = ((network.analyse(picture[None])[0].detach(), int(q)) for picture, q in zip(pictures, quality, strict=True))
        tiles = [coder.encode(latent, q, rdoq=False, count_bits=True)[1] for latent, q in latents]
        return float(sum(tile.bits.sum() for tile in tiles))

    assert cost(fitted) < 0.98 * cost(initial)


@pytest.mark.parametrize("qualities", [[50], [-1, 50], [80, 20], [0, 101]])
def test_an_invalid_range_of_qualities_is_rejected(qualities: list[int]) -> None:
    with pytest.raises(SpecError, match="qualities is"):
        make_objective(make_recipe(MODEL, {"qualities": qualities}))


def test_other_families_have_no_rate() -> None:
    with pytest.raises(SpecError, match="is for codecs"):
        make_recipe({"family": "convolutional"}, stages=[{"loss": "rate"}])


def test_a_run_ends_with_fitted_tables_and_the_rate_in_the_card(pictures: Path, tmp_path: Path) -> None:
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
