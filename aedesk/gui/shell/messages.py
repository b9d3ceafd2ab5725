"""What the window says: the banner for people, the log for the details."""

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
    """Listens to the workspace, the queue and the log."""

    def __init__(self, workspace: Workspace, banner: Banner, view: LogView, log: LogRelay | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._banner, self._view = workspace, banner, view
        workspace.told.connect(self._on_told)
        workspace.queue.device_lost.connect(self._on_device_lost)
        workspace.queue.task_event.connect(self._on_task_event)
        if log is not None:
            log.line.connect(self._on_log_line)

    @Slot(str, str)
    def _on_told(self, text: str, level: str) -> None:
        self._banner.show_message(level, text)

    @Slot(str, str)
    def _on_log_line(self, text: str, level: str) -> None:
        self._view.append(text, level)

    @Slot(object, object)
    def _on_device_lost(self, _task: Task, failed: Failed) -> None:
        self._workspace.catalog.choose_device("cpu")
        self._workspace.tell(f"{failed.message} The work goes on with the CPU.", "warning")
        self._workspace.catalog.ask()

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if isinstance(event, Failed):
            again = partial(self._workspace.queue.retry, task.id)
            self._banner.show_message("error", f"{task.title}: {event.message} {event.hint}".rstrip(), action="Try again", on_action=again)
