"""Erasing as work of the window's queue, and what the person is told about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.erase_specs import EraseResult, EraseSpec, FindMarkResult, FindMarkSpec
from aedesk.core.events import Cancelled, Event, Failed, Finished, Terminal
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Document
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.workspace import Workspace
from aedesk.imaging.masks import Mask
from aedesk.imaging.picture import Picture

TITLE = "Erase"


@dataclass
class _Batch:
    """Some pictures that were asked for together."""

    waiting: set[int]
    count: int
    erased: int = 0
    unmarked: list[str] = field(default_factory=list)
    failed: int = 0
    cancelled: int = 0


class Eraser(QObject):
    """Queues what is to be found and erased.

    Signals:
        found(Document, FindMarkResult): what was looked for.
        search_ended(Document): looking for marks on it is over, however it went.
        erased(Document, revision): the present step of the picture was made by the mask that had this revision; 0 for a found one.
    """

    found = Signal(object, object)
    search_ended = Signal(object)
    erased = Signal(object, int)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._searches: set[int] = set()
        self._revisions: dict[int, int] = {}
        self._batches: list[_Batch] = []
        workspace.queue.task_event.connect(self._on_task_event)

    def find(self, document: Document, spec: FindMarkSpec) -> None:
        """Look for the mark on a picture."""
        task = Task(f"Find the mark on {document.name}", document, spec, _newest, badge=False)
        self._searches.add(task.id)
        self._workspace.queue.add(task)

    def erase(self, wanted: list[tuple[Document, Mask | None, int]], spec: EraseSpec) -> None:
        """Erase from each of some pictures what its mask covers, or with None what is found on it.

        Args:
            wanted: picture, mask (not changed by anybody from now on), and the mask's revision.
        """
        tasks = [
            Task(f"{TITLE} {document.name}", document, spec, _newest, _step, job_inputs=partial(_with_mask, mask))
            for document, mask, _ in wanted
        ]
        self._batches.append(_Batch({task.id for task in tasks}, len(tasks)))
        for task, (_, _, revision) in zip(tasks, wanted, strict=True):
            self._revisions[task.id] = revision
            self._workspace.queue.add(task)

    @Slot(object, object)
    def _on_task_event(self, task: Task, event: Event) -> None:
        if not isinstance(event, Terminal):
            return
        if task.id in self._searches:
            self._on_search(task, event)
        elif task.id in self._revisions:
            self._on_erased(task, event)

    def _on_search(self, task: Task, event: Terminal) -> None:
        if isinstance(event, Finished):
            self._searches.discard(task.id)  # a failed one may be tried again
            result: FindMarkResult = event.result
            if result.area_px:
                self.found.emit(task.document, result)
            else:
                self._workspace.tell(f"{_no_mark(task.document.name)} {_HINT}", "info")
        self.search_ended.emit(task.document)

    def _on_erased(self, task: Task, event: Terminal) -> None:
        marked = isinstance(event, Finished) and bool(event.result.area_px)
        if marked:
            self.erased.emit(task.document, self._revisions[task.id])
        batch = next((batch for batch in self._batches if task.id in batch.waiting), None)
        if batch is None:  # tried again after its batch was told about: the list of jobs says how that went
            return
        batch.waiting.discard(task.id)
        if marked:
            batch.erased += 1
        elif isinstance(event, Finished):
            batch.unmarked.append(task.document.name)
        elif isinstance(event, Cancelled):
            batch.cancelled += 1
        elif isinstance(event, Failed):
            batch.failed += 1
        if not batch.waiting:
            self._batches.remove(batch)
            self._tell(batch)

    def _tell(self, batch: _Batch) -> None:
        if batch.count == 1:
            if batch.unmarked:
                self._workspace.tell(f"{_no_mark(batch.unmarked[0])} {_HINT}", "info")
            return
        words = [f"Erased in {batch.erased} of {batch.count} pictures."]
        if batch.unmarked:
            named = ", ".join(batch.unmarked[:5]) + (" and others" if len(batch.unmarked) > 5 else "")
            words.append(_no_mark(named))
        if batch.cancelled:
            words.append(f"{batch.cancelled} cancelled.")
        if batch.failed:
            words.append(f"{batch.failed} failed: see the log.")
        self._workspace.tell(" ".join(words), "error" if batch.failed else "info")


_HINT = "Raise the sensitivity, or paint over it."


def _no_mark(names: str) -> str:
    return f"No mark was found on {names}."


def _newest(document: Document) -> Picture | None:
    return document.newest


def _with_mask(mask: Mask | None, picture: Picture) -> tuple[Picture, Mask | None]:
    return picture, mask


def _step(before: Step, _given: Picture, result: EraseResult) -> Step:
    if not result.area_px:
        return before
    return Step(TITLE, before.noisy, before.reference, result.picture, erased=result.picture)
