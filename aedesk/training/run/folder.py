"""The folder of one run: recipe, log, checkpoint, weights, previews, card. Every file but the log is written whole or not at all.

::

    run.toml              the recipe as used; what later calls changed in it is in its table history
    metrics.jsonl         one line of figures per logged step and per validation; no wall-clock time, so that a run that was
                          stopped and resumed leaves the same bytes as one that never was
    checkpoint.pt         everything needed to go on
    best.safetensors      the weights of the best validation
    last.safetensors      the weights of the last checkpoint
    previews/000250.png   what the network made of the fixed validation pictures
    card.md               what this model is, in words
    tensorboard/          event files, on request
    run.lock              while a process trains here
"""

from __future__ import annotations

import errno
import io
import json
import os
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch
from torch import Tensor

from aedesk.core.documents import parse_json, parse_toml
from aedesk.core.errors import PictureError, SpecError, TrainingError
from aedesk.core.locks import FolderLock
from aedesk.imaging.atomic import replacing
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.models.files.checkpoint import save_model
from aedesk.training.recipes.change import changed_keys, check_change
from aedesk.training.recipes.recipe import HISTORY, parse

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CHECKPOINT_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "step": int,
    "looked": int,
    "seconds": (int, float),
    "batches": list,
    "standing": dict,
    "scores": dict,
    "network": dict,
    "average": dict,
    "optimizers": list,
    "scaler": dict,
}


