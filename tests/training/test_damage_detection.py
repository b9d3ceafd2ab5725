"""Training of the network that finds damage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.events import Finished
from aedesk.core.resources import resource_path
from aedesk.core.specs import TrainSpec
from aedesk.data.examples.example import Example
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.training.fit import fit
from aedesk.training.objectives.damage_detection import Detection, tolerant_f1
from aedesk.training.recipes.presets import family_recipe
from aedesk.training.recipes.recipe import Stage, load, parse

SMALL: dict[str, Any] = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}


def objective(**stage: Any) -> Detection:
    torch.manual_seed(0)
    table = {"name": "test", "purpose": "find-damage", "model": {"family": "damage-detection", **SMALL}}
    recipe = parse({**table, "degradation": {"chain": "print-damage"}, "stage": [{"steps": 1, "loss": "bce", **stage}]})
    return Detection(FAMILIES["damage-detection"].build(SMALL), recipe)


def test_the_shipped_recipe_runs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(3):
        smooth = np.kron(rng.integers(0, 255, (16, 16, 3)), np.ones((9, 9, 1))).astype(np.uint8)
        write(Picture(smooth), tmp_path / "pictures" / f"{number}.png")
    table = family_recipe("damage-detection")
    table["model"] |= SMALL
    table["data"] = {"folder": str(tmp_path / "pictures"), "held_out": 1}
    table["train"] |= {"precision": "float32", "validate_every": 2, "preview_every": 2}
    table["stage"] = [{**table["stage"][0], "steps": 2, "patch_px": 64, "batch": 2}]
    *_, end = fit(TrainSpec(table, str(tmp_path / "run")), CancelToken())
    assert isinstance(end, Finished)
    network, card = load_model(end.result)
    assert card["purpose"] == network.descriptor.purpose == "find-damage"  # type: ignore[union-attr]
    assert "val_f1" in card["metrics"]
    assert (tmp_path / "run" / "previews" / "000002.png").is_file()


def test_the_shipped_recipe_goes_on_from_the_shipped_eraser(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(2):
        write(Picture(np.full((140, 140, 3), 90 + 60 * number, np.uint8)), tmp_path / "pictures" / f"{number}.png")
    table = load(resource_path("models", "find-damage.toml"))
    table["data"] = {"folder": str(tmp_path / "pictures"), "held_out": 1}
    table["train"] |= {"lr": 1e-12, "muon_lr": 0.0, "weight_decay": 0.0, "precision": "float32"}
    table["stage"] = [{**table["stage"][0], "steps": 1, "patch_px": 64, "batch": 2}]
    *_, end = fit(TrainSpec(table, str(tmp_path / "run")), CancelToken())
    assert isinstance(end, Finished)
    network, card = load_model(tmp_path / "run" / "last.safetensors")
    eraser, _ = load_model(find_model("erase-mark"))
    assert card["recipe"]["start"] == "erase-mark"  # type: ignore[index,call-overload]
    theirs = {name: weights for name, weights in eraser.state_dict().items() if name.endswith("encoder.0.0.conv1.weight")}  # type: ignore[union-attr]
    assert any(torch.allclose(network.state_dict()["trunk.encoder.0.0.conv1.weight"], weights, atol=1e-6) for weights in theirs.values())  # type: ignore[union-attr]


def test_damage_that_always_looks_the_same_is_soon_found() -> None:
    learner = objective()
    picture, mask = torch.rand(2, 3, 32, 32) * 0.3, torch.zeros(2, 3, 32, 32)
    for kind, (left, colour) in enumerate(((4, 0), (14, 1), (24, 2))):
        mask[:, kind, 6:26, left : left + 4] = 1
        picture[:, colour, 6:26, left : left + 4] = 1
    example = Example(picture, mask, torch.zeros(2, 1, 1, 1))
    optimizer = torch.optim.Adam(learner.parameters(), lr=1e-2)
    for _ in range(60):
        loss, terms = learner(example, Stage(1, loss="bce"), torch.Generator())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert {"loss", "dice", "f1"} == set(terms)
    assert float(terms["f1"]) > 0.95
    with torch.no_grad():
        found = learner.reconstruct(learner.network, example)
        assert bool((found.argmax(1)[mask.amax(1) > 0] == mask.argmax(1)[mask.amax(1) > 0]).float().mean() > 0.95)
        assert float(learner.figures(learner.network, example)["f1"]) > 0.9


def logits_of(mask: torch.Tensor) -> torch.Tensor:
    return torch.cat((20 * mask, torch.full_like(mask[:, :1], 10)), 1)


def test_a_mask_may_be_off_by_one_pixel_and_no_more() -> None:
    mask = torch.zeros(1, 3, 24, 24)
    mask[:, 0, 10] = 1
    assert float(tolerant_f1(logits_of(mask.roll(1, 2)), mask)) == 1
    assert float(tolerant_f1(logits_of(mask.roll(2, 2)), mask)) == 0
    assert float(tolerant_f1(logits_of(mask.roll(1, 1)), mask)) == 1  # another kind is damage too
    assert float(tolerant_f1(logits_of(0 * mask), 0 * mask)) == 1
    assert float(tolerant_f1(logits_of(mask), 0 * mask)) == 0


def test_sound_pixels_beside_damage_count_for_nothing() -> None:
    learner = objective()
    mask = torch.zeros(1, 3, 32, 32)
    mask[:, 0, 10:14, 10:14] = 1
    wider = torch.zeros_like(mask)
    wider[:, 0, 9:15, 9:15] = 1
    given: list[torch.Tensor] = []
    learner.network.logits_at_scales = lambda _: iter(given)
    losses = []
    for guess in (mask, wider, wider.roll(6, 3)):
        given[:] = [logits_of(guess)]
        losses.append(float(learner(Example(mask, mask, torch.zeros(1, 1, 1, 1)), Stage(1, loss="bce"), torch.Generator())[0]))
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert losses[2] > losses[0] + 0.1


@pytest.mark.parametrize(("stage", "word"), [({"loss": "l1"}, "masks"), ({"patch_px": 20}, "multiple of 16")])
def test_stages_that_do_not_fit_are_refused(stage: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=word):
        objective(**stage)
