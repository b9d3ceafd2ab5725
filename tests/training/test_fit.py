"""Training runs: they learn, they stop, they resume to the same weights."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import TrainingError
from aedesk.core.events import Finished, Progress, StepDone
from aedesk.core.specs import TrainSpec
from aedesk.models.files.card import read_card
from aedesk.training.fit import fit
from aedesk.training.recipes.recipe import load, parse
from aedesk.training.run.folder import RunFolder, read_recipe


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


def test_what_is_changed_at_a_resume_holds_for_the_next_one_and_has_a_history(recipe: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(JobCancelled):
        run(recipe, folder, cancel=CancelToken(AfterStep(folder, 3)))
    recipe["train"] = {**recipe["train"], "lr": 1e-5}
    with pytest.raises(JobCancelled):
        run(recipe, folder, resume=True, cancel=CancelToken(AfterStep(folder, 5)))
    kept = read_recipe(folder)
    assert kept["train"]["lr"] == 1e-5
    assert "history" not in kept
    run(load(folder / "run.toml"), folder, resume=True)
    [change] = tomllib.loads((folder / "run.toml").read_text())["history"]
    assert change["step"] in (3, 4)
    assert [(each["key"], each["after"]) for each in change["changes"]] == [("train.lr", 1e-5)]


def test_a_finished_run_can_be_extended(recipe: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run(recipe, folder)
    first = recipe["stage"]
    recipe["stage"] = [*first[:-1], {**first[-1], "steps": first[-1]["steps"] + 3}]
    run(recipe, folder, resume=True)
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == sum(stage["steps"] for stage in recipe["stage"])
    recipe["stage"] = [*recipe["stage"], {"steps": 2, "patch_px": 16, "batch": 2}]
    run(recipe, folder, resume=True)
    total = sum(stage["steps"] for stage in recipe["stage"])
    assert torch.load(folder / "checkpoint.pt", weights_only=True)["step"] == total
    history = tomllib.loads((folder / "run.toml").read_text())["history"]
    assert [change["step"] for change in history] == [total - 5, total - 2]


@pytest.mark.parametrize("stage", [[{"steps": 5, "patch_px": 16, "batch": 4}], []])
def test_a_run_cannot_end_before_the_step_where_it_stands(recipe: dict[str, Any], tmp_path: Path, stage: list[Any]) -> None:
    recipe["stage"] = [{"steps": 6, "patch_px": 16, "batch": 4}, {"steps": 2, "patch_px": 16, "batch": 4}]
    run(recipe, tmp_path / "run")
    recipe["stage"] = [{"steps": 6, "patch_px": 16, "batch": 4}, *([{"steps": 1, "patch_px": 16, "batch": 4}] if stage else [])]
    with pytest.raises(TrainingError, match=r"step 8, beyond the recipe's last"):
        run(recipe, tmp_path / "run", resume=True)


def test_a_loss_that_is_no_number_before_the_first_checkpoint_promises_no_weights(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["train"] = {
        **recipe["train"],
        "optimizer": "sgd",
        "lr": 10,
        "momentum": 0.99,
        "clip_norm": 0,
        "muon_lr": 0.0,
        "checkpoint_s": 1e9,
    }
    recipe["stage"] = [{"steps": 400, "patch_px": 16, "batch": 4, "loss": "mse"}]
    with pytest.raises(TrainingError, match="before its first checkpoint") as caught:
        run(recipe, tmp_path / "run")
    assert "No weights are kept" in str(caught.value)
    assert "--resume" not in str(caught.value)
    assert not (tmp_path / "run" / "last.safetensors").exists()


WRONG_CHECKPOINTS: dict[str, tuple[Any, str]] = {
    "a list": ([1, 2], "holds no checkpoint but a list"),
    "a tensor": (torch.zeros(3), "holds no checkpoint but a Tensor"),
    "nothing": ({}, "step is missing"),
    "a step that is a text": ({"step": "three"}, "step is 'three'"),
    "a step below zero": ({"step": -1}, "step is -1"),
    "a network that is a number": ({"network": 3}, "network is 3"),
    "a network of other shapes": ({"network": {"head.weight": torch.zeros(1)}}, "does not fit the run's recipe"),
    "no optimizer": ({"optimizers": []}, "started with"),
    "optimizers that are numbers": ({"optimizers": [1, 2]}, "does not fit the run's recipe"),
    "a standing of other keys": ({"standing": {"colour": 1}}, "does not fit the run's recipe"),
}


@pytest.mark.parametrize("case", WRONG_CHECKPOINTS)
def test_a_checkpoint_of_wrong_contents_is_one_clear_error(case: str, recipe: dict[str, Any], tmp_path: Path) -> None:
    folder, (content, says) = tmp_path / "run", WRONG_CHECKPOINTS[case]
    with pytest.raises(JobCancelled):
        run(recipe, folder, cancel=CancelToken(AfterStep(folder, 2)))
    if isinstance(content, dict) and content:
        content = torch.load(folder / "checkpoint.pt", weights_only=True) | content
    torch.save(content, folder / "checkpoint.pt")
    with pytest.raises(TrainingError, match=says) as caught:
        run(recipe, folder, resume=True)
    assert "checkpoint.pt" in str(caught.value) or "started with" in says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = " + b"[" * 900 + b"]" * 900, "levels deep"),
        (b'name = "\xff"', "utf-8"),
        (b"no toml at all [", "damaged"),
        (b"stage = 3", "damaged"),
        (b'name = "a"\npurpose = "denoise"\n[[stage]]\nsteps = "many"', "damaged"),
    ],
)
def test_a_run_file_of_wrong_contents_is_one_clear_error(content: bytes, says: str, recipe: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    made = RunFolder(folder)
    made.begin(parse(recipe).table)
    made.unlock()
    (folder / "run.toml").write_bytes(content)
    with pytest.raises(TrainingError, match=says) as caught:
        run(recipe, folder, resume=True)
    assert "run.toml" in str(caught.value)


def test_a_log_of_wrong_contents_costs_its_lines_only(recipe: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(JobCancelled):
        run(recipe, folder, cancel=CancelToken(AfterStep(folder, 3)))
    lines = (folder / "metrics.jsonl").read_bytes()
    (folder / "metrics.jsonl").write_bytes(b"\xff\xfe\n" + b"[" * 100_000 + b'\n{"step": "x"}\n[]\n' + lines)
    run(recipe, folder, resume=True)
    assert (folder / "metrics.jsonl").read_bytes().startswith(lines[: lines.index(b"\n")])
