"""``aedesk info``: what a picture, a model file or a run folder is."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aedesk.cli.console import print_json, say, table
from aedesk.core.errors import AedeskError

NAME = "info"
HELP = "Describe a picture, a model file or a run folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a picture, a model file or the folder of a training run")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    path = Path(args.file).expanduser()
    if path.is_dir():
        document = describe_run(path)
    elif path.suffix.lower() == ".safetensors":
        document = describe_model(path)
    else:
        document = describe_picture(path)
    if args.json:
        print_json(document)
    else:
        say(table(_lines(document)))
    return 0


def describe_picture(path: Path) -> dict[str, Any]:
    from aedesk.imaging.io import probe

    return {"kind": "picture", **asdict(probe(path)), "path": str(path)}


def describe_model(path: Path) -> dict[str, Any]:
    from aedesk.models.card import read_card

    return {"kind": "model", "path": str(path), "size_bytes": path.stat().st_size if path.exists() else 0, **read_card(path)}


def describe_run(path: Path) -> dict[str, Any]:
    """A run's recipe, how far it got, its latest figures and what lies in its folder."""
    try:
        recipe = tomllib.loads((path / "run.toml").read_text(encoding="utf-8"))
        steps = sum(stage["steps"] for stage in recipe["stage"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AedeskError(f"{path} is not the folder of a training run.", "It would hold a run.toml.") from error
    latest: dict[str, float] = {}
    for line in _lines_of(path / "metrics.jsonl"):
        latest.update(line)
    step = int(latest.pop("step", 0))
    return {
        "kind": "run",
        "path": str(path),
        "name": recipe.get("name"),
        "step": step,
        "steps": steps,
        "finished": step >= steps,
        "can_resume": (path / "checkpoint.pt").exists(),
        "weights": [file.name for file in sorted(path.glob("*.safetensors"))],
        "latest": latest,
        "recipe": recipe,
    }


def _lines_of(path: Path) -> Iterator[dict[str, float]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of a run that was killed, or that is writing just now


def _lines(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", "-" if value is None else str(value)
