"""Worker threads for short tasks: reading, writing, converting, measuring.

Not for torch and not for minutes of work: those are jobs. NumPy and Pillow release the interpreter lock where it matters.
Python executors are used instead of a QThreadPool because waiting for their end does not hold that lock.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import AedeskError

log = logging.getLogger(__name__)

OnResult = Callable[[Any], None]
OnError = Callable[[AedeskError], None]


class ThreadPool(QObject):
    """Two threads, each started with its first task: one for tasks that the user waits for, one for background tasks.

    All methods are called on the window's thread, and all callbacks run there.

    Args:
        owner: the threads end when it is destroyed, unless ``shutdown`` has ended them before.
        name: of the threads.
    """

    _ended = Signal(int, object, object)

    def __init__(self, owner: QObject | None = None, name: str = "aedesk-io") -> None:
        super().__init__()
        self._name = name
        self._executors: dict[bool, ThreadPoolExecutor] = {}
        self._tickets = itertools.count(1)
        self._waiting: dict[int, tuple[OnResult, OnError | None]] = {}
        self._stopped = threading.Event()
        self._ended.connect(self._deliver)
        if owner is not None:
            stopped, executors = self._stopped, self._executors
            owner.destroyed.connect(lambda: _end(stopped, executors))  # not a method: this object may be gone by then

    def run(self, work: Callable[[], Any], done: OnResult, failed: OnError | None = None, *, background: bool = False) -> int:
        """Call ``work()`` on a thread, then ``done(result)`` or ``failed(error)`` on the window's thread.

        Returns a ticket for ``cancel``. Does nothing after ``shutdown``.

        Args:
            background: for tasks that nobody waits for, such as measurements and thumbnails.
        """
        ticket = next(self._tickets)
        if not self.stopped:
            self._waiting[ticket] = (done, failed)
            if background not in self._executors:
                self._executors[background] = ThreadPoolExecutor(1, f"{self._name}-background" if background else self._name)
            self._executors[background].submit(self._work, ticket, work)
        return ticket

    def cancel(self, ticket: int) -> None:
        """Drop a task: it is not started, or its result is ignored. Unknown tickets are ignored."""
        self._waiting.pop(ticket, None)

    @property
    def idle(self) -> bool:
        """Whether no task runs or waits."""
        return not self._waiting

    @property
    def stopped(self) -> bool:
        """True once the threads are to end; long tasks should check it. Any thread."""
        return self._stopped.is_set()

    def shutdown(self) -> None:
        """Drop tasks that have not started and wait for those that run: a picture that is being written is written. Idempotent."""
        self._waiting.clear()
        _end(self._stopped, self._executors)

    def _work(self, ticket: int, work: Callable[[], Any]) -> None:
        """Runs on a worker thread. Every exception reaches the window's thread as an AedeskError."""
        if ticket not in self._waiting or self.stopped:
            return
        result: Any = None
        error: AedeskError | None = None
        try:
            result = work()
        except AedeskError as expected:
            error = expected
        except MemoryError:
            error = AedeskError("There is not enough memory for this.", "Close other programs or pictures and try again.")
        except Exception as unexpected:
            log.exception("A background task of the window failed")
            error = AedeskError(f"Something went wrong: {unexpected}.", "The log has the details.")
        if not self.stopped:
            self._ended.emit(ticket, result, error)

    @Slot(int, object, object)
    def _deliver(self, ticket: int, result: Any, error: AedeskError | None) -> None:
        callbacks = self._waiting.pop(ticket, None)
        if callbacks is None or self.stopped:
            return
        done, failed = callbacks
        if error is None:
            done(result)
        elif failed is not None:
            failed(error)
        else:
            log.warning("%s", error)


def _end(stopped: threading.Event, executors: dict[bool, ThreadPoolExecutor]) -> None:
    stopped.set()
    for executor in executors.values():
        executor.shutdown(wait=True, cancel_futures=True)


class LatestTask:
    """A stream of pool tasks of which only the newest counts: each ``run`` cancels the one before."""

    def __init__(self, pool: ThreadPool) -> None:
        self._pool = pool
        self._ticket = 0

    def run(self, work: Callable[[], Any], done: OnResult, failed: OnError | None = None, *, background: bool = False) -> None:
        self.cancel()
        self._ticket = self._pool.run(work, done, failed, background=background)

    def cancel(self) -> None:
        self._pool.cancel(self._ticket)
