"""Small pieces of work beside the window's thread: read, write, convert, measure.

Not for torch and not for minutes: those are jobs. NumPy and Pillow let go of the interpreter lock where it matters.
Python's executors and not a QThreadPool: their end can be waited for without holding that lock.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import AedeskError

log = logging.getLogger(__name__)

Done = Callable[[Any], None]
Oops = Callable[[AedeskError], None]


class IoPool(QObject):
    """Two threads, from the first task to ``shutdown``: one for what the person waits for, one for what may come later.

    All methods are for the window's thread, and all callbacks run there.
    """

    _ended = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._soon = ThreadPoolExecutor(1, "io-soon")
        self._later = ThreadPoolExecutor(1, "io-later")
        self._tickets = itertools.count(1)
        self._waiting: dict[int, tuple[Done, Oops | None]] = {}
        self._down = False
        self._ended.connect(self._deliver)

    def run(self, work: Callable[[], Any], done: Done, failed: Oops | None = None, *, later: bool = False) -> int:
        """Call ``work()`` elsewhere, then ``done(result)`` or ``failed(error)`` here. Returns a ticket for ``forget``.

        ``later`` is for what nobody waits for: measuring, thumbnails. After ``shutdown`` nothing happens.
        """
        ticket = next(self._tickets)
        if not self._down:
            self._waiting[ticket] = (done, failed)
            (self._later if later else self._soon).submit(self._work, ticket, work)
        return ticket

    def forget(self, ticket: int) -> None:
        """Nobody waits for this any more: it is not begun, or its result is dropped. Unknown tickets are ignored."""
        self._waiting.pop(ticket, None)

    @property
    def idle(self) -> bool:
        return not self._waiting

    def shutdown(self) -> None:
        """Drop what has not begun and wait for what has (a picture that is being written is written)."""
        self._down = True
        self._waiting.clear()
        for executor in (self._soon, self._later):
            executor.shutdown(wait=True, cancel_futures=True)

    def _work(self, ticket: int, work: Callable[[], Any]) -> None:
        """Runs in one of the threads. Every exception reaches the window's thread as an AedeskError."""
        if ticket not in self._waiting:
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
            log.exception("A task of the window failed")
            error = AedeskError(f"Something went wrong: {unexpected}.", "The log has the details.")
        if not self._down:
            self._ended.emit(ticket, result, error)

    @Slot(int, object, object)
    def _deliver(self, ticket: int, result: Any, error: AedeskError | None) -> None:
        callbacks = self._waiting.pop(ticket, None)
        if callbacks is None:
            return
        done, failed = callbacks
        if error is None:
            done(result)
        elif failed is not None:
            failed(error)
        else:
            log.warning("%s", error)


class Latest:
    """Of a stream of tasks only the newest matters: each ``run`` forgets the one before."""

    def __init__(self, pool: IoPool) -> None:
        self._pool = pool
        self._ticket = 0

    def run(self, work: Callable[[], Any], done: Done, failed: Oops | None = None, *, later: bool = False) -> None:
        self.forget()
        self._ticket = self._pool.run(work, done, failed, later=later)

    def forget(self) -> None:
        self._pool.forget(self._ticket)
