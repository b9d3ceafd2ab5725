"""The window's queue of tasks on pictures.

Waiting tasks refer to documents instead of holding pixels in the worker's queue: a hundred of them take no memory, and one that fails
does not stop the others.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import AedeskError
from aedesk.core.events import Cancelled, Event, Failed, Finished, Log, Terminal
from aedesk.gui.documents.disk_backed import move_to_disk
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Badge, Document, Library
from aedesk.gui.documents.loader import Loader
from aedesk.gui.jobs.bridge import JobBridge
from aedesk.gui.thread_pool import ThreadPool
from aedesk.imaging.picture import Picture
from aedesk.settings.places import cache_dir

log = logging.getLogger(__name__)
_ids = itertools.count(1)


class TaskState(StrEnum):
    """The states of a task."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_STATE_AFTER = {Finished: TaskState.DONE, Failed: TaskState.FAILED, Cancelled: TaskState.CANCELLED}
_BADGE_AFTER = {Finished: Badge.DONE, Failed: Badge.FAILED, Cancelled: Badge.NONE}


@dataclass(eq=False)
class Task:
    """A job on one picture.

    Args:
        title: shown in the list of jobs.
        spec: any spec whose input is one picture; its ``device``, if it has one, is replaced by "cpu" when that device fails.
        pick_input: returns the input picture, called when the task starts; None if there is none.
        make_step: (step at the start, input, result) -> next step of the document's history; the first argument if nothing changed.
        save_result: for results that are not pictures, instead of ``make_step``: saves the result on a thread and returns a summary.
        job_inputs: input picture -> inputs of the job; by default the picture.
        badge: whether the library shows the state of this task.
    """

    title: str
    document: Document
    spec: Any
    pick_input: Callable[[Document], Picture | None]
    make_step: Callable[[Step, Picture, Any], Step] | None = None
    badge: bool = True
    save_result: Callable[[Any], str] | None = None
    job_inputs: Callable[[Picture], tuple[Any, ...]] = lambda picture: (picture,)
    id: int = field(default_factory=lambda: next(_ids))
    state: TaskState = TaskState.WAITING
    job_id: int = 0
    started_with: tuple[Step, Picture] | None = None

    @property
    def over(self) -> bool:
        """Whether the task has ended."""
        return self.state not in (TaskState.WAITING, TaskState.RUNNING)


