"""Two processes, started by the real torchrun, train as one would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import torch

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import SpecError
from aedesk.core.events import Finished
from aedesk.core.specs import TrainSpec
from aedesk.training.distributed import Ranks, draw_for_batch, mean_over_ranks
from aedesk.training.fit import fit

Torchrun = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def torchrun(project: Path) -> Torchrun:
    def call(*arguments: object, program: tuple[object, ...] = ("-m", "aedesk", "train")) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", *map(str, program)]
        environment = {**os.environ, "PYTHONPATH": str(project), "OMP_NUM_THREADS": "1"}
        return subprocess.run([*command, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=280, check=False)

    return call


class AfterLines:
    def __init__(self, log: Path, lines: int) -> None:
        self.log, self.lines = log, lines

    def is_set(self) -> bool:
        return self.log.exists() and len(self.log.read_text().splitlines()) >= self.lines


def figures(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture
def sparse(dense: dict[str, Any]) -> dict[str, Any]:
    """The Kullback-Leibler divergence of a mean over the batch: it only comes out right if the processes share that mean."""
    dense["model"] = {"family": "sparse", "channels": 1, "size_px": 16, "hidden": [], "code": 24, "activation": "sigmoid"}
    dense["objective"] = {"penalty": "kl", "weight": 1.0, "target": 0.1}
    dense["train"] |= {"lr": 1e-2, "warmup_steps": 0, "preview_every": 0}
    return dense


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_two_processes_take_over_a_run_of_one_and_give_its_figures(sparse: dict[str, Any], tmp_path: Path, torchrun: Torchrun) -> None:
    straight, shared = tmp_path / "straight", tmp_path / "shared"
    *_, last = fit(TrainSpec(sparse, str(straight), device="cpu"), CancelToken())
    assert isinstance(last, Finished)
    with pytest.raises(JobCancelled):
        list(fit(TrainSpec(sparse, str(shared), device="cpu"), CancelToken(AfterLines(shared / "metrics.jsonl", 3))))
    done = torchrun("-o", shared, "--resume", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("best.safetensors") == 1
    assert done.stderr.count("Resumed at step 3") == 1
    one, two = figures(straight), figures(shared)
    assert [each.keys() for each in one] == [each.keys() for each in two]
    for alone, together in zip(one, two, strict=True):
        assert together == pytest.approx(alone, rel=1e-3, abs=1e-5)
    penalties = [each["sparsity"] for each in one if "sparsity" in each]
    assert penalties[-1] < 0.9 * penalties[0]  # and there was something to get wrong
    # The checkpoint of two is one of one: it goes on alone (here it has nothing left to do).
    *_, last = fit(TrainSpec(sparse, str(shared), resume=True, device="cpu"), CancelToken())
    assert isinstance(last, Finished)


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_what_goes_wrong_in_several_processes_is_said_once(dense: dict[str, Any], tmp_path: Path, torchrun: Torchrun) -> None:
    dense["data"]["folder"] = str(tmp_path / "nowhere")
    path = tmp_path / "recipe.toml"
    path.write_text(tomli_w.dumps(dense))
    done = torchrun(path, "-o", tmp_path / "run", "--device", "cpu")
    assert done.returncode != 0
    assert done.stderr.count("aedesk: ") == 1
    assert str(tmp_path / "nowhere") in done.stderr


LAST_THREADS = """
import json
import os
import sys
from pathlib import Path

from aedesk.training import distributed

threads = lambda: sorted(each.read_text().strip() for each in Path("/proc/self/task").glob("*/comm") if "gloo" in each.read_text())
ended = distributed.dist.destroy_process_group

def end():
    before = threads()
    ended()
    Path(os.environ["SEEN"], os.environ["RANK"]).write_text(json.dumps([before, threads()]))

distributed.dist.destroy_process_group = end
from aedesk.cli.main import main

sys.exit(main())
"""


@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are listed by Linux")
def test_no_thread_outlives_the_group(sparse: dict[str, Any], tmp_path: Path, torchrun: Torchrun, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does may abort the process at its very end, though rarely."""
    recipe, program = tmp_path / "recipe.toml", tmp_path / "program.py"
    recipe.write_text(tomli_w.dumps(sparse))
    program.write_text(LAST_THREADS)
    seen = tmp_path / "seen"
    seen.mkdir()
    monkeypatch.setenv("SEEN", str(seen))
    done = torchrun("train", recipe, "-o", tmp_path / "run", "--device", "cpu", program=(program,))
    assert done.returncode == 0, done.stderr
    ranks = [json.loads((seen / rank).read_text()) for rank in "01"]
    assert all(before for before, _ in ranks)
    assert [after for _, after in ranks] == [[], []]


def test_a_batch_is_shared_evenly_or_refused() -> None:
    cpu = torch.device("cpu")
    parts = [Ranks(cpu, rank, 4).share(12) for rank in range(4)]
    assert [index for part in parts for index in range(12)[part]] == list(range(12))
    with pytest.raises(SpecError, match="multiple of 4"):
        Ranks(cpu, 0, 4).share(10)


def test_alone_nothing_is_averaged() -> None:
    value = torch.tensor([1.0, 2.0], requires_grad=True)
    assert mean_over_ranks(value) is value
    assert draw_for_batch(torch.ones, 3).shape == (3,)
    assert Ranks(torch.device("cpu")).means({"loss": value.sum(), "psnr": value[1]}) == {"loss": 3.0, "psnr": 2.0}