class RunFolder:
    """Reads and writes the folder of one run.

    A checkpoint holds tensors and plain values only and is read with torch's ``weights_only``. Whatever cannot be written becomes a
    :class:`TrainingError` that says what to do.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = FolderLock("run.lock")

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def best(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        return self.path / "last.safetensors"

    @property
    def log_file(self) -> Path:
        return self.path / "metrics.jsonl"

    def _take_lock(self) -> None:
        """Keep other processes out until ``unlock``, or until this one ends in any way. Raises :class:`TrainingError` if one is there."""
        with self._saying():
            self.path.mkdir(parents=True, exist_ok=True)
            holder = self._lock.take(self.path)
        if holder is not None:
            who = f"Process {holder}" if holder else "Another process"
            raise TrainingError(f"{who} is training in {self.path}.", "Wait for it to end, stop it, or choose another folder.")

    def unlock(self) -> None:
        """Let other processes in again."""
        self._lock.release()

    def begin(self, recipe: Mapping[str, Any]) -> None:
        """Start a new run and lock the folder. Raises :class:`TrainingError` if there is a run already, or a process that trains it."""
        if self.checkpoint.exists():
            raise TrainingError(f"{self.path} holds a run already.", "Go on with it by --resume, or choose another folder.")
        try:
            text = tomli_w.dumps(recipe)
        except TypeError as error:
            raise SpecError(f"The recipe cannot be written as TOML: {error}.", "Use plain numbers, texts, lists and tables.") from error
        self._take_lock()
        with self._saying():
            _replace(self.path / "run.toml", text.encode())
            self.log_file.unlink(missing_ok=True)

    def resume(self, recipe: Mapping[str, Any]) -> dict[str, Any] | None:
        """Lock the folder and return the last checkpoint; None if the run was stopped before its first.

        What ``recipe`` changes is written into ``run.toml``, with the step at which it changed in the table ``history``.

        Raises :class:`TrainingError` if there is no run, the recipe cannot go on with it, another process trains it, or the checkpoint is
        damaged.
        """
        before = read_recipe(self.path)
        try:
            parse(before)
        except SpecError as error:
            raise TrainingError(f"{self.path / 'run.toml'} is damaged: {error.message}", error.hint) from error
        self._take_lock()
        state = self._read_checkpoint() if self.checkpoint.exists() else None
        step = 0 if state is None else state["step"]
        check_change(before, recipe, step, self.path)
        if changes := changed_keys(before, recipe):
            kept = {**recipe, HISTORY: [*_table_of(self.path).get(HISTORY, []), {"step": step, "changes": changes}]}
            with self._saying():
                _replace(self.path / "run.toml", tomli_w.dumps(kept).encode())
        self._drop_metrics_after(step)
        return state

    def _read_checkpoint(self) -> dict[str, Any]:
        """Raises :class:`TrainingError` naming the file and what is wrong with it."""
        hint = "Start the run again in another folder."
        try:
            state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except Exception as error:  # a damaged checkpoint fails in any way
            raise TrainingError(f"{self.checkpoint} is damaged: {type(error).__name__}: {error}", hint) from error
        if not isinstance(state, dict):
            raise TrainingError(f"{self.checkpoint} holds no checkpoint but a {type(state).__name__}.", hint)
        for key, kind in CHECKPOINT_KEYS.items():
            if not isinstance(state.get(key), kind) or (key == "step" and state[key] < 0):
                what = "is missing" if key not in state else f"is {reprlib.repr(state[key])}"
                raise TrainingError(f"{self.checkpoint} is damaged: {key} {what}.", hint)
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        """Write the checkpoint, after the figures that lead up to it have reached the disk."""
        data = io.BytesIO()
        torch.save(dict(state), data)
        with self._saying():
            if self.log_file.exists():
                with self.log_file.open("ab") as file:
                    os.fsync(file.fileno())
            _replace(self.checkpoint, data.getbuffer())

    def save_weights(self, path: Path, weights: Mapping[str, Tensor], card: Mapping[str, Any]) -> None:
        """Write a model file, ``self.best`` or ``self.last``."""
        with self._saying():
            save_model(path, weights, card)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        with self._saying(), self.log_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **metrics}) + "\n")

    def preview(self, step: int, sheet: np.ndarray) -> None:
        """Write the (H, W, 3) uint8 picture of a step."""
        with self._saying():
            (self.path / "previews").mkdir(exist_ok=True)
            write(Picture(sheet), self.path / "previews" / f"{step:06}.png", overwrite=True)

    def describe(self, text: str) -> None:
        with self._saying():
            _replace(self.path / "card.md", text.encode())

    @contextmanager
    def _saying(self) -> Iterator[None]:
        """Turn what the system refuses into an error that says what to do. What was written before stays whole."""
        try:
            yield
        except (OSError, PictureError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            number = cause.errno if isinstance(cause, OSError) else None
            reason = (cause.strerror if isinstance(cause, OSError) else None) or str(error)
            hint = "Choose a folder that you may write to."
            if number in FULL:
                reason = f"the disk is full ({reason})"
                hint = "Free some space and go on with --resume: the last checkpoint is whole."
            raise TrainingError(f"The run in {self.path} cannot be saved: {reason}.", hint) from error

    def _drop_metrics_after(self, step: int) -> None:
        # Steps since the checkpoint are done again; a line cut short by a kill is dropped too.
        kept = []
        for line in self.log_file.read_text(encoding="utf-8", errors="replace").splitlines() if self.log_file.exists() else []:
            try:
                if parse_json(line)["step"] <= step:
                    kept.append(line)
            except (ValueError, KeyError, TypeError):
                continue
        with self._saying():
            _replace(self.log_file, "".join(f"{line}\n" for line in kept).encode())


def read_recipe(path: Path | str) -> dict[str, Any]:
    """The recipe of the run in a folder, without its history. Raises :class:`TrainingError` if there is none."""
    return {key: value for key, value in _table_of(path).items() if key != HISTORY}


def _table_of(folder: Path | str) -> dict[str, Any]:
    path = Path(folder) / "run.toml"
    try:
        return parse_toml(path.read_bytes())
    except OSError as error:
        raise TrainingError(f"{folder} holds no run.", "Start one without --resume.") from error
    except ValueError as error:
        raise TrainingError(f"{path} is damaged: {error}.", "Mend it, or start a run in another folder.") from error


def _replace(path: Path, data: bytes | memoryview) -> None:
    with replacing(path, overwrite=True) as file:
        file.write(data)
