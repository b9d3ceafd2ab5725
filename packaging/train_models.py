"""Trains the models that ship, one after the other, for as long as it is given.

    python packaging/train_models.py --data DIR --logos DIR --runs DIR --hours H [--only NAME] [--install]
    python packaging/train_models.py --data DIR --logos DIR --runs DIR --minutes M [--only NAME] [--install]

Each model has a folder in --runs: ``NAME/01``, ``NAME/02``, ... are its runs, and ``NAME/NAME.safetensors``, ``.toml`` and ``.md`` its best
weights so far with recipe and card. A run that was stopped, or killed, goes on from its checkpoint. A new one begins with the best weights
so far, or with the committed ones, and trains the steps of the recipe that these have not had; where they have had all, it repeats
the recipe from its longest stage on. Weights count as better if their validation loss on the held-out pictures is lower than that of the
weights which the run began with. ``--install`` copies better ones to ``resources/models``.

``--hours`` gives each model what the ones before have left. ``--minutes``, for a rented GPU, divides the time evenly and scales the stages
of new runs so that each schedule comes to its end: the speed is measured first. Pictures then lie in the device's memory, and nothing
but the end of a run is validated.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
import torch

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import AedeskError, DeviceError, ModelError
from aedesk.core.events import Finished, Log, StepDone
from aedesk.core.resources import resource_path
from aedesk.core.specs import TrainSpec
from aedesk.models.files.card import read_card
from aedesk.models.files.model_file import copy_with_card, read_model_file
from aedesk.models.inference.devices import resolve_device
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.recipes.recipe import load, parse
from aedesk.training.run.batch_size import choose_batches
from aedesk.training.run.card import first_steps, merged, page
from aedesk.training.run.folder import RunFolder, read_recipe
from aedesk.training.run.state import Run
from aedesk.training.run.validation import validate

QUEUE = ("denoise-photo", "erase-mark", "codec-photo", "denoise-gaussian", "inpaint-photo")
"""The models in the order of their training."""

FILES = (".safetensors", ".toml", ".md")
BASELINE = "baseline.json"
"""In the folder of a run: the validation of the weights that its result is compared with."""
ENDED = "ended"
"""A file in the folder of a run that has done all its steps."""
WARM_UP_STEPS, MEASURED_STEPS = 2, 3
MAX_BYTES = 10 << 20
MARGIN = 0.85
"""Part of the minutes that is planned for training steps; the rest is for loading and validating."""


class Deadline:
    """A cancel event that is set at a time (of ``time.monotonic``)."""

    def __init__(self, at: float) -> None:
        self.at = at

    @property
    def left_s(self) -> float:
        return self.at - time.monotonic()

    def is_set(self) -> bool:
        return self.left_s <= 0


@dataclass(frozen=True)
class Result:
    """What came of a model: validation losses before (None if there was nothing to compare with) and after (None without a validation)."""

    name: str
    before: float | None
    after: float | None
    card: Mapping[str, Any]

    @property
    def better(self) -> bool:
        return self.after is not None and (self.before is None or self.after < self.before)


class Trainee:
    """One model of the queue and its folder of runs.

    Args:
        models: the folder of the committed recipes and weights.
        places: the folders of pictures and logos.
    """

    def __init__(self, name: str, models: Path, runs: Path, places: Mapping[str, str], device: str) -> None:
        self.name, self.models, self.folder, self.places, self.device = name, models, runs / name, places, device

    def train(self, deadline: Deadline, *, fits_in: bool) -> Result:
        """Go on with the last run, or begin a new one, until it ends or the time is over.

        Args:
            fits_in: scale a new run so that it ends in time.
        """
        run = self._run_folder()
        resume = (run / "run.toml").exists()
        table = read_recipe(run) if resume else self._plan(int(run.name))
        table["data"] = {**table.get("data", {}), **self._data(table)}
        if not resume:
            self._write_baseline(run, table)
        if not resume and fits_in:
            table["train"] = {**table.get("train", {}), "checkpoint_s": 3600.0, "preview_every": 0, "validate_every": 1_000_000}
            table["stage"] = scaled(table, self.device, deadline)
        try:
            for event in fit(TrainSpec(table, str(run), resume, self.device), CancelToken(deadline)):
                self._tell(event)
            (run / ENDED).touch()
        except JobCancelled:
            print(f"{self.name}: stopped, because the time is over.", flush=True)
        return self._collect(run)

    def best(self) -> Path | None:
        """The weights that a new run begins with; None if there are none yet."""
        for folder in (self.folder, self.models):
            if (path := folder / f"{self.name}.safetensors").is_file():
                return path
        return None

    def install(self) -> None:
        """Copy the best weights, their recipe and their card to the committed models. Raises :class:`ModelError` if they are too large."""
        size = (self.folder / f"{self.name}.safetensors").stat().st_size
        if size >= MAX_BYTES:
            raise ModelError(
                f"{self.name} has {size / 2**20:.1f} MiB.", "Weights that ship are smaller than 10 MiB: train a smaller network."
            )
        for suffix in FILES:
            shutil.copyfile(self.folder / f"{self.name}{suffix}", self.models / f"{self.name}{suffix}")

    def _run_folder(self) -> Path:
        """The folder of the last run if it has not ended, or of a new one."""
        found = sorted(path for path in self.folder.glob("[0-9][0-9]*") if path.is_dir())
        if found and not (found[-1] / ENDED).exists():
            return found[-1]
        return self.folder / f"{len(found) + 1:02}"

    def _plan(self, number: int) -> dict[str, Any]:
        """The recipe of the new run of that number, without the places of its data."""
        table, weights = load(self.models / f"{self.name}.toml"), self.best()
        if weights is not None and _same_network(card := read_card(weights), table):
            # Other patches than the runs before have seen, those which were not kept included.
            seed = table.get("seed", 0) + 1000 * len(card["training"].get("runs", (card,))) + number
            table |= {"start": str(weights), "seed": seed, "stage": stages_left(card, table["stage"])}
        return table

    def _data(self, table: Mapping[str, Any]) -> dict[str, str]:
        marks = table.get("degradation", {}).get("chain") == "marks"
        return {"folder": self.places["data"]} | ({"logos": self.places["logos"]} if marks else {})

    def _write_baseline(self, run: Path, table: dict[str, Any]) -> None:
        """Validate the best weights so far as the new run will validate its own, and remember their card."""
        weights = self.best()
        card = read_card(weights) if weights is not None else {}
        scores = {}
        if card and card["family"] == table["model"]["family"]:
            scores = _validation({**table, "model": {"family": card["family"], **card["architecture"]}, "start": str(weights)}, self.device)
        run.mkdir(parents=True, exist_ok=True)
        (run / BASELINE).write_text(json.dumps({"scores": scores, "card": card}), encoding="utf-8")

    def _collect(self, run: Path) -> Result:
        """Keep the run's best weights, with a card of all runs that led to them, if they are better than those before."""
        baseline = json.loads((run / BASELINE).read_text(encoding="utf-8"))
        before, folder = baseline["scores"].get("val_loss"), RunFolder(run)
        if not folder.best.exists():
            return Result(self.name, before, None, read_card(folder.last) if folder.last.exists() else {})
        card = read_card(folder.best)
        if card["recipe"].get("start") == self.name:
            card = merged(baseline["card"], card)
        result = Result(self.name, before, card["metrics"]["val_loss"], card)
        if result.better:
            self._keep(folder.best, card)
        return result

    def _keep(self, weights: Path, card: dict[str, Any]) -> None:
        """Write weights, recipe and page of the model. The recipe is the committed one with the stages that the weights have had."""
        head, _, _ = (self.models / f"{self.name}.toml").read_text(encoding="utf-8").partition("[[stage]]")
        stages = card["recipe"]["stage"]
        model, recipe, words = (self.folder / f"{self.name}{suffix}" for suffix in FILES)
        copy_with_card(weights, model, {**card, "recipe": {**tomllib.loads(head), "stage": stages}}, overwrite=True)
        recipe.write_text(head + "\n".join(f"[[stage]]\n{tomli_w.dumps(stage)}" for stage in stages), encoding="utf-8")
        words.write_text(page(read_model_file(model)), encoding="utf-8")

    def _tell(self, event: object) -> None:
        if isinstance(event, Log):
            print(f"{self.name}: {event.text}", flush=True)
        elif isinstance(event, StepDone) and "val_loss" in event.metrics:
            print(f"{self.name}: step {event.step}, validation loss {event.metrics['val_loss']:.5g}", flush=True)
        elif isinstance(event, Finished):
            print(f"{self.name}: {event.summary}", flush=True)


