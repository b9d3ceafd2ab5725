"""The job list of the window: what runs, how far it is, and the buttons to end or repeat it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from aedesk.core.events import Event
from aedesk.gui.shell.job_list import model as jobs
from aedesk.gui.shell.job_list.delegate import JobsDelegate


class JobsView(QTreeView):
    """Fed with ``add_job`` and ``apply(job_id, event)``. Keys: Delete cancels, R tries again.

    Signals:
        cancel_requested(int), retry_requested(int): of a job.
    """

    cancel_requested = Signal(int)
    retry_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobsView")
        self.setAccessibleName("Jobs")
        self.setAccessibleDescription("Delete cancels the selected job, R tries it again.")
        self._model = jobs.JobsModel(self)
        self.setModel(self._model)
        delegate = JobsDelegate(self)
        delegate.pressed.connect(self._act)
        self.setItemDelegate(delegate)
        self._scroll = QTimer(self)  # once after any number of new jobs: each scroll lays out all rows
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
        return self._model.rowCount()

    def add_job(self, job_id: int, name: str, *, retryable: bool = True) -> None:
        """A job was handed to the worker; ``name`` says what and of which file."""
        self._model.add(job_id, name, retryable=retryable)
        self._scroll.start()

    def apply(self, job_id: int, event: Event) -> None:
        """Show an event of a job."""
        self._model.apply(job_id, event)

    def set_cancelling(self, job_id: int) -> None:
        """Show that the job was asked to stop."""
        self._model.set_cancelling(job_id)

    def set_waiting(self, job_id: int) -> None:
        """Show that the job is to be done again."""
        self._model.set_waiting(job_id)

    def remove_finished(self) -> None:
        """Clear the list of all that is over."""
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
