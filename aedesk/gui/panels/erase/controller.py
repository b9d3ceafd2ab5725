"""Queues the tasks of the Erase panel and reports their results."""

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
    """The pictures of one command."""

    waiting: set[int]
    count: int
    erased: int = 0
    unmarked: list[str] = field(default_factory=list)
    failed: int = 0
    cancelled: int = 0


class EraseController(QObject):
    """Queues searches and erasures.

    Signals:
        found(Document, FindMarkResult): a search has found a watermark.
        search_ended(Document): a search has ended, with or without a result.
        erased(Document, revision): a mask with this revision was erased; 0 for a mask that the model has found.
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
        """Searches a picture for a watermark."""
        task = Task(f"Find watermark in {document.name}", document, spec, _latest_picture, badge=False)
        self._searches.add(task.id)
        self._workspace.queue.add(task)

    def erase(self, wanted: list[tuple[Document, Mask | None, int]], spec: EraseSpec) -> None:
        """Erases what the masks cover.

        Args:
            wanted: for each picture its mask, which must not change any more, and the mask's revision; mask None: what the model finds.
        """
        tasks = [
            Task(f"{TITLE} {document.name}", document, spec, _latest_picture, _step, job_inputs=partial(_with_mask, mask))
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
            self._searches.discard(task.id)  # a failed search may be retried
            result: FindMarkResult = event.result
            if result.area_px:
                self.found.emit(task.document, result)
            else:
                self._workspace.notify(f"{_no_mark(task.document.name)} {_HINT}", "info")
        self.search_ended.emit(task.document)

    def _on_erased(self, task: Task, event: Terminal) -> None:
        marked = isinstance(event, Finished) and bool(event.result.area_px)
        if marked:
            self.erased.emit(task.document, self._revisions[task.id])
        batch = next((batch for batch in self._batches if task.id in batch.waiting), None)
        if batch is None:  # retried after its batch was reported: the job list shows the result
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
            self._report(batch)

    def _report(self, batch: _Batch) -> None:
        if batch.count == 1:
            if batch.unmarked:
                self._workspace.notify(f"{_no_mark(batch.unmarked[0])} {_HINT}", "info")
            return
        words = [f"{batch.erased} of {batch.count} pictures cleaned."]
        if batch.unmarked:
            named = ", ".join(batch.unmarked[:5]) + (" and others" if len(batch.unmarked) > 5 else "")
            words.append(_no_mark(named))
        if batch.cancelled:
            words.append(f"{batch.cancelled} cancelled.")
        if batch.failed:
            words.append(f"{batch.failed} failed: see the log.")
        self._workspace.notify(" ".join(words), "error" if batch.failed else "info")


_HINT = "Increase the sensitivity, or paint over it."


def _no_mark(names: str) -> str:
    return f"No watermark was found in {names}."


def _latest_picture(document: Document) -> Picture | None:
    return document.latest


def _with_mask(mask: Mask | None, picture: Picture) -> tuple[Picture, Mask | None]:
    return picture, mask


def _step(before: Step, _picture: Picture, result: EraseResult) -> Step:
    if not result.area_px:
        return before
    return Step(TITLE, before.noisy, before.reference, result.picture, erased=result.picture)
