"""A test that leaves something running fails, and the message names it and the line that started it.

Watched: QThreads, threads that keep the interpreter alive, child processes, running QTimers, open windows and shared-memory blocks.
Whatever was there before the test (made by a fixture of a wider scope) is not the test's; it must be gone at the end of the session.
"""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.process
import os
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication

GRACE_S = 2.0
PROJECT = Path(__file__).resolve().parents[2]
SHARED_MEMORY = Path("/dev/shm")

_started: list[tuple[weakref.ref[Any], str]] = []
_test_failed = pytest.StashKey[bool]()


def _calling_line() -> str:
    """The innermost line of the project on the stack, this file left out."""
    frame = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path != Path(__file__) and path.is_relative_to(PROJECT) and "site-packages" not in path.parts:
            return f"{path.relative_to(PROJECT)}:{frame.f_lineno}"
        frame = frame.f_back
    return "unknown"


def _remember_starts(kind: type) -> None:
    original = kind.start

    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        _started.append((weakref.ref(self), _calling_line()))
        return original(self, *args, **kwargs)

    kind.start = start


for _kind in (QThread, QTimer, threading.Thread, multiprocessing.process.BaseProcess):
    _remember_starts(_kind)


@dataclass(frozen=True)
class Leak:
    """Something that lives: ``key`` tells it from its like, ``thing`` is the object or a process id."""

    key: tuple[str, object]
    text: str
    thing: Any = None


def living() -> dict[tuple[str, object], Leak]:
    """Everything that is watched and alive now."""
    leaks = [*_qt_objects(), *_threads(), *_processes(), *_windows(), *_shared_memory()]
    return {leak.key: leak for leak in leaks}


def _origin(thing: object) -> str:
    return next((f", started at {line}" for reference, line in reversed(_started) if reference() is thing), "")


def _qt_objects() -> Iterator[Leak]:
    _started[:] = [entry for entry in _started if entry[0]() is not None]
    for reference, line in _started:
        thing = reference()
        if not isinstance(thing, QThread | QTimer) or not shiboken6.isValid(thing):
            continue
        kind = "QThread" if isinstance(thing, QThread) else "QTimer"
        if thing.isRunning() if isinstance(thing, QThread) else thing.isActive():
            yield Leak((kind, id(thing)), f"{kind} {type(thing).__name__} {thing.objectName()!r}, started at {line}", thing)


def _threads() -> Iterator[Leak]:
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            yield Leak(("thread", thread.ident), f"thread {thread.name!r}{_origin(thread)}", thread)


def _processes() -> Iterator[Leak]:
    known = {child.pid: child for child in multiprocessing.active_children()}
    for pid in _child_pids() or known:
        text = _command_line(pid)
        if "resource_tracker" not in text:  # the standard library's own, one for the whole session
            yield Leak(("process", pid), f"child process {pid} ({text}){_origin(known.get(pid))}", pid)


def _child_pids() -> set[int]:
    """The children of this process that still run, by the kernel's list (Linux)."""
    pids: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            pids.update(int(pid) for pid in task.read_text().split())
        except OSError:  # the thread has just ended
            continue
    return {pid for pid in pids if not _is_zombie(pid)}


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()[:160]
    except OSError:
        return "command unknown"


def _windows() -> Iterator[Leak]:
    if QApplication.instance() is None:
        return
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible():
            yield Leak(("window", id(widget)), f"open window {type(widget).__name__} {widget.objectName()!r}", widget)


def _shared_memory() -> Iterator[Leak]:
    """Blocks are named after the process that owns the conversation, so another aedesk on this machine does not disturb."""
    for path in SHARED_MEMORY.glob(f"aed{os.getpid():x}x*"):
        yield Leak(("shared memory", path.name), f"shared-memory block {path.name} ({path.stat().st_size} bytes)", path)


def left_after(before: dict[tuple[str, object], Leak], grace_s: float = GRACE_S) -> list[Leak]:
    """What has come since ``before`` and does not go within the grace time."""
    deadline = time.monotonic() + grace_s
    left = _new(before)
    while left and time.monotonic() < deadline:
        if QCoreApplication.instance() is not None:
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()
        gc.collect()
        time.sleep(0.01)
        left = _new(before)
    return left


def _new(before: dict[tuple[str, object], Leak]) -> list[Leak]:
    return [leak for key, leak in living().items() if key not in before]


def end(leaks: list[Leak]) -> None:
    """Stop what can be stopped, so that one leak does not fail (or abort) the tests that follow."""
    for leak in leaks:
        match leak.key[0]:
            case "QThread":
                leak.thing.requestInterruption()
                leak.thing.quit()
                if not leak.thing.wait(1000):
                    leak.thing.terminate()
                    leak.thing.wait(1000)
            case "QTimer":
                leak.thing.stop()
            case "process":
                os.kill(leak.thing, getattr(signal, "SIGKILL", signal.SIGTERM))
            case "window":
                leak.thing.close()
                leak.thing.deleteLater()
            case "shared memory":
                leak.thing.unlink(missing_ok=True)


def report(leaks: list[Leak]) -> str:
    return "left behind:\n" + "\n".join(f"  - {leak.text}" for leak in leaks)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    if call.when == "call":
        item.stash[_test_failed] = outcome.failed
    return outcome


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    before = living()
    yield
    leaks = left_after(before)
    end(leaks)
    if leaks and not request.node.stash.get(_test_failed, False):  # a test that stopped in its middle could not clean up
        pytest.fail(report(leaks), pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_session() -> Iterator[None]:
    before = living()
    yield
    leaks = left_after(before)
    end(leaks)
    if leaks:
        pytest.fail(report(leaks), pytrace=False)
