"""The table model of the job list, updated by the events of ``core.events``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from aedesk.core.events import Cancelled, Event, Failed, Finished, Progress, Started
from aedesk.core.formatting import format_duration, format_rate
from aedesk.gui.shell.job_list.rate import RateEstimator

QUEUED, RUNNING, CANCELLING, DONE, FAILED, CANCELLED = "waiting", "running", "cancelling", "done", "failed", "cancelled"
OVER = (DONE, FAILED, CANCELLED)
NAME, PROGRESS, RATE, ETA, STATE, ACTION = range(6)
_HEADERS = ("Job", "Progress", "Rate", "Time left", "State", "")
FractionRole = Qt.ItemDataRole.UserRole
StateRole = Qt.ItemDataRole.UserRole + 1
ActionRole = Qt.ItemDataRole.UserRole + 2
_MAX_ROWS = 200
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass
class _Job:
    job_id: int
    name: str
    rate: RateEstimator
    state: str = QUEUED
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    text: str = ""
    started_s: float = 0.0
    took_s: float | None = None
    retryable: bool = True


class JobsModel(QAbstractTableModel):
    """The newest job is the last row; beyond 200 rows the oldest finished ones are removed."""

    def __init__(self, parent: Any = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self._clock = clock
        self._jobs: list[_Job] = []

    # Updates

    def add(self, job_id: int, name: str, *, retryable: bool = True) -> None:
        """Adds a waiting job."""
        row = len(self._jobs)
        self.beginInsertRows(QModelIndex(), row, row)
        self._jobs.append(_Job(job_id, name, RateEstimator(self._clock), retryable=retryable))
        self.endInsertRows()
        if len(self._jobs) > _MAX_ROWS:
            oldest = next((i for i, job in enumerate(self._jobs) if job.state in OVER), None)
            if oldest is not None:
                self._remove(oldest)

    def apply(self, job_id: int, event: Event) -> None:
        """Updates a job by an event; unknown jobs and irrelevant events are ignored."""
        row = next((i for i, job in enumerate(self._jobs) if job.job_id == job_id), None)
        if row is None:
            return
        job = self._jobs[row]
        match event:
            case Started():
                job.state, job.total, job.unit = RUNNING, event.total, event.unit
                job.started_s = self._clock()
                job.rate.add(0.0)
            case Progress():
                job.done, job.total, job.unit = event.done, event.total, event.unit or job.unit
                job.text = event.detail
                job.rate.add(event.done)
                if job.state == QUEUED:
                    job.state, job.started_s = RUNNING, self._clock()
            case Finished():
                self._over(job, DONE, event.summary)
            case Cancelled():
                self._over(job, CANCELLED, "")
            case Failed():
                self._over(job, FAILED, f"{event.message} {event.hint}".strip())
            case _:
                return
        self._changed(row)

    def set_cancelling(self, job_id: int) -> None:
        """Marks a job as being cancelled, until the worker confirms it."""
        for row, job in enumerate(self._jobs):
            if job.job_id == job_id and job.state not in OVER:
                job.state = CANCELLING
                self._changed(row)

    def set_waiting(self, job_id: int) -> None:
        """Resets a job that waits to be repeated."""
        for row, job in enumerate(self._jobs):
            if job.job_id == job_id:
                self._jobs[row] = _Job(job_id, job.name, RateEstimator(self._clock), retryable=job.retryable)
                self._changed(row)

    def remove_finished(self) -> None:
        """Removes the jobs that have ended."""
        for row in reversed(range(len(self._jobs))):
            if self._jobs[row].state in OVER:
                self._remove(row)

    # Queries

    def state(self, row: int) -> str:
        """Returns the state of the job in a row."""
        return self._jobs[row].state

    def job_id(self, row: int) -> int:
        """Returns the id of the job in a row."""
        return self._jobs[row].job_id

    def action(self, row: int) -> str:
        """Returns the action of the button: "cancel", "retry" or none ("")."""
        job = self._jobs[row]
        if job.state in (QUEUED, RUNNING):
            return "cancel"
        return "retry" if job.retryable and job.state in (FAILED, CANCELLED) else ""

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._jobs)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        job = self._jobs[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(job, index.column())
            case Qt.ItemDataRole.ToolTipRole:
                if index.column() == ACTION:
                    return {"cancel": "Cancel (Delete)", "retry": "Retry (R)"}.get(self.action(index.row()))
                return job.text or None
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._text(job, index.column()) or _HEADERS[index.column()]
            case _ if role == FractionRole:
                return _fraction(job)
            case _ if role == StateRole:
                return job.state
            case _ if role == ActionRole:
                return self.action(index.row())
        return None

    def _text(self, job: _Job, column: int) -> str:
        if column == NAME:
            return job.name
        if column == PROGRESS:
            fraction = _fraction(job)
            return "" if fraction is None or job.state == QUEUED else f"{fraction * 100:.0f} %"
        if column == RATE:
            rate = job.rate.per_second
            return format_rate(rate, job.unit) if rate is not None and job.state not in OVER else ""
        if column == ETA:
            left = job.rate.seconds_left(job.total) if job.total and job.state == RUNNING else None
            return "" if left is None else format_duration(left)
        if column == STATE:
            if job.state == DONE and job.took_s is not None:
                return f"done in {format_duration(job.took_s)}"
            return f"failed: {job.text}" if job.state == FAILED else job.state
        return ""

    def _over(self, job: _Job, state: str, text: str) -> None:
        job.took_s = self._clock() - job.started_s if job.state != QUEUED else None
        job.state, job.text = state, text

    def _remove(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._jobs[row]
        self.endRemoveRows()

    def _changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(_HEADERS) - 1))


def _fraction(job: _Job) -> float | None:
    """Returns the progress, 0 to 1; None if the total is unknown."""
    if job.state == DONE:
        return 1.0
    return min(1.0, max(0.0, job.done / job.total)) if job.total else None
