"""Turns the events of a worker's client into Qt signals."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, QThread, Signal, Slot

from aedesk.core.errors import JobError
from aedesk.core.events import Event, Log
from aedesk.jobs.events import WorkerState

log = logging.getLogger(__name__)

_POLL_S = 1.0
"""Longest wait of one ``poll``; the client wakes it for every event."""


class Client(Protocol):
    """The part of ``jobs.client.WorkerClient`` that the bridge uses. Tests pass a scripted client."""

    def start(self) -> None: ...
    def submit(self, spec: object, *inputs: Any) -> int: ...
    def cancel(self, job_id: int) -> None: ...
    def poll(self, timeout_s: float) -> list[tuple[int, Event]]: ...
    def close(self, timeout_s: float = 5.0) -> None: ...


class _PollThread(QThread):
    """Polls the client, and closes it at the end; nothing else may."""

    polled = Signal(int, object)

    def __init__(self, client: Client, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("pollThread")
        self._client = client
        self._close_timeout_s: float | None = None

    def run(self) -> None:
        """Runs on this thread; its signals are delivered on the window's thread."""
        while self._close_timeout_s is None:
            self._forward(self._client.poll(_POLL_S))
        self._client.close(self._close_timeout_s)
        self._forward(self._client.poll(0.0))

    def stop(self, timeout_s: float) -> None:
        """Ends the loop and closes the client within ``timeout_s``. Called on the window's thread."""
        self._close_timeout_s = timeout_s

    def _forward(self, batch: list[tuple[int, Event]]) -> None:
        for job_id, event in batch:
            self.polled.emit(job_id, event)


class JobBridge(QObject):
    """One lane of jobs. All methods are called on the window's thread, and all signals arrive there.

    Args:
        make_client: called once; the bridge owns the client that it returns.
    """

    job_event = Signal(int, object)  # job id, core.events.Event
    state_changed = Signal(str, str)  # "starting" | "ready" | "busy" | "stopped", and a sentence for the user or ""

    def __init__(self, make_client: Callable[[], Client], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = make_client()
        self._thread = _PollThread(self._client, self)
        self._thread.polled.connect(self._on_polled)
        self._down = False
        self.state = "stopped"

    def start(self) -> None:
        """Starts the worker and returns at once; jobs may be submitted before it is ready. Does nothing after ``shutdown``."""
        if not self._down:
            self._client.start()
            self._poll()

    def submit(self, spec: object, *inputs: Any) -> int:
        """Queues a job and returns its id, which its events carry. The inputs must not be changed until it has ended.

        Raises JobError after ``shutdown``.
        """
        if self._down:
            raise JobError("The window has been closed.")
        job_id = self._client.submit(spec, *inputs)
        self._poll()
        return job_id

    def cancel(self, job_id: int) -> None:
        """Cancels a job; unknown ids are ignored."""
        self._client.cancel(job_id)

    def begin_shutdown(self, timeout_s: float) -> None:
        """Begins ``shutdown`` and returns at once. Idempotent; the first timeout counts."""
        if self._down:
            return
        self._down = True
        if self._thread.isRunning():
            self._thread.stop(timeout_s)
            self._client.cancel(0)  # there is no such job: this wakes the poll
        else:
            self._client.close(timeout_s)

    def shutdown(self, timeout_s: float = 3.0) -> None:
        """Cancels all jobs, ends the worker (by force after ``timeout_s``) and joins the thread. Idempotent."""
        self.begin_shutdown(timeout_s)
        self._thread.wait()

    def _poll(self) -> None:
        if not self._thread.isRunning():
            self._thread.start()

    @Slot(int, object)
    def _on_polled(self, job_id: int, event: Event) -> None:
        if job_id:
            self.job_event.emit(job_id, event)
        elif isinstance(event, WorkerState) and not (self._down and event.state != "stopped"):  # an ending worker must not look ready
            self.state = event.state
            self.state_changed.emit(event.state, event.detail)
        elif isinstance(event, Log):
            log.log(logging.WARNING if event.level == "warning" else logging.ERROR if event.level == "error" else logging.INFO, event.text)
