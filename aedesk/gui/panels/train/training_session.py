"""The state of the training run in the window: started, paused, resumed, stopped, finished or failed."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import AedeskError
from aedesk.core.events import Cancelled, Event, Failed, Finished, Log, Preview, Progress, Started, StepDone, Terminal
from aedesk.core.specs import TrainSpec
from aedesk.gui.workspace import Workspace

log = logging.getLogger(__name__)
RATE_WINDOW = 30
"""Number of progress reports from which the remaining time is estimated: steady, but able to follow changes."""


class State(StrEnum):
    """The states of a training run."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


WORKING = frozenset({State.STARTING, State.RUNNING, State.PAUSING, State.STOPPING})
"""The states with a running job."""


@dataclass(frozen=True)
class Run:
    """A recipe and the folder of its run."""

    recipe: Mapping[str, Any]
    folder: Path

    @property
    def name(self) -> str:
        """Name of the model file."""
        return str(self.recipe["name"])

    @property
    def title(self) -> str:
        """Title of the model."""
        return str(self.recipe.get("title") or self.name)

    @property
    def steps(self) -> int:
        """Number of steps of all stages."""
        return sum(int(stage["steps"]) for stage in self.recipe["stage"])

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint, which need not exist."""
        return self.folder / "checkpoint.pt"

    def weights(self) -> Path | None:
        """Returns the best weights so far, or the last ones; None while there are none."""
        return next((path for name in ("best", "last") if (path := self.folder / f"{name}.safetensors").is_file()), None)


class TrainingSession(QObject):
    """Runs one training at a time. Pausing cancels the job, which writes a checkpoint first, and resuming continues from it.

    Signals (all on the window's thread):
        changed: state, step or description have changed.
        began(Run, resumed): a job for this run was submitted.
        measured(step, metrics), pictured(image, label): reports of the run.
    """

    changed = Signal()
    began = Signal(object, bool)
    measured = Signal(int, object)
    pictured = Signal(object, str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._job_id = 0
        self._failure = self._detail = ""
        self._reports: deque[tuple[float, float]] = deque(maxlen=RATE_WINDOW)
        self.run: Run | None = None
        self.state = State.IDLE
        self.step = 0
        workspace.training.job_event.connect(self._on_event)
        workspace.training.state_changed.connect(self._on_worker)

    @property
    def working(self) -> bool:
        """Whether a job runs."""
        return self.state in WORKING

    @property
    def can_resume(self) -> bool:
        """Whether the run is paused, or there is a checkpoint to continue from."""
        if self.run is None:
            return False
        return self.state is State.PAUSED or (self.state in (State.FAILED, State.STOPPED) and self.run.checkpoint.is_file())

    @property
    def description(self) -> str:
        """The state as a sentence, or why the run has failed and what to do."""
        total = f"{self.run.steps:,}" if self.run else "0"
        return {
            State.IDLE: "Nothing is being trained.",
            State.STARTING: self._detail or "Starting\u2026",
            State.RUNNING: f"Training step {self.step:,} of {total}",
            State.PAUSING: "Pausing\u2026 saving the checkpoint",
            State.PAUSED: f"Paused at step {self.step:,} of {total}",
            State.STOPPING: "Stopping\u2026 saving the model",
            State.STOPPED: f"Stopped at step {self.step:,}. The model was saved.",
            State.FINISHED: f"Finished after {self.step:,} steps" + (f": {self._detail}" if self._detail else "."),
            State.FAILED: f"Failed: {self._failure}",
        }[self.state]

    @property
    def seconds_left(self) -> float | None:
        """Estimated remaining time in seconds; None if unknown."""
        if self.run is None or self.state is not State.RUNNING or len(self._reports) < 2:
            return None
        (begun, first), (now, last) = self._reports[0], self._reports[-1]
        return (now - begun) / (last - first) * (self.run.steps - last) if last > first else None

    def begin(self, run: Run, *, resume: bool = False, step: int = 0) -> None:
        """Submits the run to the training worker. ``step`` is the last known step of a resumed run."""
        if self.working:
            raise AedeskError("A training run is already in progress.", "Stop it first.")
        self.run, self.step = run, step
        self._failure = ""
        self._detail = "Resuming\u2026" if resume else ""
        self._reports.clear()
        device = self._workspace.inventory.device
        try:
            self._job_id = self._workspace.training.submit(TrainSpec(dict(run.recipe), str(run.folder), resume=resume, device=device))
        except AedeskError as error:
            self._fail(error.message, error.hint)
            return
        self._remember(str(run.folder))
        self._enter(State.STARTING)
        self.began.emit(run, resume)

    def offer(self, run: Run, step: int) -> None:
        """Shows an unfinished run of an earlier session as paused."""
        if not self.working:
            self.run, self.step = run, step
            self._enter(State.PAUSED)

    def pause(self) -> None:
        """Pauses the run after a checkpoint."""
        if self.state in (State.STARTING, State.RUNNING):
            self._enter(State.PAUSING)
            self._workspace.training.cancel(self._job_id)

    def resume(self) -> None:
        """Continues from the checkpoint; a run without one starts again."""
        if self.run is not None and self.can_resume:
            self.begin(self.run, resume=(self.run.folder / "run.toml").is_file(), step=self.step)

    def stop(self) -> None:
        """Ends the run and keeps the model."""
        if self.state in (State.STARTING, State.RUNNING, State.PAUSING):
            self._enter(State.STOPPING)
            self._workspace.training.cancel(self._job_id)
        elif self.state in (State.PAUSED, State.FAILED):
            self._remember("")
            self._enter(State.STOPPED)

    @Slot(str, str)
    def _on_worker(self, state: str, _detail: str) -> None:
        if state == "starting" and self.state is State.STARTING:
            self._detail = "Starting\u2026 loading PyTorch"
            self.changed.emit()

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if job_id != self._job_id or not self._job_id:
            return
        if isinstance(event, Terminal):
            self._job_id = 0
            self._end(event)
        elif isinstance(event, Started):
            self._detail = "Starting\u2026 reading the pictures"
            self.changed.emit()
        elif isinstance(event, Progress):
            self._progress(event.done)
        elif isinstance(event, StepDone):
            self._progress(event.step)
            self.measured.emit(event.step, dict(event.metrics))
        elif isinstance(event, Preview):
            self.pictured.emit(event.image, event.label)
        elif isinstance(event, Log):
            level = {"warning": logging.WARNING, "error": logging.ERROR}.get(event.level, logging.INFO)
            log.log(level, "%s: %s", self.run.name if self.run else "Training", event.text)

    def _progress(self, step: float) -> None:
        if self.state is State.STARTING:
            self.state = State.RUNNING
        if step > self.step or not self._reports:
            self._reports.append((time.monotonic(), step))
        self.step = int(step)
        self.changed.emit()

    def _end(self, event: Terminal) -> None:
        if isinstance(event, Finished):
            self._detail = event.summary
            self._remember("")
            self._enter(State.FINISHED)
        elif isinstance(event, Cancelled):
            stopped = self.state is State.STOPPING
            if stopped:
                self._remember("")
            self._enter(State.STOPPED if stopped else State.PAUSED)
        elif isinstance(event, Failed):
            if event.detail:
                log.error("%s", event.detail)
            self._fail(event.message, event.hint)

    def _fail(self, message: str, hint: str) -> None:
        self._failure = f"{message} {hint}".rstrip()
        self._enter(State.FAILED)

    def _remember(self, folder: str) -> None:
        """Saves the run to offer at the next start, also after a crash."""
        settings = self._workspace.settings
        settings["train_run"] = folder
        try:
            settings.save()
        except OSError as error:
            log.warning("The settings could not be saved: %s", error)

    def _enter(self, state: State) -> None:
        self.state = state
        log.info("%s: %s", self.run.name if self.run else "Training", self.description)
        self.changed.emit()
