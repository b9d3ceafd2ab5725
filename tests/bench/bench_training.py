"""Compares the trainer with the processor: ``python tests/bench/bench_training.py [--rounds 7] [--device cpu] [--only NAME]``.

For each network, three loops take turns in one process, so that other work on the machine meets all of them:

- *convolutions*: 3x3, forward and backward, channels_last, of 64, 128 and 256 channels, in the precision of the training. Their rate is
  what the machine can do.
- *trainer*: the training service with all that it does: drawing, degrading, forward, backward, clipping, optimizers, moving average, log.
- *bare*: draw, forward, backward, AdamW step, and nothing else.

Printed are the trainer's rate of useful operations as a share of the convolution rate, and its speed as a multiple of the bare loop's.
Operations are those of the loss's forward pass, counted by torch, three times: backward counts twice.
With --loader there is also a bare loop fed by a DataLoader that crops and degrades sample by sample in other processes.

On a CPU the time is the processor time of this process, which other programs do not lengthen. On a busy machine, set OMP_NUM_THREADS=1.
Floors for the share (bfloat16): U-Net 45 %, codec 30 %, finder 45 %; goals: 70, 50, 70 %. Goal for trainer / bare: 1.0.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from aedesk.core.cancel import CancelToken
from aedesk.core.events import StepDone
from aedesk.core.specs import TrainSpec
from aedesk.data.examples.example import Example
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.recipes.recipe import parse
from aedesk.training.run.state import Run

STEPS = 100_000
CASES: dict[str, dict[str, Any]] = {
    "unet": {
        "purpose": "denoise",
        "model": {"family": "unet", "widths": [32, 64, 128, 256], "blocks": [2, 2, 2, 2], "unshuffle": 1},
        "degradation": {"chain": "gaussian", "sigma": [0, 55], "gray": 0.1},
        "stage": [{"steps": STEPS, "patch_px": 96, "batch": 16}],
    },
    "unet-photo": {
        "purpose": "denoise",
        "model": {"family": "unet", "widths": [64, 128, 256], "blocks": [2, 2, 2], "unshuffle": 2, "estimate": "local"},
        "degradation": {"chain": "photo"},
        "stage": [{"steps": STEPS, "patch_px": 96, "batch": 16}],
    },
    "codec": {
        "purpose": "codec",
        "model": {"family": "codec"},
        "stage": [{"steps": STEPS, "patch_px": 128, "batch": 16}],
    },
    "finder": {
        "purpose": "erase",
        "model": {"family": "unblending"},
        "degradation": {"chain": "marks"},
        "stage": [{"steps": STEPS, "patch_px": 224, "batch": 6, "loss": "find"}],
    },
    "autoencoder": {
        "purpose": "autoencoder",
        "model": {"family": "convolutional"},
        "stage": [{"steps": STEPS, "patch_px": 32, "batch": 32, "loss": "mse"}],
    },
}
TURN_OPERATIONS = 3e11
"""About the length of a turn."""
CONVOLUTIONS = ((64, 48), (128, 24), (256, 12))
"""Channels and edge in pixels of the convolutions that the rate is measured with, in batches of 16."""


class Crops(Dataset[Example]):
    """One degraded crop per index."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __len__(self) -> int:
        return 1_000_000

    def __getitem__(self, index: int) -> Example:
        return self.run.examples.draw(1, self.run.stages[0].patch_px, index)


def collate(samples: list[Example]) -> Example:
    parts = {field.name: [getattr(sample, field.name) for sample in samples] for field in fields(Example)}
    return Example(**{name: None if values[0] is None else torch.cat(values) for name, values in parts.items()})


def moved(example: Example, device: torch.device) -> Example:
    return Example(**{name: None if value is None else value.to(device) for name, value in vars(example).items()})


def trainer(recipe: dict[str, Any], folder: Path, device: str, turn: int) -> Iterator[None]:
    """Yields after every ``turn`` steps of the training service."""
    table = {**recipe, "train": {**recipe["train"], "log_every": turn, "preview_every": 0, "validate_every": 10 * STEPS}}
    for event in fit(TrainSpec(table, str(folder), device=device), CancelToken()):
        if isinstance(event, StepDone):
            yield


def bare(run: Run, turn: int, *, loader: bool) -> Iterator[None]:
    """Yields after every ``turn`` steps of a loop that only trains."""
    stage, optimizer = run.stages[0], torch.optim.AdamW(run.network.parameters(), lr=1e-4)

    def drawn() -> Iterator[Example]:
        step = 0
        while True:
            yield run.examples.draw(stage.count, stage.patch_px, seed_of(run, step))
            step += 1

    workers = 2 if run.device.type == "cpu" else 8
    source: Any = drawn()
    if loader:
        source = DataLoader(Crops(run), stage.count, collate_fn=collate, num_workers=workers, persistent_workers=True)
    for number, example in enumerate(source, 1):
        loss, _ = run.loss_of(run.objective, moved(example, run.device), stage, number)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if number % turn == 0:
            yield


