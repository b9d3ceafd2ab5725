"""Pictures into .aed files, through the window's queue: progress, cancelling and trying again are those of every job."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from aedesk.core.codec_specs import CompressResult, CompressSpec
from aedesk.core.events import Event, Failed, Finished, Terminal
from aedesk.core.formatting import format_bytes, format_relative_size
from aedesk.formats.aed_file import SUFFIX
from aedesk.gui.dialogs import files
from aedesk.gui.documents.library import Document
from aedesk.gui.documents.saving import free_name
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.workspace import Workspace
from aedesk.imaging import failures
from aedesk.imaging.atomic import replacing
from aedesk.imaging.picture import Picture


def pick(document: Document) -> Picture | None:
    """What of a document is compressed: the restored picture, else the one that a model would get."""
    return document.newest


@dataclass
class _Batch:
    """Some exports that were asked for together."""

    folder: Path | None
    waiting: set[int]
    before_bytes: int = 0
    after_bytes: int = 0
    saved: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)


class Exporter(QObject):
    """Asks where to, queues the work and tells how it went."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._batches: list[_Batch] = []
        self._written: dict[int, tuple[Path, CompressResult]] = {}
        workspace.queue.task_event.connect(self._on_task_event)

    def export(self, documents: list[Document], spec: CompressSpec) -> None:
        """One picture into a file whose name the person chooses, several into a folder as NAME.aed, never over a file that is there."""
        if len(documents) == 1:
            document = documents[0]
            suggested = document.path.with_suffix(SUFFIX)
            if suggested == document.path:  # compressing anew what is compressed already loses something: keep the first
                suggested = free_name(suggested)
            path = files.choose_target(self._window, "Export as .aed", suggested, ".aed picture")
            if path is not None:
                self._add([(document, path)], spec, None)
        elif documents:
            folder = files.choose_folder(self._window, "Export as .aed into a folder", str(self._workspace.settings["last_folder"]))
            if folder is not None:
                self._add([(document, folder / f"{document.path.stem}{SUFFIX}") for document in documents], spec, folder)

    def _add(self, targets: list[tuple[Document, Path]], spec: CompressSpec, folder: Path | None) -> None:
        tasks = [self._task(document, path, spec, beside=folder is not None) for document, path in targets]
        before = sum(_size(document.path) for document, _ in targets)
        self._batches.append(_Batch(folder, {task.id for task in tasks}, before))
        for task in tasks:
            self._workspace.queue.add(task)

    def _task(self, document: Document, path: Path, spec: CompressSpec, *, beside: bool) -> Task:
        task = Task(f"Compress {document.name}", document, spec, pick)

        def keep(result: CompressResult) -> str:
            """Runs in a thread of the pool."""
            written = write(result.data, free_name(path) if beside else path, overwrite=not beside)
            self._written[task.id] = (written, result)
            return facts(result)

        task.keep = keep
        return task

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if not isinstance(event, Terminal):
            return
        written = self._written.pop(task.id, None)
        batch = next((batch for batch in self._batches if task.id in batch.waiting), None)
        if batch is None:  # tried again after its batch was told about: the list of jobs says how that went
            return
        batch.waiting.discard(task.id)
        if isinstance(event, Finished) and written is not None:
            path, result = written
            batch.saved += 1
            batch.after_bytes += len(result.data)
            if not result.reached:
                batch.notes.append(path.name)
            if batch.folder is None:
                self._tell_one(path, result, batch.before_bytes, task.document)
        elif isinstance(event, Failed):
            batch.failed += 1
        if not batch.waiting:
            self._batches.remove(batch)
            if batch.folder is not None and batch.saved + batch.failed:
                self._tell_all(batch.folder, batch)

    def _tell_one(self, path: Path, result: CompressResult, before: int, document: Document) -> None:
        against = f", {format_relative_size(len(result.data), before)} than {document.name}" if before else ""
        if result.reached:
            self._workspace.tell(f"Saved {path}: {facts(result)}{against}.", "info")
        else:
            self._workspace.tell(f"Saved {path}, but what was aimed at cannot be reached: {facts(result)} is the nearest.", "warning")

    def _tell_all(self, folder: Path, batch: _Batch) -> None:
        count = "1 picture" if batch.saved == 1 else f"{batch.saved} pictures"
        sizes = f"{format_bytes(batch.after_bytes)} in place of {format_bytes(batch.before_bytes)}"
        words = [f"{count} saved in {folder}: {sizes}."]
        if batch.failed:
            words.append(f"{batch.failed} could not be compressed: see the log.")
        if batch.notes:
            named = ", ".join(batch.notes[:5]) + (" and others" if len(batch.notes) > 5 else "")
            words.append(f"What was aimed at cannot be reached for {named}.")
        self._workspace.tell(" ".join(words), "error" if batch.failed else "warning" if batch.notes else "info")


def facts(result: CompressResult) -> str:
    return f"{format_bytes(len(result.data))}, {result.bpp:.3f} bits per pixel, quality {result.quality}"


def write(data: bytes, path: Path, *, overwrite: bool) -> Path:
    """Whole or not at all. Any thread. Raises PictureError."""
    with failures.writing(path), replacing(path, overwrite) as file:
        file.write(data)
    return path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
