"""The training service: a recipe in, events out, a run folder with checkpoints and weights beside it."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import TrainingError
from aedesk.core.events import Event, Finished, Log, Progress, Started, StepDone
from aedesk.core.specs import TrainSpec
from aedesk.data.clean_examples import CleanExamples
from aedesk.data.collection import iterate_pictures, split
from aedesk.models.checkpoint import load_model, save_model
from aedesk.models.devices import choose_precision, precision_name, resolve_device
from aedesk.models.families import FAMILIES
from aedesk.models.zoo import find_model
from aedesk.training.objectives.registry import OBJECTIVES
from aedesk.training.optim import make_optimizers, rate
from aedesk.training.recipe import Recipe, Stage, parse
from aedesk.training.run_folder import RunFolder
from aedesk.training.validation import validate


class Run:
    """The state of one training run: network, moving average, optimizers, data and the step it stands at."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.device = recipe, device
        self.step, self.seconds = 0, 0.0
        network = FAMILIES[recipe.family].build(recipe.architecture)
        if recipe.start:
            network.load_state_dict(load_model(find_model(recipe.start))[0].state_dict())
        self.network: Any = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average: Any = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.objective = OBJECTIVES[recipe.family](self.network, recipe)
        train = recipe.train
        self.optimizers = make_optimizers(self.network, train.lr, train.muon_lr, train.weight_decay)
        self.dtype = choose_precision(train.precision, device)

    def load_data(self, cancel: CancelToken) -> None:
        names, pictures = [], []
        for name, pixels in iterate_pictures(Path(self.recipe.data.folder), self.recipe.data.limit):
            cancel.check()
            names.append(name)
            pictures.append(pixels)
        training, held_out = split(names, self.recipe.data.held_out)
        seen, unseen = ([pictures[i] for i in chosen] for chosen in (training, held_out))
        self.examples = CleanExamples(seen, unseen, self.recipe.chain, self.recipe.ranges, self.device)
        self.validation = self.examples.validation()

    def stage(self) -> Stage:
        done = 0
        for stage in self.recipe.stages:
            done += stage.steps
            if self.step < done:
                return stage
        return self.recipe.stages[-1]

    def train_step(self) -> dict[str, Tensor]:
        recipe, train, stage = self.recipe, self.recipe.train, self.stage()
        # Seeded by the step, so that a resumed run draws what the uninterrupted one would have drawn.
        seed = recipe.seed * 1_000_003 + self.step
        example = self.examples.draw(stage.batch, stage.patch_px, seed)
        generator = torch.Generator(self.device).manual_seed(seed + 1)
        factor = rate(self.step, recipe.steps, train.warmup_steps, train.final_lr_ratio)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = group["peak_lr"] * factor
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            loss, metrics = self.objective(example, stage, generator)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), train.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        decay = min(train.ema, self.step / (self.step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), 1 - decay)
        return {**metrics, "grad_norm": norm.detach()}

    def state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.step, self.seconds = state["step"], state["seconds"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)

    def card(self, metrics: dict[str, float]) -> dict[str, Any]:
        recipe = self.recipe
        # A card travels: it names data and models, and no path of this machine.
        table = {**recipe.table, "data": {k: v for k, v in dict(recipe.table.get("data", {})).items() if k != "folder"}}
        if recipe.start:
            table["start"] = Path(recipe.start).stem
        return {
            "name": recipe.name,
            "title": recipe.title or recipe.name,
            "description": recipe.description,
            "purpose": recipe.purpose,
            "licence": recipe.licence,
            "family": recipe.family,
            "architecture": dict(recipe.architecture),
            "recipe": table,
            "data": recipe.data_note,
            "training": {
                "steps": self.step,
                "seconds": round(self.seconds),
                "device": self.device.type,
                "precision": precision_name(self.dtype),
                "torch": torch.__version__,
            },
            "metrics": {key: round(value, 3) for key, value in metrics.items()},
        }


def fit(spec: TrainSpec, cancel: CancelToken) -> Iterator[Event]:
    """Train by a recipe. Finished carries the path of the weights file.

    A cancelled run writes its checkpoint first. Raises :class:`TrainingError` when the loss is no longer a number; the last
    checkpoint then still stands.
    """
    recipe = parse(spec.recipe)
    yield Started(f"Training {recipe.name}", recipe.steps, "steps")
    folder, run = RunFolder(spec.run_dir), Run(recipe, resolve_device(spec.device))
    if spec.resume:
        run.restore(folder.load(recipe.table))
        yield Log(f"Resumed at step {run.step} of {recipe.steps}.")
    else:
        folder.begin(recipe.table)
    run.load_data(cancel)
    yield Log(f"{run.examples.count} pictures; {run.device.type}, {precision_name(run.dtype)}.")
    weights = folder.path / f"{recipe.name}.safetensors"
    train, saved, begun, scores = recipe.train, time.monotonic(), time.monotonic(), {}
    earlier = run.seconds
    try:
        while run.step < recipe.steps:
            cancel.check()
            metrics = run.train_step()
            run.seconds = earlier + time.monotonic() - begun
            if run.step % train.log_every == 0 or run.step == recipe.steps:
                numbers = {name: float(value) for name, value in metrics.items()}
                if not numbers["loss"] < float("inf"):
                    raise TrainingError(f"The loss is {numbers['loss']} at step {run.step}.", "Lower the learning rate and resume.")
                folder.log(run.step, numbers)
                yield StepDone(run.step, numbers)
                yield Progress(run.step, recipe.steps, "steps", f"loss {numbers['loss']:.4f}")
            if run.validation and (run.step % train.validate_every == 0 or run.step == recipe.steps):
                scores = validate(type(run.objective), run.average, run.validation, run.dtype, cancel)
                folder.log(run.step, scores)
                yield StepDone(run.step, scores)
            if time.monotonic() - saved > train.checkpoint_s or run.step == recipe.steps:
                folder.save(run.state())
                save_model(weights, run.average.state_dict(), run.card(scores))
                saved = time.monotonic()
    except JobCancelled:
        folder.save(run.state())
        raise
    if not weights.exists():
        save_model(weights, run.average.state_dict(), run.card(scores))
    yield Finished(str(weights), ", ".join(f"{name} {value:.2f}" for name, value in scores.items()))
