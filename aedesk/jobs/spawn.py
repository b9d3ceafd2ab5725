"""What every process of ours needs at its birth, on both sides."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from types import ModuleType

from aedesk.jobs.streams import ensure_streams

_one_at_a_time = threading.Lock()


@contextmanager
def spawning() -> Iterator[None]:
    """Surrounds the start of a spawned process, on any thread."""
    with ExitStack() as stack:
        stack.enter_context(_one_at_a_time)
        stack.enter_context(_without_main_module())
        stack.enter_context(_interrupts_blocked())
        yield


def begin() -> None:
    """The first call in the new process: Ctrl-C is for the parent, and streams exist."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by the parent until the line above
    ensure_streams()


def offer_to_the_oom_killer() -> None:
    """Linux, out of memory, shall kill this process, which is restarted, and not the parent with a person's work in it."""
    try:
        Path("/proc/self/oom_score_adj").write_text("600", encoding="ascii")
    except OSError:
        pass  # another system, or one that does not allow it


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Spawn without importing the parent's main script again.

    ``multiprocessing`` runs it in the child, so that functions defined there can be found. Ours are never defined there, and the main
    script of the window imports Qt, which the worker must not.
    """
    saved = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = saved


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A child started in here cannot be hit by Ctrl-C before it has said that it ignores it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would unblock the signal
    saved = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, saved)
