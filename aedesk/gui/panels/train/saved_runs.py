"""Reads training runs from their folders, without torch. All functions may be called on any thread."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aedesk.core.documents import parse_json
from aedesk.core.errors import AedeskError
from aedesk.gui.panels.train.training_session import Run
from aedesk.imaging.atomic import replacing
from aedesk.imaging.io import read
from aedesk.training.recipes.recipe import load

Curves = dict[str, tuple[list[float], list[float]]]
NEWEST = 15


@dataclass(frozen=True)
class SavedRun:
    """A run that was read from its folder: curves by name, last step, and latest contact sheet or None."""

    run: Run
    curves: Curves
    step: int
    sheet: Any = None

    @property
    def unfinished(self) -> bool:
        """Whether steps are missing."""
        return self.step < self.run.steps


def list_runs(folder: Path) -> list[Path]:
    """Returns the newest folders that contain a run, newest first."""
    try:
        found = [path for path in folder.iterdir() if (path / "run.toml").is_file()]
        return sorted(found, key=lambda path: (path / "run.toml").stat().st_mtime, reverse=True)[:NEWEST]
    except OSError:  # there is no run yet
        return []


def read_run(folder: Path) -> SavedRun:
    """Reads recipe, curves and latest contact sheet of a run. Raises SpecError if there is no recipe."""
    run = Run(load(folder / "run.toml"), folder)
    curves = read_curves(folder / "metrics.jsonl")
    steps = [x[-1] for x, _ in curves.values() if x]
    return SavedRun(run, curves, int(max(steps, default=0)), _newest_sheet(folder / "previews"))


def read_curves(path: Path) -> Curves:
    """Returns the curves of ``metrics.jsonl`` by name as (steps, values). A line that a crash has cut off is skipped."""
    curves: Curves = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return curves
    for line in lines:
        try:
            record = parse_json(line)
            step = float(record["step"])
            numbers = {name: float(value) for name, value in record.items() if name != "step" and isinstance(value, int | float)}
        except (ValueError, KeyError, TypeError, OverflowError):
            continue
        if not math.isfinite(step):
            continue
        for name, value in numbers.items():
            x, y = curves.setdefault(name, ([], []))
            x.append(step)
            y.append(value)
    return curves


def write_csv(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], path: Path) -> Path:
    """Writes one line per step and one column per metric; missing values stay empty. Raises AedeskError."""
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
    """Writes a file completely or not at all, replacing an existing one. Raises AedeskError."""
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
    except (OSError, AedeskError):  # a missing preview is not worth an error
        return None
