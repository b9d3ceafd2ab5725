"""The command that trains what ships: it goes on from anything, adds up what was done, and keeps only what is better."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from aedesk.models.files.card import read_card
from aedesk.models.files.model_file import read_model_file
from aedesk.models.files.zoo import SHIPPED

RECIPE = """# A tiny denoiser.
name = "denoise-photo"
title = "Tiny"
description = "For tests."
purpose = "denoise"
licence = "Apache-2.0"
data_note = "eight random pictures"
seed = 5

[model]
family = "unet"
widths = [8, 8]
blocks = [1, 1]
unshuffle = 2
estimator_width = 8
estimate = "global"

[data]
held_out = 2

[degradation]
chain = "gaussian"
sigma = [30, 30]

[train]
lr = 3e-3
muon_lr = 5e-3
warmup_steps = 2
log_every = 1
validate_every = 20
preview_every = 0
checkpoint_s = 0

[[stage]]
steps = 40
patch_px = 16
batch = 8

[[stage]]
steps = 20
patch_px = 24
batch = 4
loss = "mse"
"""
NAME = "denoise-photo"


@pytest.fixture
def trainer(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("train_models")


@pytest.fixture
def folders(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> dict[str, Path]:
    found = {name: tmp_path / name for name in ("data", "models", "runs")}
    for folder in (found["data"], found["models"]):
        folder.mkdir()
    for seed in range(8):
        Image.fromarray(make_pixels(48, 64, seed=seed)).save(found["data"] / f"{seed}.png")
    (found["models"] / f"{NAME}.toml").write_text(RECIPE)
    return found


def options(folders: dict[str, Path], *more: str) -> list[str]:
    places = [part for name, folder in folders.items() for part in (f"--{name}", str(folder))]
    return [*places, "--only", NAME, "--device", "cpu", *(more or ("--hours", "1"))]


def test_the_queue_holds_every_model_that_ships(trainer: ModuleType) -> None:
    assert sorted(trainer.QUEUE) == sorted(SHIPPED)


def test_runs_add_up_to_one_model_whose_files_agree(
    trainer: ModuleType, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer.main(options(folders, "--hours", "1", "--install")) == 0
    assert f"| {NAME} | - |" in capsys.readouterr().out
    first = read_card(folders["models"] / f"{NAME}.safetensors")
    # As from a fresh clone: all that is there are the committed files.
    folders["runs"] = folders["runs"].with_name("other runs")
    assert trainer.main(options(folders)) == 0
    assert read_recipe(folders["runs"] / NAME / "01")["start"].endswith(f"{NAME}.safetensors")
    last = read_card(folders["runs"] / NAME / "01" / "best.safetensors")
    folder = folders["runs"] / NAME
    assert "| yes |" in capsys.readouterr().out
    card = read_card(folder / f"{NAME}.safetensors")
    for key in ("steps", "pixels"):
        assert card["training"][key] == first["training"][key] + last["training"][key]
        assert [run[key] for run in card["training"]["runs"]] == [first["training"][key], last["training"][key]]
    recipe = tomllib.loads((folder / f"{NAME}.toml").read_text())
    assert card["recipe"] == recipe
    assert sum(stage["steps"] for stage in recipe["stage"]) == card["training"]["steps"]
    assert str(folders["data"]) not in json.dumps(card)


def read_recipe(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "run.toml").read_text())


def test_the_page_tells_the_figures_of_the_card(trainer: ModuleType, folders: dict[str, Path]) -> None:
    trainer.main(options(folders))
    model = read_model_file(folders["runs"] / NAME / f"{NAME}.safetensors")
    page = (folders["runs"] / NAME / f"{NAME}.md").read_text()
    training = model.card["training"]
    assert training["pixels"] == sum(s["steps"] * s["batch"] * s["patch_px"] ** 2 for s in model.card["recipe"]["stage"])
    figures = [
        f"{training['steps']:,}",
        f"{model.parameters:,}",
        training["processor"],
        *(f"{v:.2f}" for v in model.card["metrics"].values()),
    ]
    assert [figure for figure in figures if figure not in page] == []


def test_weights_are_kept_in_half_precision(trainer: ModuleType, folders: dict[str, Path]) -> None:
    trainer.main(options(folders))
    weights = load_file(folders["runs"] / NAME / f"{NAME}.safetensors")
    assert {weight.dtype for weight in weights.values()} == {torch.float16}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs Unix signals")
def test_a_run_that_was_killed_goes_on_from_its_folder_to_the_same_bits(
    trainer: ModuleType, folders: dict[str, Path], project: Path
) -> None:
    (folders["models"] / f"{NAME}.toml").write_text(RECIPE.replace("steps = 40", "steps = 80"))
    program = [sys.executable, str(project / "packaging" / "train_models.py"), *options(folders)]
    environment = {**os.environ, "PYTHONPATH": str(project), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(program, env=environment, stdout=subprocess.DEVNULL)
    run = folders["runs"] / NAME / "01"
    while process.poll() is None and not ((run / "checkpoint.pt").exists() and len((run / "metrics.jsonl").read_text().splitlines()) > 10):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (run / "ended").exists()
    assert trainer.main(options(folders)) == 0
    assert sorted(path.name for path in (folders["runs"] / NAME).glob("0*")) == ["01"]
    straight = {**folders, "runs": folders["runs"].with_name("straight")}
    assert trainer.main(options(straight)) == 0
    killed, expected = (load_file(each["runs"] / NAME / "01" / "last.safetensors") for each in (folders, straight))
    assert killed.keys() == expected.keys()
    assert all(torch.equal(killed[name], expected[name]) for name in expected)


def test_worse_weights_are_not_kept(trainer: ModuleType, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    trainer.main(options(folders, "--hours", "1", "--install"))
    committed = (folders["models"] / f"{NAME}.safetensors").read_bytes()
    recipe = (folders["models"] / f"{NAME}.toml").read_text()
    (folders["models"] / f"{NAME}.toml").write_text(recipe.replace("lr = 3e-3", "lr = 3e-3\nweight_decay = 10"))
    folders["runs"] = folders["runs"].with_name("other runs")
    for _ in range(2):
        trainer.main(options(folders, "--hours", "1", "--install"))
        assert "| no |" in capsys.readouterr().out
        assert (folders["models"] / f"{NAME}.safetensors").read_bytes() == committed
    seeds = {read_recipe(folders["runs"] / NAME / number)["seed"] for number in ("01", "02")}
    assert len(seeds) == 2  # the second try sees other patches


def test_minutes_scale_the_schedule_and_end_with_weights(trainer: ModuleType, folders: dict[str, Path]) -> None:
    """The rehearsal on a processor of what is meant for a rented GPU."""
    assert trainer.main(options(folders, "--minutes", "0.15")) == 0
    run = folders["runs"] / NAME / "01"
    first, second = (stage["steps"] for stage in read_recipe(run)["stage"])
    assert first == pytest.approx(2 * second, abs=2)
    assert {weight.dtype for weight in load_file(run / "last.safetensors").values()} == {torch.float16}


def test_without_pictures_the_model_is_named_and_the_command_fails(
    trainer: ModuleType, folders: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders["data"] = folders["data"] / "nowhere"
    assert trainer.main(options(folders)) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"{NAME}: ")
    assert "nowhere" in told


STAGES = [{"steps": 10, "patch_px": 16}, {"steps": 30, "patch_px": 24}, {"steps": 5, "patch_px": 24, "loss": "mse"}]


@pytest.mark.parametrize(
    ("had", "steps", "left"),
    [
        (STAGES, 45, STAGES[1:]),  # all: again from the longest on
        (STAGES, 25, [{**STAGES[1], "steps": 15}, STAGES[2]]),
        (STAGES[:2], 40, STAGES[2:]),  # a stage was added since
        ([*STAGES, *STAGES[1:]], 80, STAGES[1:]),  # had a second round
        ([{"steps": 45, "patch_px": 16}], 45, STAGES),  # another recipe
    ],
)
def test_what_is_left_of_a_recipe(trainer: ModuleType, had: list[Any], steps: int, left: list[Any]) -> None:
    card = {"recipe": {"stage": had}, "training": {"steps": steps}}
    assert trainer.stages_left(card, STAGES) == left