class TaskQueue(QObject):
    """Runs tasks one after the other on a bridge."""

    added = Signal(object)  # Task
    task_event = Signal(object, object)  # Task, Event; also for tasks that end before they reach the worker
    stopping = Signal(object)  # Task: its cancellation was requested
    waiting_again = Signal(object)  # Task
    device_lost = Signal(object, object)  # Task, Failed: the task will run again, on the CPU
    busy_changed = Signal(bool)

    def __init__(self, library: Library, loader: Loader, pool: ThreadPool, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._loader, self._pool, self._bridge = library, loader, pool, bridge
        self._tasks: dict[int, Task] = {}
        self._running: Task | None = None
        bridge.job_event.connect(self._on_event)
        library.removed.connect(self._on_removed)

    @property
    def tasks(self) -> list[Task]:
        """All tasks in order, finished ones included."""
        return list(self._tasks.values())

    @property
    def running(self) -> Task | None:
        """The running task; None if there is none."""
        return self._running

    @property
    def busy(self) -> bool:
        """Whether a task runs or waits."""
        return self._running is not None or any(not task.over for task in self._tasks.values())

    def add(self, task: Task) -> None:
        """Adds a task at the end of the queue."""
        self._tasks[task.id] = task
        self.added.emit(task)
        self._next()

    def cancel(self, task_id: int) -> None:
        """Cancels a task; finished and unknown ones are ignored."""
        task = self._tasks.get(task_id)
        if task is None or task.over:
            return
        if task is self._running and task.job_id:
            self._bridge.cancel(task.job_id)
            self.stopping.emit(task)
        else:
            self._end(task, Cancelled())

    def cancel_all(self) -> None:
        """Cancels waiting tasks first, so that none starts in between."""
        for task in sorted(self.tasks, key=lambda task: task is self._running):
            self.cancel(task.id)

    def retry(self, task_id: int) -> None:
        """Puts a failed or cancelled task at the end of the queue."""
        task = self._tasks.get(task_id)
        if task is None or task.state not in (TaskState.FAILED, TaskState.CANCELLED):
            return
        if self._library.find(task.document.id) is None:
            return
        del self._tasks[task.id]
        self._tasks[task.id] = task
        self._wait_again(task)

    def clear_over(self) -> None:
        """Removes the tasks that have ended."""
        self._tasks = {known: task for known, task in self._tasks.items() if not task.over}

    def _wait_again(self, task: Task) -> None:
        task.state, task.job_id, task.started_with = TaskState.WAITING, 0, None
        self.waiting_again.emit(task)
        self._next()

    def _next(self) -> None:
        if self._running is not None:
            return
        task = next((task for task in self._tasks.values() if task.state is TaskState.WAITING), None)
        self._running = task
        self.busy_changed.emit(task is not None)
        if task is None:
            return
        task.state = TaskState.RUNNING
        if task.badge:
            self._library.set_badge(task.document, Badge.WORKING)
        self._loader.ensure(task.document, lambda _: self._start(task), lambda error: self._cannot_start(task, error))

    def _start(self, task: Task) -> None:
        if task is not self._running or task.over:
            return
        picture = task.pick_input(task.document)
        if picture is None:
            self._cannot_start(task, AedeskError(f"{task.document.name} is no longer open.", "Open it again."))
            return
        task.started_with = (task.document.step, picture)
        try:
            task.job_id = self._bridge.submit(task.spec, *task.job_inputs(picture))
        except AedeskError as error:
            self._cannot_start(task, error)

    def _cannot_start(self, task: Task, error: AedeskError) -> None:
        if task is self._running and not task.over:
            self._on_failed(task, Failed(error.message, error.hint, type(error).__name__))

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        task = self._running
        if task is None or task.job_id != job_id:
            return
        if isinstance(event, Failed):
            self._on_failed(task, event)
        elif isinstance(event, Finished) and task.started_with is not None:
            self._store(task, event, *task.started_with)
        elif isinstance(event, Terminal):
            self._end(task, event)
        else:
            if isinstance(event, Log):
                log.info("%s: %s", task.title, event.text)
            self.task_event.emit(task, event)

    def _store(self, task: Task, event: Finished, before: Step, picture: Picture) -> None:
        """Moves the result to disk and makes it the current step of its document, or saves a result that is not a picture."""
        save_result, make_step = task.save_result, task.make_step
        if save_result is not None:
            self._pool.run(
                lambda: save_result(event.result),
                lambda summary: self._end(task, replace(event, summary=summary)),
                lambda error: self._on_failed(task, Failed(error.message, error.hint, type(error).__name__)),
            )
            return
        step = before if make_step is None else make_step(before, picture, event.result)
        if step is before:
            self._end(task, event)
            return

        def on_moved(moved: Step) -> None:
            if self._library.find(task.document.id) is not None:
                self._library.push(task.document, moved)
            self._end(task, event)

        def on_error(error: AedeskError) -> None:
            self._on_failed(task, Failed(error.message, error.hint, type(error).__name__))

        self._pool.run(lambda: _moved_to_disk(step, before), on_moved, on_error)

    def _on_failed(self, task: Task, event: Failed) -> None:
        log.error("%s: %s %s%s", task.title, event.message, event.hint, f"\n{event.detail}" if event.detail else "")
        if event.kind == "DeviceError" and getattr(task.spec, "device", "cpu") != "cpu":
            task.spec = replace(task.spec, device="cpu")
            self._running = None
            self.device_lost.emit(task, event)
            self._wait_again(task)
        else:
            self._end(task, event)

    def _end(self, task: Task, event: Terminal) -> None:
        task.state = _STATE_AFTER[type(event)]
        task.started_with = None
        if self._library.find(task.document.id) is not None and task.badge:
            problem = f"{event.message} {event.hint}".rstrip() if isinstance(event, Failed) else ""
            self._library.set_badge(task.document, _BADGE_AFTER[type(event)], problem)
        self.task_event.emit(task, event)
        if task is self._running:
            self._running = None
        self._next()

    @Slot(object)
    def _on_removed(self, documents: list[Document]) -> None:
        for task in self.tasks:
            if task.document in documents:
                self.cancel(task.id)


def _moved_to_disk(step: Step, before: Step) -> Step:
    """Returns the step with the pictures that are new in it in files. Any thread."""
    known = {id(picture): picture for picture in before.pictures}
    changes: dict[str, Any] = {}
    for name in ("noisy", "restored", "erased"):
        picture = getattr(step, name)
        if picture is not None:
            if id(picture) not in known:
                known[id(picture)] = move_to_disk(picture, cache_dir())
            changes[name] = known[id(picture)]
    return replace(step, **changes)