def _same_network(card: Mapping[str, Any], table: Mapping[str, Any]) -> bool:
    """Whether weights with this card fit the recipe's network."""
    return {"family": card["family"], **card["architecture"]} == table["model"]


def stages_left(card: Mapping[str, Any], stages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The recipe's stages that weights with this card have not had; if they have had all, those from the longest on.

    All stages if the weights were trained with others.
    """
    steps = card["training"]["steps"]
    had, planned = first_steps(card["recipe"]["stage"], steps), first_steps(stages, steps)
    if had[: len(planned)] != planned:
        return stages
    left = []
    for stage in stages:
        done = min(steps, stage["steps"])
        steps -= done
        left.append({**stage, "steps": stage["steps"] - done})
    longest = max(range(len(stages)), key=lambda index: stages[index]["steps"])
    return [stage for stage in left if stage["steps"]] or stages[longest:]


def _validation(table: dict[str, Any], device: str) -> dict[str, float]:
    """Validates the weights with which a recipe starts; empty if it holds out no pictures."""
    run = Run(parse(table), Ranks(resolve_device(device)))
    run.load_data(CancelToken())
    if not run.validation:
        return {}
    return validate(type(run.objective), run.settle(), run.validation, run.recipe.measure, run.dtype, CancelToken())


def scaled(table: dict[str, Any], device: str, deadline: Deadline) -> list[dict[str, Any]]:
    """The recipe's stages, longer or shorter by one factor, so that they end in time: a few steps of each are timed.

    Raises :class:`DeviceError` if the training pictures do not fit into the device's memory.
    """
    run = Run(parse(table), Ranks(resolve_device(device)))
    run.load_data(CancelToken())
    run.set_batches(choose_batches(run))
    first, total_s = 0, 0.0
    for stage in run.stages:
        for count in (WARM_UP_STEPS, MEASURED_STEPS):
            begun = _now(run.device)
            for _ in range(count):
                run.step = first
                run.train_step()
        total_s += (_now(run.device) - begun) / MEASURED_STEPS * stage.steps
        first += stage.steps
    if not run.examples.resident:
        raise DeviceError(f"The training pictures do not fit into the memory of {run.device}.", "Use fewer pictures ([data] limit).")
    factor = MARGIN * max(1.0, deadline.left_s) / total_s
    print(f"{table['name']}: {first:,} steps would take {total_s / 60:.1f} minutes here; {factor:.3g} times as many are done.", flush=True)
    return [{**stage, "steps": max(1, round(factor * stage["steps"]))} for stage in table["stage"]]


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


def report(results: list[Result]) -> str:
    """A table of what each model has become."""
    lines = ["| model | loss before | loss after | better | steps | hours |", "|---|---|---|---|---|---|"]
    for result in results:
        before, after = ("-" if loss is None else f"{loss:.5g}" for loss in (result.before, result.after))
        training = result.card["training"] if result.card else {"steps": 0, "seconds": 0}
        hours = f"{training['seconds'] / 3600:.1f}"
        lines.append(f"| {result.name} | {before} | {after} | {'yes' if result.better else 'no'} | {training['steps']:,} | {hours} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Train the models that ship.")
    parser.add_argument("--data", required=True, help="folder of training pictures")
    parser.add_argument("--logos", default="", help="folder of logos (PNG with transparency), for erase-mark")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--only", action="append", choices=QUEUE, help="train this model only; may be repeated")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--models", type=Path, default=resource_path("models"), help="folder of committed recipes and weights")
    parser.add_argument("--install", action="store_true", help="copy better weights, with recipe and card, to --models")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--hours", type=float, help="how long to train")
    length.add_argument("--minutes", type=float, help="how long to train, with schedules that end in this time")
    chosen = parser.parse_args(arguments)
    places = {"data": chosen.data, "logos": chosen.logos}
    end = time.monotonic() + (chosen.hours * 3600 if chosen.hours is not None else chosen.minutes * 60)
    names = [name for name in QUEUE if name in (chosen.only or QUEUE)]
    results, failed = [], False
    for number, name in enumerate(names):
        left_s = end - time.monotonic()
        if left_s <= 0:
            break
        share_s = left_s / (len(names) - number) if chosen.minutes is not None else left_s
        trainee = Trainee(name, chosen.models, chosen.runs, places, chosen.device)
        try:
            results.append(trainee.train(Deadline(time.monotonic() + share_s), fits_in=chosen.minutes is not None))
            if chosen.install and results[-1].better:
                trainee.install()
        except AedeskError as error:
            print(f"{name}: {error.message} {error.hint}", file=sys.stderr, flush=True)
            failed = True
    print(report(results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
