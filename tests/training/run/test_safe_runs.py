"""Nothing is lost, whatever happens: a kill at any moment, a full disk, a folder that may not be written."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import TrainingError
from aedesk.core.events import Log
from aedesk.core.specs import TrainSpec
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.models.files.checkpoint import load_model
from aedesk.training.fit import fit
from aedesk.training.objectives.registry import OBJECTIVES
from aedesk.training.recipes.recipe import find_recipe, load, recipe_names
from aedesk.training.recipes.text import to_toml
from aedesk.training.run.folder import RunFolder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and Unix signals")
KILLS = 20


class Nursery:
    """Starts training runs as processes of their own, each ready at once (``support/training_nursery.py``)."""

    def __init__(self, project: Path) -> None:
        script = project / "tests" / "support" / "training_nursery.py"
        environment = {**os.environ, "PYTHONPATH": str(project), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, str(script)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, **request: object) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def wait(self) -> int:
        return self._answer()

    def _answer(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@pytest.fixture
def nursery(project: Path) -> Iterator[Nursery]:
    made = Nursery(project)
    with made.process:
        yield made
        assert made.process.stdin is not None
        made.process.stdin.close()


def checkpoint(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
    return {**state, "seconds": 0.0}  # the one thing that may differ


def same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def lines_of(folder: Path) -> int:
    log = folder / "metrics.jsonl"
    return len(log.read_bytes().splitlines()) if log.exists() else 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_killed_twenty_times_at_random_moments_ends_with_the_same_bits(
    nursery: Nursery, dense: dict[str, Any], tmp_path: Path
) -> None:
    # A checkpoint after every step: most of the time goes into writing, and so do most of the kills.
    dense["stage"] = [{"steps": 60, "patch_px": 16, "batch": 4}, {"steps": 140, "patch_px": 16, "batch": 2, "loss": "mse"}]
    dense["train"] |= {"checkpoint_s": 0, "schedule": "plateau", "patience": 1, "early_stop": 50, "preview_every": 10}
    chance, halting = random.Random(1), tmp_path / "halting"
    steps = []
    for number in range(KILLS):
        pid = nursery.start(recipe=dense, run_dir=str(halting), resume=number > 0)
        until = lines_of(halting) + chance.randrange(4) if number else 3
        deadline = time.monotonic() + 20
        while lines_of(halting) < until and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        assert nursery.wait() == -signal.SIGKILL
        if (halting / "checkpoint.pt").exists():
            steps.append(checkpoint(halting)["step"])
    assert steps == sorted(steps)
    assert 0 < steps[-1] < 200
    nursery.start(recipe=dense, run_dir=str(halting), resume=True)
    assert nursery.wait() == 0
    dense["train"]["checkpoint_s"] = 1e9
    nursery.start(recipe=dense, run_dir=str(tmp_path / "straight"), resume=False)
    assert nursery.wait() == 0
    assert same(checkpoint(halting), checkpoint(tmp_path / "straight"))
    assert (halting / "metrics.jsonl").read_bytes() == (tmp_path / "straight" / "metrics.jsonl").read_bytes()
    for name in ("best.safetensors", "last.safetensors"):
        assert same(load_file(halting / name), load_file(tmp_path / "straight" / name))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_family_goes_on_after_a_kill_and_its_weights_load(
    nursery: Nursery, tmp_path: Path, make_pixels: Callable[..., np.ndarray]
) -> None:
    (tmp_path / "pictures").mkdir()
    for seed in range(5):
        write(Picture(make_pixels(96, 96, seed=seed)), tmp_path / "pictures" / f"{seed}.png")
    trained = set()
    for name in recipe_names():
        recipe = load(find_recipe(name))
        alone = recipe["model"]["family"] in ("inpainting", "damage-detection")  # whose one recipe goes on from a model of another family
        if (recipe.get("start") and not alone) or "dataset" in recipe.get("data", {}):
            continue
        recipe["data"] = {"folder": str(tmp_path / "pictures"), "held_out": 1}
        recipe["train"] = {**recipe["train"], "checkpoint_s": 0, "log_every": 1, "validate_every": 3, "preview_every": 3}
        recipe["stage"] = [{**stage, "steps": 4, "batch": 2} for stage in recipe["stage"]]
        killed, straight = tmp_path / name / "killed", tmp_path / name / "straight"
        pid = nursery.start(recipe=recipe, run_dir=str(killed), resume=False)
        deadline = time.monotonic() + 60
        while lines_of(killed) < 2 and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(pid, signal.SIGKILL)
        assert nursery.wait() == -signal.SIGKILL, name
        for folder in (killed, straight):
            nursery.start(recipe=recipe, run_dir=str(folder), resume=folder == killed)
            assert nursery.wait() == 0, name
        assert same(checkpoint(killed), checkpoint(straight)), name
        network, card = load_model(killed / "best.safetensors")
        assert card["family"] == recipe["model"]["family"]
        assert sum(p.numel() for p in network.parameters()) > 0
        trained.add(card["family"])
    assert trained == set(OBJECTIVES)


def run(recipe: dict[str, Any], folder: Path, *, resume: bool = False, cancel: CancelToken | None = None) -> None:
    for _ in fit(TrainSpec(recipe, str(folder), resume, "cpu"), cancel or CancelToken()):
        pass


class AfterStep:
    """A cancel event that is set once the run has logged ``lines`` lines."""

    def __init__(self, folder: Path, lines: int) -> None:
        self.folder, self.lines = folder, lines

    def is_set(self) -> bool:
        return lines_of(self.folder) >= self.lines


def test_a_run_stopped_at_any_moment_and_resumed_leaves_the_same_figures(dense: dict[str, Any], tmp_path: Path) -> None:
    run(dense, tmp_path / "straight")
    # In the first step, before and in the validation after the fifth, after it, and in the last validation.
    for stop in (1, 4, 5, 6, 23):
        halting = tmp_path / f"halting at {stop}"
        with pytest.raises(JobCancelled):
            run(dense, halting, cancel=CancelToken(AfterStep(halting, stop)))
        assert (halting / "last.safetensors").exists()
        run(dense, halting, resume=True)
        assert same(checkpoint(halting), checkpoint(tmp_path / "straight"))
        assert (halting / "metrics.jsonl").read_bytes() == (tmp_path / "straight" / "metrics.jsonl").read_bytes()


def test_a_run_that_died_before_its_first_checkpoint_begins_again(dense: dict[str, Any], tmp_path: Path) -> None:
    run(dense, tmp_path / "straight")
    run(dense, tmp_path / "halting")
    (tmp_path / "halting" / "checkpoint.pt").unlink()
    run(dense, tmp_path / "halting", resume=True)
    assert same(checkpoint(tmp_path / "halting"), checkpoint(tmp_path / "straight"))
    assert (tmp_path / "halting" / "metrics.jsonl").read_bytes() == (tmp_path / "straight" / "metrics.jsonl").read_bytes()


def test_a_run_that_has_ended_goes_on_when_another_stage_is_written_into_it(dense: dict[str, Any], tmp_path: Path) -> None:
    run(dense, tmp_path)
    steps = checkpoint(tmp_path)["step"]
    longer = {**dense, "stage": [*dense["stage"], {**dense["stage"][-1], "steps": 3, "batch": 2}]}
    (tmp_path / "run.toml").write_text(to_toml(longer), encoding="utf-8")
    run(longer, tmp_path, resume=True)
    assert checkpoint(tmp_path)["step"] == steps + 3
    assert checkpoint(tmp_path)["batches"] == [stage["batch"] for stage in longer["stage"]]


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], None]]:
    """``small_disk(bytes)``: no file may grow beyond that any more."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [1, 3000], ids=["not even a line", "too little for a checkpoint"])
