"""The folder of one run: recipe, log, checkpoints, weights. Every file is written whole or not at all."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from aedesk.core.errors import TrainingError
from aedesk.imaging.atomic import replacing


class RunFolder:
    """``run.json`` (the recipe as used), ``metrics.jsonl``, ``checkpoint.pt``, ``NAME.safetensors``.

    A checkpoint holds tensors and plain values only and is read with torch's ``weights_only``.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    def begin(self, recipe: Mapping[str, Any]) -> None:
        """Start a new run. Raises :class:`TrainingError` if one lives here already."""
        if self.checkpoint.exists():
            raise TrainingError(f"{self.path} holds a run already.", "Go on with it by --resume, or choose another folder.")
        self.path.mkdir(parents=True, exist_ok=True)
        _replace(self.path / "run.json", json.dumps(recipe, indent=1).encode())
        (self.path / "metrics.jsonl").unlink(missing_ok=True)

    def load(self, recipe: Mapping[str, Any]) -> dict[str, Any]:
        """The last checkpoint. Raises :class:`TrainingError` if there is none or it belongs to another recipe."""
        if not self.checkpoint.exists():
            raise TrainingError(f"{self.path} holds no checkpoint.", "Start the run without --resume.")
        before = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
        for key in ("model", "degradation", "stage", "seed"):
            if before.get(key) != json.loads(json.dumps(recipe.get(key))):
                raise TrainingError(f"The run in {self.path} was started with another {key}.", "Resume it with its own recipe.")
        try:
            state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
            raise TrainingError(f"{self.checkpoint} is damaged: {error}", "Start the run again without --resume.") from error
        self._drop_metrics_after(state["step"])
        return state

    def save(self, state: Mapping[str, Any]) -> None:
        with replacing(self.checkpoint, overwrite=True) as file:
            torch.save(dict(state), file)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **metrics}) + "\n")

    def _drop_metrics_after(self, step: int) -> None:
        # Steps since the checkpoint are done again; a line cut short by a kill is dropped too.
        path, kept = self.path / "metrics.jsonl", []
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line)
            except (ValueError, KeyError):
                continue
        _replace(path, "".join(f"{line}\n" for line in kept).encode())


def _replace(path: Path, data: bytes) -> None:
    with replacing(path, overwrite=True) as file:
        file.write(data)
