"""``aedesk train``: train a model by a recipe."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from aedesk.cli.console import note, say
from aedesk.cli.drive import drive, interrupts, report
from aedesk.cli.values import device
from aedesk.core.documents import parse_toml
from aedesk.core.errors import SpecError
from aedesk.core.events import Cancelled, Event, Failed, Finished, Log, StepDone
from aedesk.core.specs import TrainSpec

NAME = "train"
HELP = "Train a model by a recipe."
BAD_USAGE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", nargs="?", metavar="RUN.toml", help="a recipe file; or use --model")
    parser.add_argument("--model", metavar="NAME", help="use a recipe that comes with the program, such as convolutional or denoise-photo")
    parser.add_argument("--data", metavar="DIR", help="folder of pictures to learn from (replaces the recipe's)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override a recipe key with a TOML value, e.g. train.lr=1e-4 or stage.0.steps=500",
    )
    parser.add_argument("-o", "--out", required=True, metavar="RUNDIR", help="the run's folder: log, checkpoint, weights")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint (then the recipe may be left out)")
    parser.add_argument("--device", type=device, default="auto", metavar="auto|cpu|cuda:N", help="where to compute (default auto)")


def run(args: argparse.Namespace) -> int:
    try:
        recipe = _recipe(args)
    except SpecError:
        if os.environ.get("LOCAL_RANK", "0") != "0":
            return BAD_USAGE  # said once on this machine
        raise
    spec = TrainSpec(recipe=recipe, run_dir=args.out, resume=args.resume, device=args.device)
    alone, shown = "RANK" not in os.environ, _Shown()
    with interrupts() as stop:
        quiet = not alone and os.environ["RANK"] != "0"  # torchrun has started several: the first one speaks
        end = drive(spec, title=str(recipe.get("name", "train")), stop=stop, on_event=shown, quiet=quiet)
    if isinstance(end, Failed) and end.kind == "ToldElsewhere":
        return 1
    if isinstance(end, Finished):
        if not quiet:
            say(f"{end.result}: {end.summary}".rstrip(": "))
        return 0
    if quiet and isinstance(end, Cancelled):
        return stop.code
    code = report(end, stop)
    if isinstance(end, Cancelled) and shown.begun:
        note(f"Nothing is lost: checkpoint.pt and last.safetensors in {args.out} hold the run as it stood.")
        how = "aedesk train" if alone else "torchrun ... -m aedesk train"
        note(f"Go on with: {how} -o {args.out} --resume")
    return code


def _recipe(args: argparse.Namespace) -> dict[str, Any]:
    """The recipe with what the command line changes in it. Raises :class:`SpecError`."""
    recipe = _read_recipe(args)
    if args.data is not None:
        override(recipe, "data.folder", args.data)
    for assignment in args.set:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise SpecError(f"--set {assignment} is not KEY=VALUE.", "For example --set train.lr=1e-4.")
        override(recipe, key.strip(), toml_value(text.strip()))
    return recipe


def _read_recipe(args: argparse.Namespace) -> dict[str, Any]:
    from aedesk.training.recipes import recipe as recipes

    if args.recipe and args.model:
        raise SpecError("There are a recipe and a --model.", "Give one of them.")
    if args.recipe:
        return recipes.load(args.recipe)
    if args.model:
        return recipes.load(recipes.find_recipe(args.model))
    before = Path(args.out) / "run.toml"
    if args.resume and before.is_file():
        return recipes.load(before)
    raise SpecError("There is no recipe.", "Give a recipe file, or --data DIR --model NAME.")


def toml_value(text: str) -> Any:
    """A TOML value; text that is none stands for itself, so that names need no quotes."""
    try:
        return parse_toml(f"value = {text}".encode(errors="surrogateescape"))["value"]
    except ValueError:
        return text


def override(recipe: dict[str, Any], key: str, value: Any) -> None:
    """Set ``recipe["a"]["b"]`` for the key "a.b"; a number in it picks one of several tables ("stage.0.steps").

    Raises:
        SpecError: a part of the key leads nowhere.
    """
    *tables, last = key.split(".")
    place: Any = recipe
    for part in tables:
        if isinstance(place, list) and part.isdecimal() and int(part) < len(place):
            place = place[int(part)]
        elif isinstance(place, dict):
            place = place.setdefault(part, {})
        else:
            raise SpecError(f"The recipe has no {key}.", "See the recipe for its keys.")
    if not isinstance(place, dict):
        raise SpecError(f"The recipe has no {key}.", "See the recipe for its keys.")
    place[last] = value


class _Shown:
    """Shows the events of a run; ``begun`` once it has its folder."""

    def __init__(self) -> None:
        self.begun = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Log):
            self.begun = True
            note(event.text)
        elif isinstance(event, StepDone) and "loss" not in event.metrics:  # a validation; the progress bar shows the losses
            note(f"step {event.step}: {', '.join(f'{name} {value:.4g}' for name, value in event.metrics.items())}")
