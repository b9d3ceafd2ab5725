"""What a run tells while it goes on, and what it leaves in its folder."""

from __future__ import annotations

import builtins
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError, TrainingError
from aedesk.core.events import Event, Finished, Log, Preview, Progress, Started, StepDone
from aedesk.core.specs import TrainSpec
from aedesk.models.files.card import read_card
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.objectives.restoration import Restoration
from aedesk.training.recipes.recipe import parse
from aedesk.training.run.folder import RunFolder, read_recipe
from aedesk.training.run.state import Run


def events_of(recipe: dict[str, Any], folder: Path, *, resume: bool = False) -> list[Event]:
    return list(fit(TrainSpec(recipe, str(folder), resume, "cpu"), CancelToken()))


def test_a_run_tells_its_terms_its_validations_its_previews_and_its_end(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["train"] |= {"validate_every": 5, "preview_every": 5, "log_every": 2}
    events = events_of(recipe, tmp_path / "run")
    assert isinstance(events[0], Started)
    steps = [event for event in events if isinstance(event, StepDone)]
    training = [event for event in steps if "loss" in event.metrics]
    assert [event.step for event in training] == [2, 4, 6, 8, 10]
    assert set(training[0].metrics) == {"loss", "psnr", "estimator", "grad_norm", "lr", "pictures_per_s"}
    assert training[0].metrics["pictures_per_s"] > 0
    assert training[-1].metrics["lr"] < training[0].metrics["lr"] <= 1e-3
    validations = [event for event in steps if "val_loss" in event.metrics]
    assert [event.step for event in validations] == [5, 10]
    assert set(validations[0].metrics) == {"val_loss", "val_psnr", "val_noisy", "val_estimator"}
    previews = [event for event in events if isinstance(event, Preview)]
    assert [event.label for event in previews] == ["step 5", "step 10"]
    written = [np.asarray(Image.open(tmp_path / "run" / "previews" / name)) for name in ("000005.png", "000010.png")]
    for event, picture in zip(previews, written, strict=True):
        assert event.image.dtype == np.uint8
        assert np.array_equal(event.image, picture)
    assert [event.total for event in events if isinstance(event, Progress)][-1] == 10
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.result == str(tmp_path / "run" / "best.safetensors")


def test_a_sheet_has_a_row_of_originals_one_of_what_was_done_to_them_and_one_of_answers(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["degradation"] = {"chain": "gaussian", "sigma": [50, 50]}
    sheet = next(event.image for event in events_of(recipe, tmp_path / "run") if isinstance(event, Preview))
    height = (sheet.shape[0] - 4) // 3
    original, corrupted = sheet[:height].astype(float), sheet[height + 2 : 2 * height + 2].astype(float)
    difference = np.abs(corrupted - original)
    assert 20 < difference[difference > 0].mean() < 60  # sigma 50 has a mean of 40
    assert sheet.shape[1] > height * 2  # two pictures were held out


def test_the_log_holds_no_time_and_the_folder_its_recipe(recipe: dict[str, Any], tmp_path: Path) -> None:
    events_of({**recipe, "description": None}, tmp_path / "run")
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert not any("per_s" in key for line in lines for key in line)
    assert tomllib.loads((tmp_path / "run" / "run.toml").read_text()) == read_recipe(tmp_path / "run") == recipe
    words = (tmp_path / "run" / "card.md").read_text()
    assert "6 pictures" in words
    assert "PSNR" in words
    assert str(tmp_path) not in words


def test_without_held_out_pictures_the_last_weights_are_the_result(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["data"]["held_out"] = 0
    last = events_of(recipe, tmp_path / "run")[-1]
    assert isinstance(last, Finished)
    assert last.result == str(tmp_path / "run" / "last.safetensors")
    assert not (tmp_path / "run" / "best.safetensors").exists()
    with pytest.raises(SpecError, match="held-out"):
        parse({**recipe, "train": {"schedule": "plateau"}})


def test_a_run_that_gets_no_better_stops_early_and_keeps_its_best(dense: dict[str, Any], tmp_path: Path) -> None:
    dense["train"] |= {"lr": 1e-12, "weight_decay": 0.0, "ema": 0.0, "early_stop": 2, "validate_every": 2}
    dense["stage"] = [{"steps": 6, "patch_px": 16, "batch": 4}, {"steps": 200, "patch_px": 16, "batch": 4}]
    events = events_of(dense, tmp_path / "run")
    assert any("Stopped early" in event.text for event in events if isinstance(event, Log))
    steps = [event.step for event in events if isinstance(event, StepDone)]
    assert 6 < max(steps) < 50  # the first stage is not cut short
    best = read_card(tmp_path / "run" / "best.safetensors")["training"]["steps"]
    assert best < read_card(tmp_path / "run" / "last.safetensors")["training"]["steps"]


def test_divergence_stops_the_run_before_anything_is_overwritten(
    dense: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense["train"] |= {"checkpoint_s": 0, "validate_every": 2, "clip_norm": 0.0, "ema": 0.0}
    dense["stage"][0]["steps"] = 8
    draw = Run._share

    def spoiled(self: Run, example: Any) -> Any:
        example.noisy.mul_(float("nan") if self.step == 5 else 1.0)
        return draw(self, example)

    monkeypatch.setattr(Run, "_share", spoiled)
    with pytest.raises(TrainingError, match=r"loss is nan at step 6") as told:
        events_of(dense, tmp_path / "run")
    assert "train.lr (now 0.001" in told.value.hint
    assert "clip_norm = 1" in told.value.hint
    state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert state["step"] == 5
    assert all(bool(torch.isfinite(value).all()) for value in state["network"].values() if value.is_floating_point())
    monkeypatch.undo()
    dense["train"]["lr"] = 3e-4  # as the hint says
    events = events_of(dense, tmp_path / "run", resume=True)
    assert isinstance(events[-1], Finished)
    rates = [event.metrics["lr"] for event in events if isinstance(event, StepDone) and "lr" in event.metrics]
    assert max(rates) <= 3e-4


def test_a_run_cannot_go_on_with_another_optimizer(dense: dict[str, Any], tmp_path: Path) -> None:
    events_of(dense, tmp_path / "run")
    dense["train"]["optimizer"] = "sgd"
    with pytest.raises(TrainingError, match="AdamW, and the recipe asks for SGD"):
        events_of(dense, tmp_path / "run", resume=True)


def test_there_is_nothing_to_resume_in_an_empty_folder(dense: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run"):
        events_of(dense, tmp_path, resume=True)


@pytest.mark.parametrize("change", [{"optimizer": "sgd", "nesterov": True}, {"optimizer": "adam"}, {"muon_lr": 1e-3}, {"l1_weights": 1e-5}])
def test_every_optimizer_learns(dense: dict[str, Any], tmp_path: Path, change: dict[str, Any]) -> None:
    dense["train"] |= {"lr": 5.0 if "nesterov" in change else 5e-3, "ema": 0.0, "schedule": "constant", **change}
    dense["stage"][0] |= {"steps": 60, "batch": 16}
    events = events_of(dense, tmp_path / "run")
    losses = [event.metrics["val_loss"] for event in events if isinstance(event, StepDone) and "val_loss" in event.metrics]
    assert losses[-1] < 0.9 * losses[0]


def test_l1_makes_weights_small_and_reports_itself(dense: dict[str, Any], tmp_path: Path) -> None:
    sizes = {}
    for weight in (0.0, 0.01):
        dense["train"] |= {"l1_weights": weight, "lr": 5e-3}
        folder = tmp_path / str(weight)
        events = events_of(dense, folder)
        terms = [event.metrics for event in events if isinstance(event, StepDone) and "loss" in event.metrics]
        assert all(("l1_weights" in each) == bool(weight) for each in terms)
        network = torch.load(folder / "checkpoint.pt", weights_only=True)["network"]
        sizes[weight] = sum(float(value.abs().sum()) for name, value in network.items() if value.ndim > 1)
    assert sizes[0.01] < 0.98 * sizes[0.0]


def test_the_average_has_the_buffers_of_now(dense: dict[str, Any]) -> None:
    run = Run(parse(dense), Ranks(torch.device("cpu")))
    run.network.register_buffer("count", torch.tensor(7))
    run.average.register_buffer("count", torch.tensor(0))
    assert int(run.settle().count) == 7


def test_tensorboard_files_are_written_on_request(dense: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    dense["train"]["tensorboard"] = True
    events_of(dense, tmp_path / "run")
    board = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    board.Reload()
    assert {"loss", "val_loss", "lr"} <= set(board.Tags()["scalars"])
    assert [event.step for event in board.Scalars("val_loss")] == [5, 10, 15, 20]


def test_tensorboard_that_is_not_installed_is_told(dense: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError("No module named 'tensorboard'")
        return imported(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    dense["train"]["tensorboard"] = True
    with pytest.raises(TrainingError, match="not installed") as told:
        events_of(dense, tmp_path / "run")
    assert "aedesk[tensorboard]" in told.value.hint


def test_a_recipe_that_is_no_toml_is_refused(dense: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="TOML"):
        RunFolder(tmp_path / "run").begin({**dense, "objective": {"weight": object()}})
    assert not (tmp_path / "run").exists()


def test_the_objective_follows_the_family(recipe: dict[str, Any]) -> None:
    assert isinstance(Run(parse(recipe), Ranks(torch.device("cpu"))).objective, Restoration)
