"""The same mark on many pictures: one job that reads files and writes files, in the window's queue like any other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from aedesk.core.events import Event, Finished
from aedesk.core.shared_mark_specs import MIN_PICTURES, RECOMMENDED_PICTURES, SharedMarkResult, SharedMarkSpec
from aedesk.gui.dialogs import files
from aedesk.gui.documents.library import Document
from aedesk.gui.documents.saving import free_name, save_name
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.workspace import Workspace
from aedesk.imaging.formats import is_picture_path
from aedesk.imaging.picture import Picture

MARK_NAME = "shared_mark.png"
MANY_PICTURES = 60
"""More than these are seldom at hand, so their number is no advice."""


class SharedMark(QObject):
    """Asks where to, queues the work and tells how it went."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._tasks: set[int] = set()
        workspace.queue.task_event.connect(self._on_task_event)

    def clean(self, documents: list[Document], kept: Path | None) -> None:
        """Take the mark off the files of these pictures.

        Args:
            kept: the file of a mark that is known; None finds it, and keeps it beside the results.
        """
        usable = [document for document in documents if is_picture_path(document.path)]
        if not usable or (kept is None and len(usable) < MIN_PICTURES):
            self._workspace.tell(
                f"The mark is found from at least {MIN_PICTURES} pictures that carry it, better {RECOMMENDED_PICTURES} to 30. "
                "Open a folder of them, or choose more in the library.",
                "info",
            )
            return
        folder = files.choose_folder(self._window, "Save the cleaned pictures in a folder", str(self._workspace.settings["last_folder"]))
        if folder is None:
            return
        settings, paths = self._workspace.settings, [document.path for document in usable]
        spec = SharedMarkSpec(
            tuple(map(str, paths)),
            tuple(map(str, targets(paths, folder, str(settings["save_suffix"])))),
            mark=str(kept or free_name(folder / MARK_NAME)),
            quality=int(settings["jpeg_quality"]),
            device=self._workspace.catalog.device,
        )
        title = f"Erase the same mark from {len(paths)} pictures"
        task = Task(title, usable[0], spec, lambda document: document.given, badge=False, job_inputs=_nothing)
        self._tasks.add(task.id)
        self._workspace.queue.add(task)

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if task.id in self._tasks and isinstance(event, Finished):
            self._tasks.discard(task.id)
            spec: SharedMarkSpec = task.spec
            self._tell(event.result, spec)

    def _tell(self, result: SharedMarkResult, spec: SharedMarkSpec) -> None:
        folder = Path(spec.outputs[0]).parent
        words = [f"{len(result.written)} of {len(spec.inputs)} pictures saved without the mark in {folder}."]
        if result.failed:
            words.append(f"{len(result.failed)} could not be read, or do not carry it: see the log.")
        if result.doubtful:
            needed = max(result.needed, RECOMMENDED_PICTURES)
            advice = f"About {needed} would be enough." if needed <= MANY_PICTURES else "More pictures would help."
            words.append(f"From {result.pictures} pictures the mark is not known well: look for traces in the results. {advice}")
        if result.colours is not None:
            words.append(f"The mark is kept in {Path(spec.mark).name} for later pictures.")
        self._workspace.tell(" ".join(words), "warning" if result.failed or result.doubtful else "info")


def targets(paths: Sequence[Path], folder: Path, suffix: str) -> list[Path]:
    """Where the results go: names of their own that are not taken, not even by each other."""
    found: dict[Path, None] = {}
    for path in paths:
        wanted = folder / save_name(path, suffix)
        target, number = wanted, 1
        while target in found or target.exists():
            number += 1
            target = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        found[target] = None
    return list(found)


def _nothing(_picture: Picture) -> tuple[()]:
    return ()
