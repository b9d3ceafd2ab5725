"""The view of the job list, with buttons to cancel and retry."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from aedesk.core.events import Event
from aedesk.gui.shell.job_list import model as jobs
from aedesk.gui.shell.job_list.delegate import JobsDelegate


class JobsView(QTreeView):
    """Updated by ``add_job`` and ``apply``. Keys: Delete cancels, R retries.

    Signals:
        cancel_requested(job id), retry_requested(job id)
    """

    cancel_requested = Signal(int)
    retry_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobsView")
        self.setAccessibleName("Jobs")
        self.setAccessibleDescription("Delete cancels the selected job, R retries it.")
        self._model = jobs.JobsModel(self)
        self.setModel(self._model)
        delegate = JobsDelegate(self)
        delegate.pressed.connect(self._act)
        self.setItemDelegate(delegate)
        self._scroll = QTimer(self)  # once for many new jobs, because each scroll lays out all rows
        self._scroll.setSingleShot(True)
        self._scroll.timeout.connect(self.scrollToBottom)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(36)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(jobs.STATE, QHeaderView.ResizeMode.Stretch)
        for column, width in ((jobs.NAME, 160), (jobs.PROGRESS, 130), (jobs.RATE, 82), (jobs.ETA, 82), (jobs.ACTION, 40)):
            self.setColumnWidth(column, width)
        header.setSectionResizeMode(jobs.ACTION, QHeaderView.ResizeMode.Fixed)

    @property
    def job_count(self) -> int:
        """Number of jobs in the list."""
        return self._model.rowCount()

    def add_job(self, job_id: int, name: str, *, retryable: bool = True) -> None:
        """Adds a waiting job; ``name`` contains the command and the file name."""
        self._model.add(job_id, name, retryable=retryable)
        self._scroll.start()

    def apply(self, job_id: int, event: Event) -> None:
        """Updates a job by an event."""
        self._model.apply(job_id, event)

    def set_cancelling(self, job_id: int) -> None:
        """Marks a job as being cancelled."""
        self._model.set_cancelling(job_id)

    def set_waiting(self, job_id: int) -> None:
        """Resets a job that waits to be repeated."""
        self._model.set_waiting(job_id)

    def remove_finished(self) -> None:
        """Removes the jobs that have ended."""
        self._model.remove_finished()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.currentIndex().row()
        key_of = {"cancel": Qt.Key.Key_Delete, "retry": Qt.Key.Key_R}
        if row >= 0 and key_of.get(self._model.action(row)) == event.key():
            self._act(row)
        else:
            super().keyPressEvent(event)

    @Slot(int)
    def _act(self, row: int) -> None:
        action = self._model.action(row)
        if action == "cancel":
            self.cancel_requested.emit(self._model.job_id(row))
        elif action == "retry":
            self.retry_requested.emit(self._model.job_id(row))
