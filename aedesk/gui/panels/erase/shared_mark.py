"""The same watermark on many pictures: one queued job that reads and writes files."""

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
"""A larger number of required pictures is not given as advice, because few users have so many."""


class SharedMarkController(QObject):
    """Asks for a folder, queues the job and reports its result."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._tasks: set[int] = set()
        workspace.queue.task_event.connect(self._on_task_event)

    def clean(self, documents: list[Document], saved_mark: Path | None) -> None:
        """Removes the watermark from the files of these pictures.

        Args:
            saved_mark: file of a known watermark; None to estimate it and save it next to the results.
        """
        usable = [document for document in documents if is_picture_path(document.path)]
        if not usable or (saved_mark is None and len(usable) < MIN_PICTURES):
            self._workspace.notify(
                f"Estimating the watermark takes at least {MIN_PICTURES} pictures that have it, better {RECOMMENDED_PICTURES} to 30. "
                "Open a folder of them, or select more in the library.",
                "info",
            )
            return
        folder = files.choose_folder(self._window, "Folder for the cleaned pictures", str(self._workspace.settings["last_folder"]))
        if folder is None:
            return
        settings, paths = self._workspace.settings, [document.path for document in usable]
        spec = SharedMarkSpec(
            tuple(map(str, paths)),
            tuple(map(str, targets(paths, folder, str(settings["save_suffix"])))),
            mark=str(saved_mark or free_name(folder / MARK_NAME)),
            quality=int(settings["jpeg_quality"]),
            device=self._workspace.inventory.device,
        )
        title = f"Erase the same watermark from {len(paths)} pictures"
        task = Task(title, usable[0], spec, lambda document: document.base, badge=False, job_inputs=_no_inputs)
        self._tasks.add(task.id)
        self._workspace.queue.add(task)

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if task.id in self._tasks and isinstance(event, Finished):
            self._tasks.discard(task.id)
            spec: SharedMarkSpec = task.spec
            self._report(event.result, spec)

    def _report(self, result: SharedMarkResult, spec: SharedMarkSpec) -> None:
        folder = Path(spec.outputs[0]).parent
        words = [f"{len(result.written)} of {len(spec.inputs)} pictures saved without the watermark in {folder}."]
        if result.failed:
            words.append(f"{len(result.failed)} could not be read or do not have it: see the log.")
        if result.doubtful:
            needed = max(result.needed, RECOMMENDED_PICTURES)
            advice = f"About {needed} would be enough." if needed <= MANY_PICTURES else "More pictures would help."
            words.append(f"With {result.pictures} pictures the estimate is uncertain: check the results for traces. {advice}")
        if result.colours is not None:
            words.append(f"The watermark is saved in {Path(spec.mark).name} for later use.")
        self._workspace.notify(" ".join(words), "warning" if result.failed or result.doubtful else "info")


def targets(paths: Sequence[Path], folder: Path, suffix: str) -> list[Path]:
    """Returns a path in ``folder`` for each result, all different and none of an existing file."""
    found: dict[Path, None] = {}
    for path in paths:
        wanted = folder / save_name(path, suffix)
        target, number = wanted, 1
        while target in found or target.exists():
            number += 1
            target = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
        found[target] = None
    return list(found)


def _no_inputs(_picture: Picture) -> tuple[()]:
    return ()
