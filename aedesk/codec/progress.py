"""Progress events for work that reports through a callback."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TypeVar

from aedesk.codec.picture_codec import OnProgress
from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event, Progress

T = TypeVar("T")
POLL_S = 0.1


def with_progress(
    work: Callable[[OnProgress], T], megapixels: float, cancel: CancelToken, detail: Callable[[], str] = lambda: ""
) -> Generator[Event, None, T]:
    """Runs ``work`` in a thread and yields its progress in megapixels; returns its result and raises its errors.

    A job is a generator and a callback cannot yield, hence the thread. The callback raises ``JobCancelled`` after a cancellation.
    """
    reports: SimpleQueue[tuple[float, int]] = SimpleQueue()

    def on_progress(done: float, total: int) -> None:
        cancel.check()
        reports.put((done, total))

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(copy_context().run, work, on_progress)
        while not future.done():
            try:
                done, total = reports.get(timeout=POLL_S)
            except Empty:
                continue
            yield Progress(megapixels * done / total, megapixels, "MP", detail())
        return future.result()
