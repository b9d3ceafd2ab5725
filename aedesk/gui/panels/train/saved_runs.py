"""Runs on the disk: their figures and pictures, read without torch. Everything here runs in threads of the pool."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aedesk.core.errors import AedeskError
from aedesk.gui.panels.train.training_session import Run
from aedesk.imaging.atomic import replacing
from aedesk.imaging.io import read
from aedesk.training.recipe import load

Curves = dict[str, tuple[list[float], list[float]]]
NEWEST = 15


@dataclass(frozen=True)
class OldRun:
    """A run that was read from its folder: its figures by name, the step it stands at, its newest sheet or None."""

    run: Run
    curves: Curves
    step: int
    sheet: Any = None

    @property
    def unfinished(self) -> bool:
        return self.step < self.run.steps


def list_runs(folder: Path) -> list[Path]:
    """The newest folders with a run in them, newest first."""
    try:
        found = [path for path in folder.iterdir() if (path / "run.toml").is_file()]
        return sorted(found, key=lambda path: (path / "run.toml").stat().st_mtime, reverse=True)[:NEWEST]
    except OSError:  # there is none yet
        return []


def read_run(folder: Path) -> OldRun:
    """Recipe, figures and the newest sheet of a run. Raises SpecError if there is no recipe."""
    run = Run(load(folder / "run.toml"), folder)
    curves = read_curves(folder / "metrics.jsonl")
    steps = [x[-1] for x, _ in curves.values() if x]
    return OldRun(run, curves, int(max(steps, default=0)), _newest_sheet(folder / "previews"))


def read_curves(path: Path) -> Curves:
    """The figures of ``metrics.jsonl`` by name, as steps and values. A line that was cut off by a crash is passed over."""
    curves: Curves = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return curves
    for line in lines:
        try:
            record = json.loads(line)
            step = float(record["step"])
        except (ValueError, KeyError, TypeError):
            continue
        for name, value in record.items():
            if name != "step" and isinstance(value, int | float):
                x, y = curves.setdefault(name, ([], []))
                x.append(step)
                y.append(float(value))
    return curves


def write_csv(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], path: Path) -> Path:
    """One line per step, one column per figure; what was not measured at a step stays empty. Raises AedeskError."""
    by_step: dict[float, dict[str, float]] = {}
    for name, (steps, values) in curves.items():
        for step, value in zip(steps, values, strict=True):
            by_step.setdefault(float(step), {})[name] = float(value)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["step", *curves])
    for step in sorted(by_step):
        row = by_step[step]
        writer.writerow([f"{step:g}", *("" if math.isnan(row.get(name, math.nan)) else repr(row[name]) for name in curves)])
    return write_bytes(text.getvalue().encode(), path)


def write_bytes(data: bytes, path: Path) -> Path:
    """Write a file whole or not at all; the dialog has asked whether one that is there may be replaced. Raises AedeskError."""
    try:
        with replacing(path, overwrite=True) as file:
            file.write(data)
    except OSError as error:
        raise AedeskError(f"{path} cannot be written: {error.strerror or error}.", "Choose another folder.") from error
    return path


def _newest_sheet(folder: Path) -> Any:
    try:
        newest = max(folder.glob("*.png"), key=lambda path: path.name, default=None)
        return read(newest).pixels if newest is not None else None
    except (OSError, AedeskError):  # a picture to look at is not worth an error
        return None
