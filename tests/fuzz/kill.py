"""Kills the program at random moments: ``python tests/fuzz/kill.py --kills 1000 [--hours 1] [--seed 0]`` (Unix).

A process that has imported everything forks one child after the other: ``encode`` and ``denoise`` of a folder, in place too, a training
run that goes on where the last child was killed, and the window's worker. Each is killed by SIGKILL after a random time. Then every file
with a final name must be whole: the bytes of a run that nobody killed, or those from before. A run must never stand behind an earlier
checkpoint, and a client must say that its job has failed and do the next one. Exits with 1 at the first that does not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

PICTURES = 6
LONGEST_S = {"train": 1.5, "worker": 0.4}
TRAINING = {
    "name": "killed",
    "purpose": "autoencoder",
    "model": {"family": "undercomplete", "size_px": 8, "hidden": [16], "code": 8},
    "stage": [{"steps": 10_000_000, "patch_px": 8, "batch": 2}],
    "train": {"checkpoint_s": 0, "validate_every": 5, "log_every": 1, "preview_every": 5},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=24.0, help="at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    begun, draw, counts = time.monotonic(), random.Random(arguments.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR"):
            os.environ[name] = folder
        place = Place(Path(folder), draw)
        while sum(counts.values()) < arguments.kills and time.monotonic() - begun < 3600 * arguments.hours:
            kind = arguments.kinds[sum(counts.values()) % len(arguments.kinds)]
            outcome = KINDS[kind](place)
            counts[f"{kind} {outcome}"] += 1
        place.close()
    parts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    print(f"{sum(counts.values()):,} runs in {time.monotonic() - begun:.0f} s, nothing torn or lost: {parts}")
    return 0


class Place:
    """Pictures, small models, and what runs that nobody killed make of them."""

    def __init__(self, folder: Path, draw: random.Random) -> None:
        import numpy as np
        import torch
        from small_codec import make_lively_codec

        from aedesk.imaging.io import write
        from aedesk.imaging.picture import Picture
        from aedesk.models.families import FAMILIES
        from aedesk.models.files.checkpoint import save_model

        self.folder, self.draw = folder, draw
        self.inputs, self.run, self.step = folder / "in", folder / "run", 0
        self.inputs.mkdir()
        random_pixels = np.random.default_rng(0)
        for number in range(PICTURES):
            write(Picture(random_pixels.integers(0, 256, (96, 128, 3)).astype(np.uint8)), self.inputs / f"{number}.png")
        torch.manual_seed(0)
        architecture = {"widths": [8, 8], "blocks": [1, 1], "estimator_width": 8}
        card = {"name": "tiny", "purpose": "denoise", "family": "unet", "architecture": architecture}
        self.denoiser = save_model(folder / "tiny.safetensors", FAMILIES["unet"].build(architecture).state_dict(), card)
        self.codec = make_lively_codec(folder)
        self.client: Any = None
        self.expected: dict[str, dict[str, bytes]] = {}
        self.seconds: dict[str, float] = {}
        for command in ("encode", "denoise"):
            begun = time.monotonic()
            assert finish(fork(lambda command=command: self.command(command, self.inputs, folder / command))) == 0
            self.seconds[command] = time.monotonic() - begun
            self.expected[command] = contents(folder / command)
            assert len(self.expected[command]) == PICTURES
        self.before = contents(self.inputs)

    def command(self, name: str, source: Path, out: Path) -> int:
        from aedesk.cli.main import main

        options = ["--model", str(self.codec), "--quality", "30"] if name == "encode" else ["--model", str(self.denoiser), "--sigma", "20"]
        return main([name, str(source), "-o", str(out), "--device", "cpu", "--overwrite", *options])

    def killed(self, work: Callable[[], int], longest_s: float) -> str:
        """Start ``work`` and kill it after a random time; how it ended."""
        child = fork(work)
        time.sleep(self.draw.uniform(0, longest_s))
        os.kill(child, signal.SIGKILL)
        return "killed" if finish(child) == -signal.SIGKILL else "ended before"

    def close(self) -> None:
        if self.client is not None:
            self.client.close()


def batch(command: str) -> Callable[[Place], str]:
    def run(place: Place) -> str:
        out = place.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        outcome = place.killed(lambda: place.command(command, place.inputs, out), 1.2 * place.seconds[command])
        for name, data in contents(out).items():
            assert data == place.expected[command][name], f"{name} is torn"
        assert contents(place.inputs) == place.before, "an input has changed"
        return outcome

    return run


def in_place(place: Place) -> str:
    """Results that replace their inputs: each file is the old one or the new one."""
    copy = place.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place.inputs, copy)
    outcome = place.killed(lambda: place.command("denoise", copy, copy), 1.2 * place.seconds["denoise"])
    found = contents(copy)
    assert found.keys() == place.before.keys(), "a picture is lost"
    for name, data in found.items():
        assert data in (place.before[name], place.expected["denoise"][name]), f"{name} is torn"
    return outcome


def train(place: Place) -> str:
    import torch

    from aedesk.models.files.checkpoint import load_model

    resume = (place.run / "run.toml").exists()

    def work() -> int:
        from aedesk.core.cancel import CancelToken
        from aedesk.core.specs import TrainSpec
        from aedesk.training.fit import fit

        recipe = {**TRAINING, "data": {"folder": str(place.inputs), "held_out": 1}}
        for _ in fit(TrainSpec(recipe, str(place.run), resume, "cpu"), CancelToken()):
            pass
        return 0

    outcome = place.killed(work, LONGEST_S["train"])
    assert outcome == "killed", "the run ended by itself"
    if (place.run / "checkpoint.pt").exists():
        step = torch.load(place.run / "checkpoint.pt", weights_only=True)["step"]
        assert step >= place.step, f"step {step} after {place.step}"
        place.step = step
    else:
        assert not place.step, "the checkpoint is lost"
    for path in place.run.glob("*.safetensors"):
        load_model(path)
    return outcome


def worker(place: Place) -> str:
    from aedesk.core.events import Failed, Finished
    from aedesk.core.specs import DenoiseSpec
    from aedesk.imaging.io import read
    from aedesk.jobs.client import WorkerClient

    if place.client is None:
        place.client = WorkerClient("interactive")
        place.client.start()
    client, spec = place.client, DenoiseSpec(str(place.denoiser), 20.0, device="cpu")
    picture, wanted = read(place.inputs / "0.png"), read(place.folder / "denoise" / "0.png")
    assert isinstance(ending(client, client.submit(spec, picture)), Finished)
    job = client.submit(spec, picture)
    time.sleep(place.draw.uniform(0, LONGEST_S["worker"]))
    os.kill(client.pid, signal.SIGKILL)
    end = ending(client, job)
    assert isinstance(end, Failed | Finished), f"the job ended with {end}"
    again = ending(client, client.submit(spec, picture))
    if isinstance(again, Failed):  # the kill hit this one, after the first had ended
        again = ending(client, client.submit(spec, picture))
    assert isinstance(again, Finished), "the worker did not come back"
    assert (again.result.picture.pixels == wanted.pixels).all(), "another result"
    return "killed" if isinstance(end, Failed) else "ended before"


KINDS: dict[str, Callable[[Place], str]] = {
    "encode": batch("encode"),
    "denoise": batch("denoise"),
    "in-place": in_place,
    "train": train,
    "worker": worker,
}


def ending(client: Any, job: int, timeout_s: float = 120.0) -> Any:
    from aedesk.core.events import Terminal

    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        for number, event in client.poll(0.05):
            if number == job and isinstance(event, Terminal):
                return event
    raise AssertionError(f"job {job} did not end in {timeout_s:.0f} s")


def contents(folder: Path) -> dict[str, bytes]:
    """What lies under final names: what is being written has a hidden one."""
    return {path.name: path.read_bytes() for path in folder.glob("[!.]*")} if folder.is_dir() else {}


def fork(work: Callable[[], int]) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        status = work()
    finally:
        os._exit(status)


def finish(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
