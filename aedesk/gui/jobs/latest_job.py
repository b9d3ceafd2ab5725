"""A stream of requests to a worker of which only the newest counts."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from aedesk.core.errors import AedeskError
from aedesk.core.events import Event, Failed, Finished, Log, Progress, Terminal
from aedesk.gui.jobs.bridge import JobBridge


class LatestJob(QObject):
    """At most one job runs and one request waits; a newer request replaces the waiting one.

    Only the newest request is reported. A job that cannot be submitted is reported as ``failed``.

    Args:
        settle_ms: how long ``run`` waits for a still newer request before it submits, in milliseconds.

    Attributes:
        seconds: how long the job that ended last took, from its submission.

    Signals:
        finished(result), failed(text): the end of the newest request.
        progressed(done, total or 0, text), logged(text, level): from the running job.
        busy_changed(bool): a job runs or a request waits.
    """

    finished = Signal(object)
    failed = Signal(str)
    progressed = Signal(float, float, str)
    logged = Signal(str, str)
    busy_changed = Signal(bool)

    def __init__(self, bridge: JobBridge, parent: QObject | None = None, *, settle_ms: int = 0) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job_id = 0
        self._superseded = False  # the running job was cancelled for a newer request
        self._waiting: tuple[Any, ...] | None = None
        self._busy = False
        self._submitted_at = 0.0
        self.seconds = 0.0
        self._settle_ms = settle_ms
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._submit_waiting)
        bridge.job_event.connect(self._on_event)

    @property
    def busy(self) -> bool:
        """Whether a job runs or a request waits."""
        return self._busy

    def run(self, spec: object, *inputs: Any) -> None:
        """Replace every earlier request. A running job is cancelled, and the new one starts when that has ended."""
        self._waiting = (spec, *inputs)
        self._superseded = self._job_id != 0
        if self._settle_ms:
            self._settle.start(self._settle_ms)
        else:
            self._submit_waiting()
        self._update_busy()

    def follow(self, spec: object, *inputs: Any) -> None:
        """Run as soon as the present job has ended, whose result is still reported: for requests from a slider that moves."""
        self._waiting = (spec, *inputs)
        if not self._job_id:
            self._submit_waiting()
        self._update_busy()

    @Slot()
    def cancel(self) -> None:
        """Drop the running job and the waiting request; neither is reported."""
        self._settle.stop()
        self._waiting = None
        if self._job_id:
            self._bridge.cancel(self._job_id)
            self._job_id = 0
        self._superseded = False
        self._update_busy()

    @Slot()
    def _submit_waiting(self) -> None:
        if self._job_id:
            self._bridge.cancel(self._job_id)  # the waiting request follows when the job has ended
            return
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        try:
            self._job_id = self._bridge.submit(*waiting)
            self._submitted_at = time.monotonic()
        except AedeskError as error:
            self._update_busy()
            self.failed.emit(str(error))

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if not self._job_id or job_id != self._job_id:
            return
        if isinstance(event, Terminal):
            self._on_end(event)
        elif isinstance(event, Progress):
            self.progressed.emit(event.done, event.total or 0.0, event.detail)
        elif isinstance(event, Log):
            self.logged.emit(event.text, event.level)

    def _on_end(self, event: Terminal) -> None:
        superseded, self._superseded = self._superseded, False
        self._job_id = 0
        self.seconds = time.monotonic() - self._submitted_at
        if not self._settle.isActive():
            self._submit_waiting()
        self._update_busy()
        if superseded:
            return
        if isinstance(event, Finished):
            self.finished.emit(event.result)
        elif isinstance(event, Failed):
            self.failed.emit(f"{event.message} {event.hint}".rstrip())

    def _update_busy(self) -> None:
        busy = self._job_id != 0 or self._waiting is not None
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)
