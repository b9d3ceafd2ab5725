"""Events on their way out of the worker: as many as a service makes, as few as a window can use.

A training run yields thousands of events per second. Progress and previews are only worth their latest value, so a newer one
replaces an older one that still waits; everything else is kept and sent in batches, at most 30 per second. If the window does not
read, the service waits here instead of filling the memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from aedesk.core.events import Event, Preview, Progress, StepDone
from aedesk.jobs.protocol import Batch

INTERVAL_S = 1 / 30
LIMIT = 4096


class Outbox:
    """``put`` is called by the job's thread, ``take`` by the sender's thread, ``close`` by either."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[tuple[object, ...], tuple[int, Event]] = {}
        self._count = 0
        self._urgent = False
        self._closed = False
        self._taken_at = 0.0

    def put(self, job_id: int, event: Event, give_up: Callable[[], bool] = lambda: False) -> None:
        """Queue an event. Blocks while the outbox is full, unless ``give_up()`` says that the job shall stop."""
        with self._changed:
            self._count += 1
            key: tuple[object, ...] = (self._count,)
            if isinstance(event, Progress):
                key = (job_id, "progress")
            elif isinstance(event, Preview):
                key = (job_id, "preview", event.label)
            else:
                while len(self._waiting) >= LIMIT and not self._closed and not give_up():
                    self._changed.wait(0.05)
            self._waiting.pop(key, None)  # so that the newer one stands at the end, where it belongs in time
            self._waiting[key] = (job_id, event)
            self._urgent = self._urgent or not isinstance(event, Progress | Preview | StepDone)
            self._changed.notify_all()

    def take(self) -> Batch | None:
        """Wait for events and return all of them, in order; None when the outbox is closed and empty."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            while not self._urgent and not self._closed and (rest := self._taken_at + INTERVAL_S - time.monotonic()) > 0:
                self._changed.wait(rest)
            if not self._waiting:
                return None
            batch = list(self._waiting.values())
            self._waiting.clear()
            self._urgent = False
            self._taken_at = time.monotonic()
            self._changed.notify_all()
            return batch

    def close(self) -> None:
        """No more events will come: ``take`` gives out what is left, then None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
