"""Exports pictures as .aed files through the task queue."""

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


def picture_to_compress(document: Document) -> Picture | None:
    """Returns the picture of a document that is compressed: the latest version; None if it is not loaded."""
    return document.latest


@dataclass
class _Batch:
    """The exports of one command."""

    folder: Path | None
    waiting: set[int]
    before_bytes: int = 0
    after_bytes: int = 0
    saved: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)


class Exporter(QObject):
    """Asks for the target, queues the exports and reports their results."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._batches: list[_Batch] = []
        self._written: dict[int, tuple[Path, CompressResult]] = {}
        workspace.queue.task_event.connect(self._on_task_event)

    def export(self, documents: list[Document], spec: CompressSpec) -> None:
        """Exports one picture to a file that the user chooses, or several to a folder as NAME.aed without replacing files."""
        if len(documents) == 1:
            document = documents[0]
            suggested = document.path.with_suffix(SUFFIX)
            if suggested == document.path:  # compressing it again loses quality, so the first file is kept
                suggested = free_name(suggested)
            path = files.choose_target(self._window, "Export as .aed", suggested, ".aed picture")
            if path is not None:
                self._add([(document, path)], spec, None)
        elif documents:
            folder = files.choose_folder(self._window, "Folder for the .aed files", str(self._workspace.settings["last_folder"]))
            if folder is not None:
                self._add([(document, folder / f"{document.path.stem}{SUFFIX}") for document in documents], spec, folder)

    def _add(self, targets: list[tuple[Document, Path]], spec: CompressSpec, folder: Path | None) -> None:
        tasks = [self._task(document, path, spec, rename=folder is not None) for document, path in targets]
        before = sum(_size(document.path) for document, _ in targets)
        self._batches.append(_Batch(folder, {task.id for task in tasks}, before))
        for task in tasks:
            self._workspace.queue.add(task)

    def _task(self, document: Document, path: Path, spec: CompressSpec, *, rename: bool) -> Task:
        task = Task(f"Compress {document.name}", document, spec, picture_to_compress)

        def save(result: CompressResult) -> str:
            """Runs on a thread of the pool."""
            written = write(result.data, free_name(path) if rename else path, overwrite=not rename)
            self._written[task.id] = (written, result)
            return describe(result)

        task.save_result = save
        return task

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if not isinstance(event, Terminal):
            return
        written = self._written.pop(task.id, None)
        batch = next((batch for batch in self._batches if task.id in batch.waiting), None)
        if batch is None:  # retried after its batch was reported: the job list shows the result
            return
        batch.waiting.discard(task.id)
        if isinstance(event, Finished) and written is not None:
            path, result = written
            batch.saved += 1
            batch.after_bytes += len(result.data)
            if not result.reached:
                batch.notes.append(path.name)
            if batch.folder is None:
                self._report_one(path, result, batch.before_bytes, task.document)
        elif isinstance(event, Failed):
            batch.failed += 1
        if not batch.waiting:
            self._batches.remove(batch)
            if batch.folder is not None and batch.saved + batch.failed:
                self._report_all(batch.folder, batch)

    def _report_one(self, path: Path, result: CompressResult, before: int, document: Document) -> None:
        change = f", {format_relative_size(len(result.data), before)} than {document.name}" if before else ""
        if result.reached:
            self._workspace.notify(f"Saved {path}: {describe(result)}{change}.", "info")
        else:
            self._workspace.notify(f"Saved {path}. The target cannot be reached; the nearest is {describe(result)}.", "warning")

    def _report_all(self, folder: Path, batch: _Batch) -> None:
        count = "1 picture" if batch.saved == 1 else f"{batch.saved} pictures"
        sizes = f"{format_bytes(batch.after_bytes)} instead of {format_bytes(batch.before_bytes)}"
        words = [f"{count} saved in {folder}: {sizes}."]
        if batch.failed:
            words.append(f"{batch.failed} could not be compressed: see the log.")
        if batch.notes:
            named = ", ".join(batch.notes[:5]) + (" and others" if len(batch.notes) > 5 else "")
            words.append(f"The target cannot be reached for {named}.")
        self._workspace.notify(" ".join(words), "error" if batch.failed else "warning" if batch.notes else "info")


def describe(result: CompressResult) -> str:
    """Returns size, rate and quality of a file."""
    return f"{format_bytes(len(result.data))}, {result.bpp:.3f} bits per pixel, quality {result.quality}"


def write(data: bytes, path: Path, *, overwrite: bool) -> Path:
    """Writes a file completely or not at all. Any thread. Raises PictureError."""
    with failures.writing(path), replacing(path, overwrite) as file:
        file.write(data)
    return path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
