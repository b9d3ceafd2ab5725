"""A batch fits the device, or one that does is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import DeviceError
from aedesk.core.events import Log
from aedesk.core.specs import TrainSpec
from aedesk.data.examples.example import Example
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.recipes.recipe import parse
from aedesk.training.run import batch_size
from aedesk.training.run.batch_size import choose_batches, fitting, sample_bytes
from aedesk.training.run.state import Run


@pytest.fixture
def run(recipe: dict[str, Any]) -> Run:
    recipe["train"]["precision"] = "float32"
    made = Run(parse(recipe), Ranks(torch.device("cpu")))
    made.load_data(CancelToken())
    return made


def test_a_sample_is_measured_by_what_its_backward_pass_keeps(run: Run) -> None:
    small, large = (sample_bytes(run, stage) for stage in run.stages)  # 16 and 24 pixels
    assert large / small == pytest.approx((24 / 16) ** 2, rel=0.1)
    # Two blocks at half resolution and one at a quarter keep, each, the input and the inner activation: 8 channels of float32.
    assert small > 4 * 8 * (4 * 8 * 8 + 2 * 4 * 4)


def test_measuring_changes_nothing(run: Run) -> None:
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    sample_bytes(run, run.stages[0])
    assert all(torch.equal(before[name], value) for name, value in run.network.state_dict().items())
    assert all(p.grad is None for p in run.network.parameters())


def test_auto_is_the_largest_power_of_two_that_fits(recipe: dict[str, Any], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe["stage"][0]["batch"] = recipe["stage"][1]["batch"] = "auto"
    run.stages = parse(recipe).stages
    assert choose_batches(run) == [64, 64]  # plenty of memory: the most that is of use
    monkeypatch.setattr(batch_size, "free_bytes", lambda device: 1_000_000)
    chosen = choose_batches(run)
    for number, batch in enumerate(chosen):
        assert batch <= fitting(run, number) < 2 * batch
    assert chosen[0] > chosen[1]


def test_a_batch_that_is_too_large_is_refused_with_one_that_fits(run: Run, recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_size, "free_bytes", lambda device: 1_000_000)
    recipe["stage"][1]["batch"] = 4096
    run.stages = parse(recipe).stages
    with pytest.raises(DeviceError, match=r"4096 patches of 24 px \(stage 2\)") as told:
        choose_batches(run)
    assert f"A batch of {fitting(run, 1)} fits" in told.value.hint
    monkeypatch.setattr(batch_size, "free_bytes", lambda device: 1000)
    with pytest.raises(DeviceError, match="Not even one"):
        choose_batches(run)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("Allocator: can't allocate memory")])
def test_memory_that_runs_out_in_a_step_is_told_with_a_batch_that_fits(
    dense: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(self: Run, example: Example) -> None:
        raise error

    monkeypatch.setattr(Run, "train_step", fail)
    with pytest.raises(DeviceError, match="batch of 4 patches of 16 px") as told:
        list(fit(TrainSpec(dense, str(tmp_path / "run"), device="cpu"), CancelToken()))
    assert "A batch of 2 fits" in told.value.hint


def test_a_resumed_run_keeps_the_batch_that_was_chosen(dense: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class AtOnce:
        def is_set(self) -> bool:
            return (tmp_path / "run" / "metrics.jsonl").exists()

    dense["stage"][0]["batch"] = "auto"
    monkeypatch.setattr(batch_size, "LARGEST", {"cpu": 8})
    with pytest.raises(JobCancelled):
        list(fit(TrainSpec(dense, str(tmp_path / "run"), device="cpu"), CancelToken(AtOnce())))
    monkeypatch.setattr(batch_size, "LARGEST", {"cpu": 2})
    events = list(fit(TrainSpec(dense, str(tmp_path / "run"), resume=True, device="cpu"), CancelToken()))
    assert any("batch 8" in event.text for event in events if isinstance(event, Log))
