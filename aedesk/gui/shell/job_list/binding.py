"""Connects the job list with the task queue."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from aedesk.core.events import Event
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.shell.job_list import JobsView
from aedesk.gui.workspace import Workspace

NAME_PX = 190


class JobListBinding(QObject):
    """Shows the tasks of the queue, and passes the list's commands to it."""

    def __init__(self, workspace: Workspace, view: JobsView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue, self._view = workspace.queue, view
        self._queue.added.connect(self._on_added)
        self._queue.task_event.connect(self._on_event)
        self._queue.stopping.connect(self._on_stopping)
        self._queue.waiting_again.connect(self._on_waiting_again)
        view.setColumnWidth(0, NAME_PX)
        view.cancel_requested.connect(self._queue.cancel)
        view.retry_requested.connect(self._queue.retry)

    def clear_over(self) -> None:
        """Removes the tasks that have ended."""
        self._queue.clear_over()
        self._view.remove_finished()

    @Slot(object)
    def _on_added(self, task: Task) -> None:
        self._view.add_job(task.id, task.title)

    @Slot(object, object)
    def _on_event(self, task: Task, event: Event) -> None:
        self._view.apply(task.id, event)

    @Slot(object)
    def _on_stopping(self, task: Task) -> None:
        self._view.set_cancelling(task.id)

    @Slot(object)
    def _on_waiting_again(self, task: Task) -> None:
        self._view.set_waiting(task.id)
