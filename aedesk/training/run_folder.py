"""The folder of one run: recipe, log, checkpoint, weights, previews, card. Every file but the log is written whole or not at all.

::

    run.toml              the recipe as used
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
import pickle
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch
from torch import Tensor

from aedesk.core.errors import PictureError, SpecError, TrainingError
from aedesk.core.locks import FolderLock
from aedesk.imaging.atomic import replacing
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.models.checkpoint import save_model

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BINDING = ("model", "degradation", "objective", "stage", "seed")
"""Tables of the recipe that a resumed run must share with the one it goes on with."""


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

        Raises :class:`TrainingError` if there is no run, it belongs to another recipe, another process trains it, or the checkpoint is
        damaged.
        """
        before = read_recipe(self.path)
        self._take_lock()
        for key in BINDING:
            if _bound(before.get(key)) != _bound(recipe.get(key)):
                raise TrainingError(f"The run in {self.path} was started with another {key}.", "Resume it with its own recipe.")
        if not self.checkpoint.exists():
            self._drop_metrics_after(0)
            return None
        try:
            state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
            raise TrainingError(f"{self.checkpoint} is damaged: {error}", "Start the run again in another folder.") from error
        self._drop_metrics_after(state["step"])
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
        for line in self.log_file.read_text(encoding="utf-8").splitlines() if self.log_file.exists() else []:
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line)
            except (ValueError, KeyError, TypeError):
                continue
        with self._saying():
            _replace(self.log_file, "".join(f"{line}\n" for line in kept).encode())


def _bound(value: Any) -> Any:
    """A value of the recipe without the rates of its stages, which may be lowered in a run that has diverged."""
    return [{k: v for k, v in stage.items() if k != "lr"} for stage in value] if isinstance(value, list) else value


def read_recipe(path: Path | str) -> dict[str, Any]:
    """The recipe of the run in a folder. Raises :class:`TrainingError` if there is none."""
    try:
        return tomllib.loads((Path(path) / "run.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} holds no run.", "Start one without --resume.") from error


def _replace(path: Path, data: bytes | memoryview) -> None:
    with replacing(path, overwrite=True) as file:
        file.write(data)
