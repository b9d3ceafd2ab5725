"""``aedesk info``: what a picture, an .aed file, a model file or a run folder is."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aedesk.cli import reading
from aedesk.cli.console import print_json, say, table
from aedesk.cli.pictures import is_aed, read_aed_file
from aedesk.core.documents import parse_json, parse_toml
from aedesk.core.errors import AedeskError, ModelError

NAME = "info"
HELP = "Describe a picture, an .aed file, a model file or a run folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a picture, an .aed file, a model file or the folder of a training run")
    parser.add_argument("--network", action="store_true", help="of a model: also its operations per pixel and the size of its code")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    path = Path(args.file).expanduser()
    if path.is_dir():
        document = describe_run(path)
    elif path.suffix.lower() == ".safetensors":
        document = describe_model(path, network=args.network)
    elif is_aed(path):
        document = describe_aed(path)
    else:
        document = describe_picture(path)
    if args.json:
        print_json(document)
    else:
        say(table(_lines(document)))
    return 0


def describe_picture(path: Path) -> dict[str, Any]:
    return {"kind": "picture", **asdict(reading.probe(path)), "path": str(path)}


def describe_aed(path: Path) -> dict[str, Any]:
    """What the container says, and the name of the model that wrote it, None if that is not here; nothing is decoded."""
    from aedesk.formats.inspection import inspect
    from aedesk.models.files.identity import find_by_id

    found = inspect(read_aed_file(path))
    chunks = {chunk["kind"]: chunk["size_bytes"] for chunk in found.pop("chunks")}
    try:
        model = find_by_id(bytes.fromhex(found["model_id"])).stem
    except ModelError:
        model = None
    return {"kind": "aed", "path": str(path), "coding": found.pop("kind"), "model": model, **found, "chunks": chunks}


def describe_model(path: Path, *, network: bool = False) -> dict[str, Any]:
    """Returns the card of a model file, its size and, with ``network``, facts that need the network to be built, which loads torch."""
    from aedesk.models.files.model_file import read_model_file

    file = read_model_file(path)
    found = {"kind": "model", "path": str(path), "size_bytes": file.size_bytes, "parameters": file.parameters}
    if network:
        found["network"] = _network(file.card, file.parameters)
    return {**found, **file.card}


def _network(card: Mapping[str, Any], parameters: int) -> dict[str, Any]:
    """Operations per pixel, and the size of the code for the input that is named; no more is built than the file has weights for."""
    from aedesk.core.training_specs import DescribeSpec
    from aedesk.models.files.allocation import BUFFERS, AllocationLimit
    from aedesk.models.files.summary import summarise

    try:
        with AllocationLimit(parameters + BUFFERS):
            summary = summarise(DescribeSpec({**card["architecture"], "family": card["family"]}))
    except AedeskError as error:
        return {"problem": str(error)}
    network: dict[str, Any] = {"input": list(summary.input), "kmac_per_px": round(summary.macs_per_pixel / 1000, 3)}
    if summary.code:
        network |= {"code": list(summary.code), "input_per_code": round(summary.compression or 0, 3)}
    return network


def describe_run(path: Path) -> dict[str, Any]:
    """A run's recipe, how far it got, its latest figures and what lies in its folder."""
    try:
        recipe = parse_toml((path / "run.toml").read_bytes())
    except OSError as error:
        raise AedeskError(f"{path} is not the folder of a training run.", "It would hold a run.toml.") from error
    except ValueError as error:
        raise AedeskError(f"{path / 'run.toml'} is damaged: {error}.", "Correct it there.") from error
    stages = recipe.get("stage")
    counts = [stage.get("steps") if isinstance(stage, dict) else None for stage in stages] if isinstance(stages, list) else []
    steps = sum(count for count in counts if type(count) is int)
    if not steps or None in counts:
        raise AedeskError(f"{path / 'run.toml'} is not a recipe: a stage has no steps.", "Correct it.")
    latest: dict[str, float] = {}
    best: float | None = None
    for line in _lines_of(path / "metrics.jsonl"):
        latest.update(line)
        if (score := line.get("val_psnr")) is not None and (best is None or score > best):
            best = score
    step = int(latest.pop("step", 0))
    model = recipe.get("model")
    return {
        "kind": "run",
        "path": str(path),
        "name": recipe.get("name"),
        "family": model.get("family") if isinstance(model, dict) else None,
        "step": step,
        "steps": steps,
        "finished": step >= steps,
        "can_resume": (path / "checkpoint.pt").exists() and step < steps,
        "weights": [file.name for file in sorted(path.glob("*.safetensors"))],
        "previews": len(list((path / "previews").glob("*.png"))),
        "best_val_psnr": best,
        "latest": latest,
        "recipe": recipe,
    }


def _lines_of(path: Path) -> Iterator[dict[str, float]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):  # the last line of a run that was killed, or that is writing just now
            figures = parse_json(line)
            if isinstance(figures, dict):
                yield {key: value for key, value in figures.items() if type(value) in (int, float) and math.isfinite(value)}


def _lines(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", "-" if value is None else str(value)
