"""Tasks on the window's threads, and their results."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from aedesk.gui.thread_pool import LatestTask, ThreadPool


def test_a_task_runs_on_a_thread_and_its_callback_on_the_windows_thread(qtbot: QtBot) -> None:
    pool, seen = ThreadPool(), []
    pool.run(threading.current_thread, lambda worker: seen.append((worker, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] is not threading.main_thread()
    assert seen[0][1] is threading.main_thread()
    pool.shutdown()


def test_an_unexpected_error_in_a_task_is_reported_in_words_and_logged(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    pool, errors = ThreadPool(), []
    pool.run(lambda: 1 // 0, lambda _: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "by zero" in str(errors[0])
    assert "Traceback" in caplog.text
    pool.shutdown()


def test_of_several_tasks_only_the_newest_is_delivered(qtbot: QtBot) -> None:
    pool, results, gate = ThreadPool(), [], threading.Event()
    latest = LatestTask(pool)

    def wait_and_give(value: int) -> Any:
        gate.wait(5)
        return value

    for value in range(5):
        latest.run(lambda value=value: wait_and_give(value), results.append)
    gate.set()
    qtbot.waitUntil(lambda: pool.idle)
    assert results == [4]
    pool.shutdown()


def test_after_shutdown_nothing_is_delivered(qtbot: QtBot) -> None:
    pool, results = ThreadPool(), []
    pool.run(lambda: 1, results.append)
    pool.shutdown()
    pool.run(lambda: 2, results.append)
    qtbot.wait(20)
    assert results == []


def test_the_threads_end_with_the_owner_and_nothing_is_delivered_after_it(qtbot: QtBot) -> None:
    owner, results = QObject(), []
    pool = ThreadPool(owner, "owned")
    started, gate = threading.Event(), threading.Event()

    def work() -> int:
        started.set()
        gate.wait(5)
        return 1

    pool.run(work, results.append)
    assert started.wait(5)
    threading.Timer(0.05, gate.set).start()
    owner.deleteLater()
    qtbot.waitUntil(lambda: pool.stopped)
    qtbot.wait(20)
    assert results == []
    assert not any(thread.name.startswith("owned") for thread in threading.enumerate())


def test_a_cancelled_task_is_not_started(qtbot: QtBot) -> None:
    pool, ran, gate = ThreadPool(), [], threading.Event()
    pool.run(lambda: gate.wait(5), lambda _: None)
    pool.cancel(pool.run(lambda: ran.append("cancelled"), lambda _: None))
    pool.run(lambda: ran.append("kept"), lambda _: None)
    gate.set()
    qtbot.waitUntil(lambda: pool.idle)
    assert ran == ["kept"]
    pool.shutdown()