def test_a_full_disk_is_said_and_nothing_is_corrupted(
    dense: dict[str, Any], tmp_path: Path, small_disk: Callable[[int], None], room: int
) -> None:
    run(dense, tmp_path / "straight")
    folder = tmp_path / "halting"
    with pytest.raises(JobCancelled):
        run(dense, folder, cancel=CancelToken(AfterStep(folder, 4)))
    before = (folder / "checkpoint.pt").read_bytes()
    dense["train"]["checkpoint_s"] = 0
    events = fit(TrainSpec(dense, str(folder), True, "cpu"), CancelToken())
    next(event for event in events if isinstance(event, Log) and "pictures" in event.text)
    small_disk(room)
    with pytest.raises(TrainingError, match="disk is full") as told:
        list(events)
    small_disk(1 << 40)
    assert "Free some space" in told.value.hint
    assert str(folder) in told.value.message
    assert (folder / "checkpoint.pt").read_bytes() == before
    assert not list(tmp_path.rglob(".*.part*"))
    run(dense, folder, resume=True)
    assert same(checkpoint(folder), checkpoint(tmp_path / "straight"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(dense: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(TrainingError, match="locked") as told:
        run(dense, tmp_path / "locked" / "run")
    assert "may write" in told.value.hint


def test_a_second_process_is_kept_out_of_the_folder_of_a_run_and_a_kill_opens_it_again(
    nursery: Nursery, dense: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    dense["stage"] = [{"steps": 100_000, "patch_px": 16, "batch": 4}]
    dense["train"] |= {"checkpoint_s": 0}
    pid = nursery.start(recipe=dense, run_dir=str(folder), resume=False)
    deadline = time.monotonic() + 60
    while not (folder / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    for resume in (True, False):
        with pytest.raises(TrainingError, match=rf"Process {pid} is training" if resume else "holds a run already"):
            run(dense, folder, resume=resume)
    os.kill(pid, signal.SIGKILL)
    assert nursery.wait() == -signal.SIGKILL
    step = checkpoint(folder)["step"]
    with pytest.raises(JobCancelled):
        run(dense, folder, resume=True, cancel=CancelToken(AfterStep(folder, lines_of(folder) + 2)))
    assert checkpoint(folder)["step"] >= step
    assert not (folder / "run.lock").exists()


def test_a_second_process_cannot_start_in_the_folder_of_a_run_without_a_checkpoint(dense: dict[str, Any], tmp_path: Path) -> None:
    first = RunFolder(tmp_path / "run")
    first.begin(dense)
    with pytest.raises(TrainingError, match=f"Process {os.getpid()} is training"):
        run(dense, tmp_path / "run")
    first.unlock()
    run(dense, tmp_path / "run")
