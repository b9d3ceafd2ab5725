"""One job at a time for the page."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.events import Event, Failed, Finished, Log, Progress, Terminal
from aedesk.gui.jobs.bridge import JobBridge


class Runner(QObject):
    """Submits requests and tells about the latest one only.

    Signals:
        finished(result), failed(text), progressed(done, total or 0, words), logged(text, level), busy_changed(busy).
    """

    finished = Signal(object)
    failed = Signal(str)
    progressed = Signal(float, float, str)
    logged = Signal(str, str)
    busy_changed = Signal(bool)

    def __init__(self, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job_id = 0
        self._next: tuple[Any, ...] | None = None
        bridge.job_event.connect(self._on_event)

    @property
    def busy(self) -> bool:
        return self._job_id != 0

    def run(self, spec: object, *inputs: Any) -> None:
        """Begin; what is under way is cancelled and forgotten."""
        if self._job_id:
            self._bridge.cancel(self._job_id)
        self._next = None
        self._submit(spec, *inputs)

    def follow(self, spec: object, *inputs: Any) -> None:
        """Begin as soon as what is under way has ended; of several that wait only the last counts. For what a slider asks."""
        if self._job_id:
            self._next = (spec, *inputs)
        else:
            self._submit(spec, *inputs)

    @Slot()
    def cancel(self) -> None:
        """Forget what is under way and what waits."""
        self._next = None
        if self._job_id:
            self._bridge.cancel(self._job_id)
            self._set_job(0)

    def _submit(self, spec: object, *inputs: Any) -> None:
        self._set_job(self._bridge.submit(spec, *inputs))

    def _set_job(self, job_id: int) -> None:
        was_busy, self._job_id = self.busy, job_id
        if was_busy != self.busy:
            self.busy_changed.emit(self.busy)

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if not self._job_id or job_id != self._job_id:
            return
        if isinstance(event, Progress):
            self.progressed.emit(event.done, event.total or 0.0, event.detail)
        elif isinstance(event, Log):
            self.logged.emit(event.text, event.level)
        elif isinstance(event, Terminal):
            waiting, self._next = self._next, None
            if waiting is not None:
                self._submit(*waiting)
            else:
                self._set_job(0)
            if isinstance(event, Finished):
                self.finished.emit(event.result)
            elif isinstance(event, Failed):
                self.failed.emit(f"{event.message} {event.hint}".rstrip())
