"""What a running job tells the world.

A job is a generator of these. Exactly one terminal event (Finished, Cancelled or Failed) ends it. Services yield
Started, Progress, Log, Preview and StepDone and at the end Finished; they *raise* their errors and ``JobCancelled``, and
whoever runs them (``jobs.inline``) turns those into Failed and Cancelled, so that there is one exit path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """Base of all events. Fields may hold numpy arrays; they cross processes through shared memory."""


@dataclass(frozen=True)
class Started(Event):
    """The job has begun. ``total`` is in ``unit`` (None: unknown)."""

    title: str
    total: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Progress(Event):
    """``done`` of ``total`` units are finished; ``detail`` is one short human line."""

    done: float
    total: float | None
    unit: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Log(Event):
    """A line for the log; ``level`` is one of info, warning, error."""

    text: str
    level: str = "info"


@dataclass(frozen=True)
class Preview(Event):
    """An intermediate picture to look at: (H, W, 1 or 3) uint8."""

    image: Any
    label: str = ""


@dataclass(frozen=True)
class StepDone(Event):
    """One training step (or evaluation item) with its figures, e.g. loss, psnr, lr."""

    step: int
    metrics: Mapping[str, float] = field(default_factory=dict)


class Terminal(Event):
    """Base of the three events that end a job."""


@dataclass(frozen=True)
class Finished(Terminal):
    """The job is done. ``result`` depends on the spec (see ``core.specs``)."""

    result: Any = None
    summary: str = ""


@dataclass(frozen=True)
class Cancelled(Terminal):
    """The job stopped because it was asked to."""


@dataclass(frozen=True)
class Failed(Terminal):
    """The job ended with an error.

    ``kind`` is the error's class name, ``detail`` the traceback: for the log, never for a dialog.
    """

    message: str
    hint: str = ""
    kind: str = "AedeskError"
    detail: str = ""
