"""Small work off the main thread whose thread is owned: it ends with the widget that asked for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal


class Background(QObject):
    """One thread for pieces of numpy or Pillow work, which let the window's thread run meanwhile.

    A Python executor and not a QThreadPool: its end can be waited for from Python without holding the interpreter lock.
    ``done`` is emitted on the working thread; connect it to a method of a QObject of the main thread, where Qt delivers it.

    Args:
        owner: the work stops when this object is destroyed.
    """

    done = Signal(object, object)

    def __init__(self, owner: QObject, name: str) -> None:
        super().__init__()
        self._stopped = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        stopped, pool = self._stopped, self._pool
        owner.destroyed.connect(lambda: _end(stopped, pool))  # not a method of this object, which may be gone by then

    @property
    def stopped(self) -> bool:
        """True once nobody waits for results any more. Any thread."""
        return self._stopped.is_set()

    def submit(self, key: object, work: Callable[[], Any]) -> Future[None] | None:
        """Run ``work()``, then emit ``done(key, result)``; a raised exception is the result. None if stopped already."""
        return None if self.stopped else self._pool.submit(self._run, key, work)

    def stop(self) -> None:
        """Drop what waits, finish what runs (work should look at ``stopped``), end the thread. May be called twice."""
        _end(self._stopped, self._pool)

    def _run(self, key: object, work: Callable[[], Any]) -> None:
        if self.stopped:
            return
        try:
            result: Any = work()
        except Exception as error:  # the asker decides what a failure means
            result = error
        if not self.stopped:
            self.done.emit(key, result)


def _end(stopped: threading.Event, pool: ThreadPoolExecutor) -> None:
    stopped.set()
    pool.shutdown(wait=True, cancel_futures=True)
