"""Shows messages in the banner and log records in the log view."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot

from aedesk.core.events import Event, Failed
from aedesk.gui.diagnostics.log_setup import LogRelay
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.shell.log_view import LogView
from aedesk.gui.widgets.banner import Banner
from aedesk.gui.workspace import Workspace


class Messages(QObject):
    """Connects the workspace, the task queue and the log with the banner and the log view."""

    def __init__(self, workspace: Workspace, banner: Banner, view: LogView, log: LogRelay | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._banner, self._view = workspace, banner, view
        workspace.notified.connect(self._on_notified)
        workspace.queue.device_lost.connect(self._on_device_lost)
        workspace.queue.task_event.connect(self._on_task_event)
        if log is not None:
            log.line.connect(self._on_log_line)

    @Slot(str, str)
    def _on_notified(self, text: str, level: str) -> None:
        self._banner.show_message(level, text)

    @Slot(str, str)
    def _on_log_line(self, text: str, level: str) -> None:
        self._view.append(text, level)

    @Slot(object, object)
    def _on_device_lost(self, _task: Task, failed: Failed) -> None:
        self._workspace.inventory.choose_device("cpu")
        self._workspace.notify(f"{failed.message} The job continues on the CPU.", "warning")
        self._workspace.inventory.refresh()

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if isinstance(event, Failed):
            again = partial(self._workspace.queue.retry, task.id)
            self._banner.show_message("error", f"{task.title}: {event.message} {event.hint}".rstrip(), action="Retry", on_action=again)
