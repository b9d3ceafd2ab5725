"""The window's side of a worker: submit specs, poll events. No torch, no Qt."""

from __future__ import annotations

import atexit
import itertools
import math
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import JobError
from aedesk.core.events import Cancelled, Event, Failed, Terminal
from aedesk.jobs import inline
from aedesk.jobs.events import WorkerState
from aedesk.jobs.process import WorkerProcess
from aedesk.jobs.protocol import Batch
from aedesk.jobs.services import DEFAULT_SERVICES, WARM_UP

GRACE_S = {"interactive": 5.0, "training": 30.0}
"""A training run ends the step or the validation it is in, and writes its checkpoint."""

_BACKOFF_S = (0.2, 1.0)
"""Pauses before the second and the third try to start a worker that dies before it is ready; after the third it is given up."""

_HEALTHY_S = 1.0
"""A worker that dies sooner after "ready", with no job to blame, counts as one that could not start."""


@dataclass
class _Job:
    id: int
    spec: object
    inputs: tuple[Any, ...]
    cancelled_at: float | None = None


class WorkerClient:
    """One lane: a queue of jobs and the process that runs them, one after the other, restarted whenever it dies.

    Threads: ``poll`` (and with it everything that touches the process) belongs to *one* thread, in the window a QThread. ``start``,
    ``submit``, ``cancel`` and ``state`` may be used from any thread and return at once; even the copying of pictures happens in ``poll``.
    ``close`` may be called from any thread and waits for a running ``poll`` to return.

    Args:
        lane: "interactive" or "training".
        services: spec type name -> "module:function" (see ``jobs.services``).
        warm_up: modules that the worker imports before it is ready; None for the lane's own.
        grace_s: how long a cancelled job may take before its worker is terminated; None for the lane's own.
    """

    def __init__(
        self,
        lane: str = "interactive",
        *,
        services: Mapping[str, str] = DEFAULT_SERVICES,
        warm_up: tuple[str, ...] | None = None,
        grace_s: float | None = None,
    ) -> None:
        self.lane = lane
        self._services = services
        self._warm_up = WARM_UP[lane] if warm_up is None else warm_up
        self._grace_s = GRACE_S[lane] if grace_s is None else grace_s
        self._lock = threading.Lock()  # guards what every thread touches: queue, running job, pending events, flags
        self._polling = threading.Lock()  # held by whoever drives the process
        self._wake_receiver, self._wake_sender = multiprocessing.Pipe(duplex=False)
        self._woken = False
        self._ids = itertools.count(1)
        self._queue: deque[_Job] = deque()
        self._running: _Job | None = None
        self._pending: Batch = []
        self._process: WorkerProcess | None = None
        self._wanted = self._closed = False
        self._failed_starts = 0
        self._start_at = 0.0
        self._ready_at = math.inf
        self._state = "stopped"

    @property
    def state(self) -> str:
        """ "starting", "ready", "busy" or "stopped"."""
        return self._state

    @property
    def pid(self) -> int | None:
        """The worker's process id, None while there is none."""
        process = self._process
        return process.pid if process else None

    def start(self) -> None:
        """Ask for a worker; ``poll`` starts it. Also revives a lane that was given up after repeated crashes."""
        with self._lock:
            if self._closed:
                raise JobError("The worker has been shut down.")
            if not self._wanted:
                self._wanted, self._failed_starts, self._start_at = True, 0, 0.0
                self._enter("starting")
        self._wake()

    def submit(self, spec: object, *inputs: Any) -> int:
        """Queue a job and return its id (1, 2, ...). Starts the worker if need be.

        The inputs must not be changed until the job has ended. Raises JobError after ``close``.
        """
        self.start()
        with self._lock:
            job = _Job(next(self._ids), spec, inputs)
            self._queue.append(job)
        self._wake()
        return job.id

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop: it ends with Cancelled, or with Finished if it was faster. Unknown and ended jobs are ignored."""
        with self._lock:
            running = self._running
            if running is not None and running.id == job_id:
                if running.cancelled_at is None:
                    running.cancelled_at = time.monotonic()
                if self._process is not None:
                    self._process.cancel(job_id)
            elif queued := next((job for job in self._queue if job.id == job_id), None):
                self._queue.remove(queued)
                self._pending.append((job_id, Cancelled()))
        self._wake()

    def poll(self, timeout_s: float) -> Batch:
        """Do what there is to do, and return the events that came, in order, as (job id, event); wait up to ``timeout_s`` for the first.

        Id 0 is the worker itself: ``WorkerState`` and ``Log``. Every job gets exactly one terminal event, whatever happens. After
        ``close`` the events that were left over are returned once, and then nothing, at once.
        """
        deadline = time.monotonic() + timeout_s
        with self._polling:
            while True:
                if not self._closed:
                    self._advance()
                with self._lock:
                    events, self._pending = self._pending, []
                rest = deadline - time.monotonic()
                if events or rest <= 0 or self._closed:
                    return events
                self._wait(rest)

    def close(self, timeout_s: float = 5.0) -> None:
        """Cancel everything, wait up to ``timeout_s`` for the running job, end the process (by force if need be) and join it."""
        with self._lock:
            self._closed = True
        self._wake()
        with self._polling:
            deadline = time.monotonic() + timeout_s
            with self._lock:
                queued = list(self._queue)
                running = self._running
            for job in [*queued, *([running] if running else [])]:
                self.cancel(job.id)
            if self._process is not None:
                while self._running and self._process.alive and (rest := deadline - time.monotonic()) > 0:
                    self._wait(rest)
                    self._take_in(self._process.receive())
                self._bury(max(deadline - time.monotonic(), 0.1) if self._running is None else 0.0)
            if self._state != "stopped":
                with self._lock:
                    self._enter("stopped")
            atexit.unregister(self.close)

    def _advance(self) -> None:
        if self._process is None:
            if self._wanted and time.monotonic() >= self._start_at:
                self._spawn()
            return
        self._take_in(self._process.receive())
        running = self._running
        if not self._process.alive:
            self._worker_died()
        elif running is not None and running.cancelled_at is not None and time.monotonic() > running.cancelled_at + self._grace_s:
            self._bury(0.0)
            with self._lock:
                self._enter("starting", "A cancelled job did not stop in time; its worker was restarted.")
        elif self._state == "ready":
            self._hand_over()

    def _spawn(self) -> None:
        try:
            self._process = WorkerProcess(self.lane, self._services, self._warm_up)
        except Exception as error:
            self._start_failed(f"it cannot be started ({error})")
            return
        self._ready_at = math.inf
        atexit.unregister(self.close)
        atexit.register(self.close)  # multiprocessing would otherwise wait for the worker for ever at exit

    def _hand_over(self) -> None:
        with self._lock:
            if not self._queue or self._process is None:
                return
            job = self._running = self._queue.popleft()
            self._enter("busy")
        try:
            self._process.run(job.id, job.spec, job.inputs)
        except Exception as error:
            self._take_in([(job.id, inline.failure(error))])
        job.inputs = ()  # the worker has its own copy

    def _take_in(self, batch: Batch) -> None:
        with self._lock:
            for job_id, event in batch:
                if isinstance(event, WorkerState):
                    self._ready_at = time.monotonic()
                    self._enter(event.state, event.detail)
                    continue
                self._pending.append((job_id, event))
                if isinstance(event, Terminal):
                    self._running = None
                    self._enter("ready")

    def _worker_died(self) -> None:
        was_well = self._running is not None or time.monotonic() - self._ready_at > _HEALTHY_S
        cause = self._bury(0.0)
        if not was_well:
            self._start_failed(f"it stopped while starting ({cause})")
            return
        self._failed_starts = 0
        with self._lock:
            self._enter("starting", f"The worker process stopped unexpectedly ({cause}) and is being restarted.")

    def _bury(self, timeout_s: float) -> str:
        """End the process, deliver its last words, tell the running job what happened, and return the cause of death."""
        process = self._process
        if process is None:
            raise JobError("There is no worker process.")
        self._take_in(process.end(timeout_s))
        cause, report = process.post_mortem()
        with self._lock:
            self._process = None
            job, self._running = self._running, None
            if job is not None:
                self._pending.append((job.id, Cancelled() if job.cancelled_at is not None else _crash(cause, report)))
        process.forget()
        return cause

    def _start_failed(self, why: str) -> None:
        self._failed_starts += 1
        if self._failed_starts <= len(_BACKOFF_S):
            self._start_at = time.monotonic() + _BACKOFF_S[self._failed_starts - 1]
            with self._lock:
                self._enter("starting", f"The worker process is started again: {why}.")
            return
        detail = f"The worker process cannot be kept running: {why}."
        with self._lock:
            self._wanted = False
            for job in self._queue:
                self._pending.append((job.id, Failed(detail, "Restart aedesk; if it happens again, install it anew.", "JobError")))
            self._queue.clear()
            self._enter("stopped", detail)

    def _enter(self, state: str, detail: str = "") -> None:
        """Caller holds the lock."""
        self._state = state
        self._pending.append((0, WorkerState(state, detail)))

    def _wait(self, timeout_s: float) -> None:
        running = self._running
        limit = min(timeout_s, 0.5)  # a worker's death may be noticed this late, see WorkerProcess.alive
        if running is not None and running.cancelled_at is not None:
            limit = min(limit, max(running.cancelled_at + self._grace_s - time.monotonic(), 0.0) + 0.001)
        if self._process is not None:
            self._process.wait(self._wake_receiver, limit)
        else:
            self._wake_receiver.poll(min(limit, max(self._start_at - time.monotonic(), 0.0) + 0.001) if self._wanted else limit)
        with self._lock:
            if self._woken:
                self._wake_receiver.recv_bytes()
                self._woken = False

    def _wake(self) -> None:
        """Let a waiting ``poll`` look again."""
        with self._lock:
            if not self._woken:
                self._woken = True
                self._wake_sender.send_bytes(b"!")


def _crash(cause: str, report: str) -> Event:
    hint = "Try again; if it happens each time, choose another device."
    if cause == "signal SIGKILL":
        hint = "Perhaps the system ran out of memory: close other programs or choose smaller tiles, and try again."
    return Failed(f"The worker process stopped unexpectedly ({cause}).", hint, "JobError", report)
