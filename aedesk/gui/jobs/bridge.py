"""From a worker's client to Qt's signals."""

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
"""Only how often an idle loop looks around: the client wakes a waiting ``poll`` itself."""


class Client(Protocol):
    """What the bridge needs of ``jobs.client.WorkerClient``. Tests bring a scripted one."""

    def start(self) -> None: ...
    def submit(self, spec: object, *inputs: Any) -> int: ...
    def cancel(self, job_id: int) -> None: ...
    def poll(self, timeout_s: float) -> list[tuple[int, Event]]: ...
    def close(self, timeout_s: float = 5.0) -> None: ...


class _PollThread(QThread):
    """Drives the client. ``run`` is the only place that polls and closes it."""

    polled = Signal(int, object)

    def __init__(self, client: Client, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("pollThread")
        self._client = client
        self._close_timeout_s: float | None = None

    def run(self) -> None:
        """Runs in its own thread; what it emits is queued to the window's thread."""
        while self._close_timeout_s is None:
            self._forward(self._client.poll(_POLL_S))
        self._client.close(self._close_timeout_s)
        self._forward(self._client.poll(0.0))

    def stop(self, timeout_s: float) -> None:
        """From the window's thread: leave the loop, then close the client within ``timeout_s``."""
        self._close_timeout_s = timeout_s

    def _forward(self, batch: list[tuple[int, Event]]) -> None:
        for job_id, event in batch:
            self.polled.emit(job_id, event)


class JobBridge(QObject):
    """One lane of jobs. All methods are for the window's thread, and all signals arrive there.

    Args:
        make_client: called once; the client that it returns belongs to the bridge from then on.
    """

    job_event = Signal(int, object)  # job id, core.events.Event
    state_changed = Signal(str, str)  # "starting" | "ready" | "busy" | "stopped", and a human line or ""

    def __init__(self, make_client: Callable[[], Client], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = make_client()
        self._thread = _PollThread(self._client, self)
        self._thread.polled.connect(self._on_polled)
        self._down = False
        self.state = "stopped"

    def start(self) -> None:
        """Start the worker; the window need not wait for it, jobs may be submitted at once. After ``shutdown`` nothing starts any more."""
        if not self._down:
            self._client.start()
            self._poll()

    def submit(self, spec: object, *inputs: Any) -> int:
        """Queue a job; its events carry the returned id. The inputs must not be changed until it has ended.

        Raises JobError after ``shutdown``.
        """
        if self._down:
            raise JobError("The window has been closed.")
        job_id = self._client.submit(spec, *inputs)
        self._poll()
        return job_id

    def cancel(self, job_id: int) -> None:
        self._client.cancel(job_id)

    def begin_shutdown(self, timeout_s: float) -> None:
        """Ask for what ``shutdown`` does, and return at once. Idempotent; the first timeout counts."""
        if self._down:
            return
        self._down = True
        if self._thread.isRunning():
            self._thread.stop(timeout_s)
            self._client.cancel(0)  # no such job: it only wakes the poll
        else:
            self._client.close(timeout_s)

    def shutdown(self, timeout_s: float = 3.0) -> None:
        """Cancel all jobs, end the worker (by force after ``timeout_s``) and join the thread. Idempotent."""
        self.begin_shutdown(timeout_s)
        self._thread.wait()

    def _poll(self) -> None:
        if not self._thread.isRunning():
            self._thread.start()

    @Slot(int, object)
    def _on_polled(self, job_id: int, event: Event) -> None:
        if job_id:
            self.job_event.emit(job_id, event)
        elif isinstance(event, WorkerState) and not (self._down and event.state != "stopped"):  # nobody should ask a worker that ends
            self.state = event.state
            self.state_changed.emit(event.state, event.detail)
        elif isinstance(event, Log):
            log.log(logging.WARNING if event.level == "warning" else logging.ERROR if event.level == "error" else logging.INFO, event.text)
