"""TensorBoard's event files, on request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aedesk.core.errors import TrainingError


class Board:
    """Writes figures for TensorBoard.

    Args:
        folder: where its event files go; None writes nothing.
        step: the step at which a resumed run goes on: later figures of an earlier session are hidden.

    Raises :class:`TrainingError` if the package is missing.
    """

    def __init__(self, folder: Path | None, step: int) -> None:
        self._writer: Any = None
        if folder is None:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            message = "The recipe asks for TensorBoard files, and the package tensorboard is not installed."
            raise TrainingError(message, "Install it (pip install 'aedesk[tensorboard]'), or set train.tensorboard = false.") from error
        self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None)

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        if self._writer is not None:
            for name, value in figures.items():
                self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
