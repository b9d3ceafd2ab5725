"""Events of work that reports by a callback."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TypeVar

from aedesk.codec.learned.encoder import Tick
from aedesk.core.events import Event, Progress

T = TypeVar("T")
POLL_S = 0.1


def followed(work: Callable[[Tick], T], megapixels: float, detail: Callable[[], str] = lambda: "") -> Generator[Event, None, T]:
    """Run ``work`` in a thread and tell how far it is; returns what it returns, and raises what it raises.

    ``work`` is given the callback to call with parts done and parts in all; a job is a generator, and a callback cannot yield.
    """
    told: SimpleQueue[tuple[float, int]] = SimpleQueue()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(copy_context().run, work, lambda done, total: told.put((done, total)))
        while not future.done():
            try:
                done, total = told.get(timeout=POLL_S)
            except Empty:
                continue
            yield Progress(megapixels * done / total, megapixels, "MP", detail())
        return future.result()
