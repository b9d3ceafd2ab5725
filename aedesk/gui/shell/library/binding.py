"""Connects the library view with the open pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from aedesk.core.events import Event, Progress
from aedesk.gui.documents.library import Badge, Document
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.shell.library import LibraryView
from aedesk.gui.workspace import Workspace


class LibraryBinding(QObject):
    """Keeps LibraryView and Library in sync."""

    def __init__(self, workspace: Workspace, view: LibraryView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._view = workspace, view
        library = workspace.library
        library.added.connect(self._on_added)
        library.removed.connect(self._on_removed)
        library.changed.connect(self._on_changed)
        library.current_changed.connect(self._on_current)
        workspace.queue.task_event.connect(self._on_task_event)
        view.current_path_changed.connect(self._on_chosen)
        view.remove_requested.connect(self._on_remove)

    @property
    def selected(self) -> list[Document]:
        """The selected pictures in the order of the list."""
        return [document for path in self._view.selected_paths if (document := self._find(path)) is not None]

    def _find(self, path: Path) -> Document | None:
        return next((document for document in self._workspace.library.documents if document.path == path), None)

    @Slot(object)
    def _on_added(self, documents: list[Document]) -> None:
        self._view.add_paths([document.path for document in documents])

    @Slot(object)
    def _on_removed(self, documents: list[Document]) -> None:
        self._view.remove_paths([document.path for document in documents])

    @Slot(object)
    def _on_changed(self, document: Document) -> None:
        self._view.set_badge(document.path, badge_of(document), text=document.problem)

    @Slot(object)
    def _on_current(self, document: Document | None) -> None:
        if document is not None and self._view.current_path != document.path:
            self._view.set_current(document.path)

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if task.badge and isinstance(event, Progress) and event.total:
            self._view.set_badge(task.document.path, "working", percent=int(100 * event.done / event.total))

    @Slot(object)
    def _on_chosen(self, path: Path | None) -> None:
        document = self._find(path) if path is not None else None
        if document is not None:
            self._workspace.library.set_current(document)

    @Slot(list)
    def _on_remove(self, paths: list[Path]) -> None:
        self._workspace.close_requested.emit([document for path in paths if (document := self._find(path)) is not None])


def badge_of(document: Document) -> str:
    """Returns the badge of a picture: work and failures before unsaved results before finished ones."""
    if document.badge in (Badge.WORKING, Badge.FAILED):
        return str(document.badge)
    if document.modified:
        return "modified"
    return "done" if document.step.restored is not None else ""
