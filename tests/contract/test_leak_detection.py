"""The detector that guards every other test sees each kind of leak, and names it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.shared_memory import SharedMemory

import pytest
from leaks import SHARED_MEMORY, end, left_after, living
from PySide6.QtCore import QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget


@contextmanager
def reported_leaks() -> Iterator[list[str]]:
    """Collects the texts of what the block leaves behind, then ends it."""
    before, texts = living(), []
    yield texts
    leaks = left_after(before, grace_s=0.05)
    texts += [leak.text for leak in leaks]
    end(leaks)


def test_a_running_qthread_is_named_with_the_line_that_started_it(qapp: QApplication) -> None:
    with reported_leaks() as texts:
        thread = QThread(objectName="forgotten")
        thread.start()
    assert len(texts) == 1
    assert texts[0].startswith("QThread QThread 'forgotten', started at tests")
    assert thread.isFinished()


def test_a_running_timer_is_seen_even_if_an_object_owns_it(qapp: QApplication) -> None:
    owner = QObject()
    with reported_leaks() as texts:
        QTimer(owner, objectName="tick").start(1000)
    assert [text.partition(",")[0] for text in texts] == ["QTimer QTimer 'tick'"]


def test_a_timer_that_goes_with_its_closed_widget_is_no_leak(qapp: QApplication) -> None:
    with reported_leaks() as texts:
        widget = QWidget()
        QTimer(widget).start(1000)
        widget.deleteLater()
    assert texts == []


def test_a_window_left_open_is_seen(qapp: QApplication) -> None:
    with reported_leaks() as texts:
        widget = QWidget(objectName="dialog")
        widget.show()
    assert texts == ["open window QWidget 'dialog'"]
    assert not widget.isVisible()


def test_a_thread_that_keeps_the_interpreter_alive_is_seen() -> None:
    leave = threading.Event()
    with reported_leaks() as texts:
        thread = threading.Thread(target=leave.wait, name="stuck")
        thread.start()
    leave.set()
    thread.join()
    assert len(texts) == 1
    assert texts[0].startswith("thread 'stuck', started at tests")


def test_a_child_process_is_seen_and_ended() -> None:
    with reported_leaks() as texts:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert child.wait(timeout=10) != 0
    assert len(texts) == 1
    assert "time.sleep(60)" in texts[0]


@pytest.mark.skipif(not SHARED_MEMORY.exists(), reason="shared memory has no names to list on this system")
def test_a_shared_memory_block_is_seen() -> None:
    with reported_leaks() as texts:
        block = SharedMemory(f"aed{os.getpid():x}xtest", create=True, size=4096)
        block.close()
    assert len(texts) == 1
    block = SharedMemory(f"aed{os.getpid():x}xtest", create=True, size=4096)  # the name is free again
    block.close()
    block.unlink()


def test_what_ends_within_the_grace_time_is_no_leak() -> None:
    before = living()
    threading.Timer(0.1, lambda: None).start()
    assert left_after(before, grace_s=5.0) == []
