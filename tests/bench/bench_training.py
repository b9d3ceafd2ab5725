"""The trainer's throughput against a bare loop: ``python tests/bench/bench_training.py [--rounds 9] [--device cpu]``.

The bare loop does what a person would write first: draw a batch, forward, backward, step; no logging, no moving average, no clipping, no
cancellation. With --loader, a third loop is the same, fed by a DataLoader that crops and damages one sample after the other in other
processes. All train the same network on the same pictures in the same precision, in turns of some steps each, and the medians of the
turns are compared: other work on the machine then meets all of them. On a busy machine, set OMP_NUM_THREADS=1.
Floor for trainer / bare: 0.95; goal: 1.0.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from aedesk.core.cancel import CancelToken
from aedesk.core.events import StepDone
from aedesk.core.specs import TrainSpec
from aedesk.data.examples import Example
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.recipe import parse
from aedesk.training.run_state import Run

CASES: dict[str, dict[str, Any]] = {
    "convolutional, 32 x 32 px x 32": {
        "purpose": "autoencoder",
        "model": {"family": "convolutional"},
        "stage": [{"steps": 100_000, "patch_px": 32, "batch": 32, "loss": "mse"}],
    },
    "unet of the shipped denoisers, 64 x 64 px x 8": {
        "purpose": "denoise",
        "model": {"family": "unet"},
        "degradation": {"chain": "gaussian", "sigma": [0, 50]},
        "stage": [{"steps": 100_000, "patch_px": 64, "batch": 8}],
    },
}


class Crops(Dataset[Example]):
    """One damaged crop per index."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, index: int) -> Example:
        return self.run.examples.draw(1, self.run.stages[0].patch_px, index)


def collate(samples: list[Example]) -> Example:
    return Example(*(torch.cat([getattr(sample, name) for sample in samples]) for name in ("noisy", "target", "level")))


def trainer(recipe: dict[str, Any], folder: Path, device: str, turn: int) -> Iterator[None]:
    """Yields after every ``turn`` steps of the real service."""
    table = {**recipe, "train": {"log_every": turn, "preview_every": 0, "validate_every": 1_000_000}}
    for event in fit(TrainSpec(table, str(folder), device=device), CancelToken()):
        if isinstance(event, StepDone):
            yield


def bare(recipe: dict[str, Any], device: str, turn: int, *, loader: bool) -> Iterator[None]:
    """The same of a loop that only trains."""
    run = Run(parse(recipe), Ranks(torch.device(device)))
    run.load_data(CancelToken())
    stage, optimizer = run.stages[0], torch.optim.AdamW(run.network.parameters(), lr=1e-4)

    def drawn() -> Iterator[Example]:
        step = 0
        while True:
            yield run.examples.draw(stage.count, stage.patch_px, step)
            step += 1

    source: Any = drawn()
    if loader:
        source = DataLoader(Crops(run), stage.count, collate_fn=collate, num_workers=2 if device == "cpu" else 8, persistent_workers=True)
    generator = torch.Generator(run.device).manual_seed(0)
    for number, example in enumerate(source, 1):
        moved = Example(*(getattr(example, name).to(run.device) for name in ("noisy", "target", "level")))
        with torch.autocast(run.device.type, run.dtype, enabled=run.dtype != torch.float32):
            loss, _ = run.objective(moved, stage, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if number % turn == 0:
            yield


def seconds(work: Callable[[], None], device: str) -> float:
    """Time of one turn: on a CPU the processor time of this process, which other programs do not lengthen."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    begun = clock()
    work()
    if device != "cpu":
        torch.cuda.synchronize()
    return clock() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--turn", type=int, default=20, help="steps per turn")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--loader", action="store_true", help="also the loop fed by a DataLoader")
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        for number in range(24):
            Image.fromarray(random.integers(0, 256, (256, 384, 3), np.uint8)).save(pictures / f"{number}.png")
        for name, case in CASES.items():
            recipe = {"name": "bench", "data": {"folder": str(pictures), "held_out": 2}, **case}
            turn, device = arguments.turn, arguments.device
            run_dir = Path(folder) / f"run of {name}"
            loops = {"trainer": trainer(recipe, run_dir, device, turn), "bare": bare(recipe, device, turn, loader=False)}
            if arguments.loader:
                loops["DataLoader"] = bare(recipe, device, turn, loader=True)
            times: dict[str, list[float]] = {each: [] for each in loops}
            for each in loops.values():
                next(each)  # starts, and warms up
            for round_ in range(arguments.rounds):
                order = list(loops) if round_ % 2 else list(reversed(loops))
                for each in order:
                    times[each].append(seconds(lambda loop=loops[each]: next(loop), device))  # type: ignore[misc]
            ratio = statistics.median(b / t for b, t in zip(times["bare"], times["trainer"], strict=True))
            count = turn * case["stage"][0]["batch"]
            rates = ", ".join(f"{each} {count / statistics.median(values):.1f} samples/s" for each, values in times.items())
            print(f"{name} ({device}): {rates}; trainer / bare {ratio:.3f}", flush=True)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
