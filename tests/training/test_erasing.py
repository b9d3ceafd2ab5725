"""Training of the watermark and inpainting networks: the shipped recipes run, the losses do what they should, wrong data is rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import SpecError
from aedesk.core.events import Finished
from aedesk.core.specs import TrainSpec
from aedesk.data.examples.example import Example
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import load_model, save_model
from aedesk.training.fit import fit
from aedesk.training.objectives.erasing import InpaintingObjective, WatermarkObjective, requested_target
from aedesk.training.recipes.presets import family_recipe
from aedesk.training.recipes.recipe import Recipe, Stage, parse

SMALL: dict[str, Any] = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}
SMALL_MODELS = {"unblending": {**SMALL, "mend_widths": [8, 8], "mend_blocks": [1, 1]}, "inpainting": SMALL}


def small_recipe(family: str, **changes: Any) -> dict[str, Any]:
    table = family_recipe(family)
    stage = {**table["stage"][0], "steps": 3, "patch_px": 64, "batch": 2}
    train = {**table["train"], "precision": "float32", "validate_every": 3, "preview_every": 3}
    return {**table, "model": {"family": family, **SMALL_MODELS[family]}, "stage": [stage], "train": train, **changes}


@pytest.mark.parametrize("family", list(SMALL_MODELS))
def test_the_shipped_recipe_runs_and_resumes_to_the_same_weights(family: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(3):
        smooth = np.kron(rng.integers(0, 255, (16, 16, 3)), np.ones((6, 6, 1))).astype(np.uint8)
        io.write(Picture(smooth), tmp_path / "pictures" / f"{number}.png")
    table = small_recipe(family, data={"folder": str(tmp_path / "pictures"), "held_out": 1})

    class StopAfter:
        """Requests a stop after a number of polls."""

        def __init__(self, steps: int) -> None:
            self.left = steps

        def is_set(self) -> bool:
            self.left -= 1
            return self.left < 0

    *_, end = fit(TrainSpec(table, str(tmp_path / "whole")), CancelToken())
    assert isinstance(end, Finished)
    network, card = load_model(end.result)
    assert card["purpose"] == network.descriptor.purpose  # type: ignore[union-attr]
    assert {"val_inside"} <= set(card["metrics"])
    assert str(tmp_path) not in str(card)
    with pytest.raises(JobCancelled):
        list(fit(TrainSpec(table, str(tmp_path / "parts")), CancelToken(StopAfter(7))))
    *_, end = fit(TrainSpec(table, str(tmp_path / "parts"), resume=True), CancelToken())
    assert (tmp_path / "parts" / "last.safetensors").read_bytes()[-1000:] == (tmp_path / "whole" / "last.safetensors").read_bytes()[-1000:]


def bare_recipe(family: str, chain: str) -> Recipe:
    degradation = {"degradation": {"chain": chain}}
    return parse(
        {"name": "test", "purpose": "erase", "model": {"family": family, **SMALL_MODELS[family]}, "stage": [{"steps": 1}], **degradation}
    )


def test_a_constant_watermark_is_learned_quickly() -> None:
    torch.manual_seed(0)
    random = torch.Generator().manual_seed(0)
    objective = WatermarkObjective(FAMILIES["unblending"].build(SMALL_MODELS["unblending"]), bare_recipe("unblending", "marks"))  # type: ignore[arg-type]
    clean = torch.rand(2, 3, 32, 32, generator=random) * 0.2 + 0.2
    alpha = torch.zeros(2, 1, 32, 32)
    alpha[:, :, 8:24, 8:24] = 0.5
    example = Example(
        alpha + (1 - alpha) * clean, clean, torch.zeros(2, 1, 1, 1), mark=torch.cat((alpha.expand(-1, 3, -1, -1), alpha), 1), hint=0 * alpha
    )
    with torch.no_grad():
        before = objective.figures(objective.network, example)
    optimizer = torch.optim.Adam(objective.parameters(), lr=1e-2)
    for _ in range(40):
        loss, terms = objective(example, Stage(1), random)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        after = objective.figures(objective.network, example)
    assert float(after["f1"]) > max(0.95, float(before["f1"]))
    assert float(after["inside"]) > float(before["inside"]) + 6
    assert {"loss", "psnr", "mask", "mark"} == set(terms)


def test_a_find_stage_trains_only_the_finder() -> None:
    torch.manual_seed(0)
    objective = WatermarkObjective(FAMILIES["unblending"].build(SMALL_MODELS["unblending"]), bare_recipe("unblending", "marks"))  # type: ignore[arg-type]
    marked, mark = torch.rand(2, 3, 32, 32), torch.rand(2, 4, 32, 32)
    example = Example(marked, torch.rand(2, 3, 32, 32), torch.zeros(2, 1, 1, 1), mark=mark, hint=torch.zeros(2, 1, 32, 32))
    loss, terms = objective(example, Stage(1, loss="find"), torch.Generator())
    loss.backward()
    assert all(p.grad is None for p in objective.network.mender.parameters())
    assert all(p.grad is not None for p in objective.network.finder.parameters())
    assert {"loss", "mask", "mark"} == set(terms)
    assert Stage(1, loss="find").part == "finder"


def test_a_settled_stage_keeps_the_batch_normalisation_statistics() -> None:
    torch.manual_seed(0)
    objective = WatermarkObjective(FAMILIES["unblending"].build(SMALL_MODELS["unblending"]), bare_recipe("unblending", "marks"))  # type: ignore[arg-type]
    finder = objective.network.finder
    marked, mark = torch.rand(2, 3, 32, 32), torch.rand(2, 4, 32, 32)
    example = Example(marked, torch.rand(2, 3, 32, 32), torch.zeros(2, 1, 1, 1), mark=mark, hint=torch.zeros(2, 1, 32, 32))
    means = [buffer.clone() for buffer in finder.buffers()]
    loss, _ = objective(example, Stage(1, loss="find-settled"), torch.Generator())
    loss.backward()
    assert all(torch.equal(now, before) for now, before in zip(finder.buffers(), means, strict=True))
    assert all(p.grad is not None for p in finder.parameters())
    assert all(p.grad is None for p in objective.network.mender.parameters())
    objective(example, Stage(1, loss="find"), torch.Generator())
    assert not all(torch.equal(now, before) for now, before in zip(finder.buffers(), means, strict=True))
    assert Stage(1, loss="find-settled").part == "finder"


def test_a_mend_stage_trains_only_the_mender_and_keeps_the_finder_fixed() -> None:
    torch.manual_seed(0)
    objective = WatermarkObjective(FAMILIES["unblending"].build(SMALL_MODELS["unblending"]), bare_recipe("unblending", "marks"))  # type: ignore[arg-type]
    marked, mark = torch.rand(2, 3, 32, 32), torch.rand(2, 4, 32, 32)
    example = Example(marked, torch.rand(2, 3, 32, 32), torch.zeros(2, 1, 1, 1), mark=mark, hint=torch.zeros(2, 1, 32, 32))
    means = [buffer.clone() for buffer in objective.network.finder.buffers()]
    loss, _ = objective(example, Stage(1, loss="mend"), torch.Generator())
    loss.backward()
    assert all(p.grad is None for p in objective.network.finder.parameters())
    assert all(p.grad is not None for p in objective.network.mender.parameters())
    assert all(torch.equal(now, before) for now, before in zip(objective.network.finder.buffers(), means, strict=True))
    objective(example, Stage(1, loss="find"), torch.Generator())
    assert objective.network.finder.training
    assert Stage(1, loss="mend").part == "mender"


def test_the_target_for_an_overlay_is_the_part_of_the_watermark_that_matches_it() -> None:
    red, white = (torch.tensor([0.9, 0.1, 0.1]).view(3, 1, 1), torch.ones(3, 1, 1))
    alpha, premultiplied = torch.zeros(1, 1, 32, 32), torch.zeros(1, 3, 32, 32)
    for colour, columns in ((red, slice(0, 10)), (white, slice(20, 30))):
        alpha[..., columns] = 0.4
        premultiplied[..., columns] = 0.4 * colour
    picture = torch.zeros(1, 3, 32, 32)

    def matching_columns(colour: torch.Tensor, opacity: float) -> list[int]:
        overlay = torch.cat((opacity * colour, torch.full((1, 1, 1), opacity)))[None]
        example = Example(
            picture, picture, torch.zeros(1, 1, 1, 1), mark=torch.cat((premultiplied, alpha), 1), hint=0 * alpha, overlay=overlay
        )
        target_colour, target_alpha, mask = requested_target(example)
        assert torch.equal(target_alpha, alpha * mask)
        assert torch.equal(target_colour, premultiplied * mask)
        return [column for column in (5, 15, 25) if mask[0, 0, 7, column]]

    assert matching_columns(red, 0.42) == [5]
    assert matching_columns(white, 0.38) == [25]
    assert matching_columns(white, 0.8) == matching_columns(torch.tensor([0.1, 0.1, 0.9]).view(3, 1, 1), 0.4) == []
    assert matching_columns(white, 0.0) == [5, 25]


def test_every_round_and_every_scale_contributes_to_the_loss() -> None:
    recipe = bare_recipe("inpainting", "holes")
    network: Any = FAMILIES["inpainting"].build({**SMALL, "scales": 3, "rounds": 3})
    requested_rounds: list[list[int]] = []

    fill = network.fill_scales

    def spy(picture: torch.Tensor, hole: torch.Tensor, rounds: torch.Tensor) -> Any:
        requested_rounds.append(sorted(rounds.tolist()))
        return fill(picture, hole, rounds)

    objective = InpaintingObjective(network, recipe)
    whole = Example(torch.rand(3, 3, 64, 64), torch.rand(3, 3, 64, 64), torch.zeros(3, 1, 1, 1), weight=torch.ones(3, 1, 64, 64))
    network.fill_scales = spy
    loss, terms = objective(whole, Stage(1), torch.Generator())
    assert requested_rounds == [[1, 2, 3]]
    assert float(loss.detach()) > float(terms["loss"]) > 0


def test_inpainting_can_be_initialised_from_a_denoiser(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "pictures").mkdir()
    for number in range(2):
        io.write(Picture(rng.integers(0, 255, (96, 96, 3), np.uint8)), tmp_path / "pictures" / f"{number}.png")
    denoiser = FAMILIES["unet"].build(SMALL)
    card = {"name": "first", "purpose": "denoise", "family": "unet", "architecture": SMALL}
    save_model(tmp_path / "first.safetensors", denoiser.state_dict(), card)
    data = {"folder": str(tmp_path / "pictures"), "held_out": 1}
    still = {"lr": 1e-12, "muon_lr": 0.0, "weight_decay": 0.0}
    table = small_recipe("inpainting", data=data, start=str(tmp_path / "first.safetensors"))
    *_, end = fit(TrainSpec({**table, "train": {**table["train"], **still}}, str(tmp_path / "run")), CancelToken())
    assert isinstance(end, Finished)
    network, about = load_model(end.result)
    assert about["recipe"]["start"] == "first"  # type: ignore[index,call-overload]
    weights: Any = network.state_dict()
    assert torch.allclose(weights["trunk.up.0.weight"], denoiser.state_dict()["up.0.weight"], atol=1e-2)


@pytest.mark.parametrize("loss", ["find", "find-settled"])
def test_find_stages_need_a_network_with_a_finder(loss: str) -> None:
    table = {"name": "test", "purpose": "inpaint", "model": {"family": "inpainting", **SMALL}, "degradation": {"chain": "holes"}}
    with pytest.raises(SpecError, match=f'"{loss}"'):
        parse({**table, "stage": [{"steps": 1, "loss": loss}]})


def test_the_inpainting_loss_only_counts_pixels_in_holes() -> None:
    objective = InpaintingObjective(FAMILIES["inpainting"].build(SMALL), bare_recipe("inpainting", "holes"))
    hole = torch.zeros(1, 1, 32, 32)
    hole[:, :, 10:20, 10:20] = 1
    clean = torch.full((1, 3, 32, 32), 0.5)
    different_outside = torch.where(hole > 0, clean, torch.rand_like(clean))
    losses = [
        float(objective(Example(clean, target, torch.zeros(1, 1, 1, 1), weight=hole), Stage(1), torch.Generator())[0].detach())
        for target in (clean, different_outside)
    ]
    assert losses[0] == losses[1] > 0


@pytest.mark.parametrize(
    ("family", "kind", "word"), [("unblending", WatermarkObjective, "marks"), ("inpainting", InpaintingObjective, "holes")]
)
def test_examples_without_a_watermark_or_hole_are_rejected(family: str, kind: Any, word: str) -> None:
    objective = kind(FAMILIES[family].build(SMALL_MODELS[family]), bare_recipe(family, "none"))
    picture = torch.zeros(1, 3, 32, 32)
    with pytest.raises(SpecError, match=word):
        objective(Example(picture, picture, torch.zeros(1, 1, 1, 1)), Stage(1), torch.Generator())