def seed_of(run: Run, step: int) -> int:
    """The seed with which the trainer draws the batch of a step."""
    return run.recipe.seed * 1_000_003 + step


def convolutions(device: torch.device, dtype: torch.dtype, passes: int) -> Iterator[None]:
    """Yields after every ``passes`` over all ``CONVOLUTIONS``, forward and backward."""
    layers = []
    for channels, edge in CONVOLUTIONS:
        x, y = (torch.randn(16, channels, edge, edge, device=device, dtype=dtype) for _ in range(2))
        weight = torch.randn(channels, channels, 3, 3, device=device, dtype=dtype) / (3 * channels**0.5)
        layers.append([each.to(memory_format=torch.channels_last) for each in (x, weight, y)])
    while True:
        for _ in range(passes):
            for x, weight, gradient in layers:
                x.requires_grad_(), weight.requires_grad_()
                torch.autograd.grad(F.conv2d(x, weight, padding=1), (x, weight), gradient)
        yield


def convolution_operations() -> float:
    """Of one pass, in floating-point operations."""
    return sum(3 * 2 * 9 * channels**2 * 16 * edge**2 for channels, edge in CONVOLUTIONS)


class Operations:
    """Counts the useful floating-point operations of training steps.

    Counted once and scaled by the pixels of each batch, because some examples come in several sizes.
    """

    def __init__(self, run: Run) -> None:
        self._run, self._stage = run, run.stages[0]
        example = self._draw(0)
        with FlopCounterMode(display=False) as counter:
            run.loss_of(run.objective, example, self._stage, 0)
        self._per_px = 3 * counter.get_total_flops() / example.target.numel()

    def of_steps(self, first: int, count: int) -> float:
        return sum(self._per_px * self._draw(step).target.numel() for step in range(first, first + count))

    def _draw(self, step: int) -> Example:
        return self._run.examples.draw(self._stage.count, self._stage.patch_px, seed_of(self._run, step))


def seconds(work: Callable[[], None], device: torch.device) -> float:
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    begun = clock()
    work()
    if device.type != "cpu":
        torch.cuda.synchronize()
    return clock() - begun


def measure(name: str, recipe: dict[str, Any], folder: Path, rounds: int, device: str, loader: bool) -> None:
    run = Run(parse(recipe), Ranks(torch.device(device)))
    run.load_data(CancelToken())
    operations = Operations(run)
    turn = max(1, round(TURN_OPERATIONS / max(operations.of_steps(0, 1), 1e9)))
    passes = max(1, round(TURN_OPERATIONS / convolution_operations()))
    loops = {
        "convolutions": convolutions(run.device, run.dtype, passes),
        "trainer": trainer(recipe, folder, device, turn),
        "bare": bare(run, turn, loader=False),
    }
    if loader:
        loops["DataLoader"] = bare(run, turn, loader=True)
    times: dict[str, list[float]] = {each: [] for each in loops}
    for each in loops.values():
        next(each)  # starts, and warms up
    for round_ in range(rounds):
        for each in list(loops) if round_ % 2 else list(reversed(loops)):
            times[each].append(seconds(lambda loop=loops[each]: next(loop), run.device))  # type: ignore[misc]
    useful = [operations.of_steps(turn * (1 + round_), turn) for round_ in range(rounds)]
    done = {"convolutions": [passes * convolution_operations()] * rounds}
    rates = {each: statistics.median(a / b for a, b in zip(done.get(each, useful), times[each], strict=True)) for each in loops}
    share = rates["trainer"] / rates["convolutions"]
    ratio = statistics.median(b / t for b, t in zip(times["bare"], times["trainer"], strict=True))
    step_s = statistics.median(times["trainer"]) / turn
    told = ", ".join(f"{each} {rate / 1e9:.0f} GFLOP/s" for each, rate in rates.items())
    print(
        f"{name} ({device}, {str(run.dtype)[6:]}): share {share:.0%}, {told}; {step_s:.3f} s a step; trainer / bare {ratio:.2f}", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", choices=CASES, help="measure one network")
    parser.add_argument("--loader", action="store_true", help="also the loop fed by a DataLoader")
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        for number in range(24):
            coarse = Image.fromarray(random.integers(0, 256, (48, 64, 3), np.uint8))
            coarse.resize((384, 288), Image.Resampling.BICUBIC).save(pictures / f"{number}.png")
        for name, case in CASES.items():
            if arguments.only in (None, name):
                train = {"muon_lr": 1e-3, "ema": 0.998}
                recipe = {"name": "bench", "data": {"folder": str(pictures), "held_out": 2}, "train": train, **case}
                measure(name, recipe, Path(folder) / name, arguments.rounds, arguments.device, arguments.loader)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
