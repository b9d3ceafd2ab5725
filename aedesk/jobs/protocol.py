"""What the two ends of a worker's pipe say to each other.

Window to worker: pickled ``Run``, ``Acknowledge`` and ``Stop``. Worker to window: parcels (``jobs.transport``) that hold a batch, a
list of (job id, event); id 0 is the worker itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aedesk.core.events import Event

Batch = list[tuple[int, Event]]


@dataclass(frozen=True)
class Run:
    """Run one job. ``parcel`` decodes to (spec, inputs). Sent only when the worker is ready, one at a time."""

    job_id: int
    parcel: bytes


@dataclass(frozen=True)
class Acknowledge:
    """The oldest unacknowledged parcel with blocks has been copied: the worker may close them."""


@dataclass(frozen=True)
class Stop:
    """End the process: after the running job, which was cancelled before."""


@dataclass(frozen=True)
class Taken(Event):
    """The worker has copied the inputs of a job: the window's side may remove their blocks."""


@dataclass(frozen=True)
class WorkerConfig:
    """Everything a worker is told at birth; plain values, so that it can be spawned."""

    lane: str
    services: Mapping[str, str]
    warm_up: tuple[str, ...]
    block_prefix: str
    crash_log: str


class CancelCell:
    """The id of the job to stop, in memory that both processes see; 0 for none.

    Not a ``multiprocessing.Event``: that one takes a lock to be read, and a worker killed while it reads would leave it locked, so
    that the window's next ``set()`` would hang. One aligned 64-bit word needs no lock.

    Args:
        word: a ``RawValue(ctypes.c_uint64)``.
    """

    def __init__(self, word: Any) -> None:
        self._word = word

    def cancel(self, job_id: int) -> None:
        self._word.value = job_id

    def asks_to_stop(self, job_id: int) -> bool:
        return bool(self._word.value == job_id)


CELL_TYPE = ctypes.c_uint64
