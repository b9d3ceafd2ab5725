"""Training runs: they learn, they stop, they resume to the same weights."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import TrainingError
from aedesk.core.events import Finished, Progress, StepDone
from aedesk.core.specs import TrainSpec
from aedesk.models.card import read_card
from aedesk.training.fit import fit


class AfterStep:
    """A cancel event that is set once the run has logged ``step`` steps."""

    def __init__(self, folder: Path, step: int) -> None:
        self.log, self.step = folder / "metrics.jsonl", step

    def is_set(self) -> bool:
        return self.log.exists() and len(self.log.read_text().splitlines()) >= self.step


def run(recipe: dict[str, Any], folder: Path, *, resume: bool = False, cancel: CancelToken | None = None) -> Path:
    *_, last = fit(TrainSpec(recipe, str(folder), resume, "cpu"), cancel or CancelToken())
    assert isinstance(last, Finished)
    return Path(last.result)


def test_a_run_that_was_stopped_and_resumed_ends_with_the_same_bits(recipe: dict[str, Any], tmp_path: Path) -> None:
    straight = run(recipe, tmp_path / "straight")
    for stop in (3, 7):
        with pytest.raises(JobCancelled):
            run(recipe, tmp_path / "halting", resume=stop > 3, cancel=CancelToken(AfterStep(tmp_path / "halting", stop)))
    halting = run(recipe, tmp_path / "halting", resume=True)
    expected, found = load_file(straight), load_file(halting)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    straight_log, halting_log = ((tmp_path / name / "metrics.jsonl").read_text() for name in ("straight", "halting"))
    assert straight_log == halting_log


def test_the_loss_goes_down(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["stage"] = [{"steps": 120, "patch_px": 24, "batch": 8}]
    recipe["degradation"]["sigma"] = [30, 30]
    recipe["train"].update(lr=5e-3, muon_lr=1e-2)
    events = list(fit(TrainSpec(recipe, str(tmp_path / "run"), device="cpu"), CancelToken()))
    losses = [event.metrics["loss"] for event in events if isinstance(event, StepDone) and "loss" in event.metrics]
    assert sum(losses[-10:]) < 0.85 * sum(losses[:10])
    assert [event.done for event in events if isinstance(event, Progress)][-1] == 120


def test_the_card_tells_the_recipe_and_no_path(recipe: dict[str, Any], tmp_path: Path) -> None:
    card = read_card(run(recipe, tmp_path / "run"))
    assert card["training"]["steps"] == 10
    assert card["recipe"]["stage"] == recipe["stage"]
    assert set(card["metrics"]) == {"val_loss", "val_noisy", "val_psnr", "val_estimator"}
    assert str(tmp_path) not in json.dumps(card)


def test_the_card_keeps_small_figures_precise(recipe: dict[str, Any], tmp_path: Path) -> None:
    """Models are compared by them, and a good mean squared error is below 0.001."""
    recipe["stage"], recipe["degradation"] = (
        [{"steps": 1, "patch_px": 16, "batch": 2, "loss": "mse"}],
        {"chain": "gaussian", "sigma": [1, 1]},
    )
    weights = run(recipe, tmp_path / "run")
    last = json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])
    assert last["val_loss"] < 0.01
    assert read_card(weights)["metrics"]["val_loss"] == pytest.approx(last["val_loss"], rel=1e-5)


def test_the_end_of_a_run_is_told_in_words(recipe: dict[str, Any], tmp_path: Path) -> None:
    *_, last = fit(TrainSpec(recipe, str(tmp_path / "noisy"), device="cpu"), CancelToken())
    assert re.fullmatch(r"PSNR \d+\.\d\d → \d+\.\d\d dB, validation loss [\d.]+", last.summary)
    recipe.update(model={"family": "convolutional"}, purpose="autoencoder", degradation={"chain": "none"})
    *_, last = fit(TrainSpec(recipe, str(tmp_path / "plain"), device="cpu"), CancelToken())
    assert re.fullmatch(r"PSNR \d+\.\d\d dB, validation loss [\d.]+", last.summary)


def test_a_folder_with_a_run_is_not_overwritten(recipe: dict[str, Any], tmp_path: Path) -> None:
    run(recipe, tmp_path / "run")
    with pytest.raises(TrainingError, match="holds a run already"):
        run(recipe, tmp_path / "run")


def test_another_recipe_does_not_resume_the_run(recipe: dict[str, Any], tmp_path: Path) -> None:
    run(recipe, tmp_path / "run")
    recipe["model"] = {**recipe["model"], "widths": [8, 16]}
    with pytest.raises(TrainingError, match="another model"):
        run(recipe, tmp_path / "run", resume=True)


def test_a_damaged_checkpoint_is_said(recipe: dict[str, Any], tmp_path: Path) -> None:
    run(recipe, tmp_path / "run")
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(TrainingError, match="damaged"):
        run(recipe, tmp_path / "run", resume=True)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(recipe: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(JobCancelled):
        run(recipe, folder, cancel=CancelToken(AfterStep(folder, 3)))
    state = torch.load(folder / "checkpoint.pt", weights_only=True)
    state["network"] = {name: value * float("nan") for name, value in state["network"].items()}
    torch.save(state, folder / "checkpoint.pt")
    before = (folder / "checkpoint.pt").read_bytes()
    with pytest.raises(TrainingError, match=r"loss is nan at step 4.*Lower train\.lr"):
        run(recipe, folder, resume=True)
    assert (folder / "checkpoint.pt").read_bytes() == before


def test_a_run_may_start_from_a_model_file(recipe: dict[str, Any], tmp_path: Path) -> None:
    first = run(recipe, tmp_path / "first")
    recipe.update(start=str(first), train={**recipe["train"], "lr": 1e-12, "muon_lr": 0.0, "weight_decay": 0.0})
    path = run(recipe, tmp_path / "second")
    assert read_card(path)["recipe"]["start"] == "tiny"
    second = load_file(path)
    for name, value in load_file(first).items():
        assert torch.allclose(second[name].float(), value.float(), atol=1e-3)
