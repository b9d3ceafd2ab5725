from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from fake_client import FakeClient
from PySide6.QtCore import QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from aedesk.core.errors import JobError
from aedesk.core.events import Cancelled, Event, Finished, Log
from aedesk.core.specs import DevicesSpec
from aedesk.gui.jobs.bridge import JobBridge
from aedesk.gui.jobs.thread_pool import IoPool, Latest
from aedesk.jobs.events import WorkerState


class Recorder(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[int, Event]] = []
        self.threads: set[QThread] = set()

    @Slot(int, object)
    def on_event(self, job_id: int, event: Event) -> None:
        self.events.append((job_id, event))
        self.threads.add(QThread.currentThread())


def test_events_arrive_in_order_on_the_windows_thread(qtbot: QtBot) -> None:
    client, recorder = FakeClient(), Recorder()
    bridge = JobBridge(lambda: client)
    bridge.job_event.connect(recorder.on_event)
    job_id = bridge.submit(DevicesSpec())
    qtbot.waitUntil(lambda: bool(recorder.events))
    assert [(job, type(event)) for job, event in recorder.events] == [(job_id, Finished)]
    assert recorder.threads == {QThread.currentThread()}
    bridge.shutdown()


def test_states_of_the_worker_become_a_signal_and_its_log_lines_go_to_the_log(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    client = FakeClient()
    bridge = JobBridge(lambda: client)
    with qtbot.waitSignal(bridge.state_changed, check_params_cb=lambda state, _: state == "ready"):
        bridge.start()
    with qtbot.waitSignal(bridge.state_changed) as heard, caplog.at_level(logging.WARNING):
        client.say((0, Log("low on memory", "warning")), (0, WorkerState("stopped", "it is gone")))
    assert heard.args == ["stopped", "it is gone"]
    assert bridge.state == "stopped"
    assert "low on memory" in caplog.text
    bridge.shutdown()


def test_shutdown_cancels_closes_and_joins_and_may_be_called_twice(qtbot: QtBot) -> None:
    client, recorder = FakeClient(hold=(DevicesSpec,)), Recorder()
    bridge = JobBridge(lambda: client)
    bridge.job_event.connect(recorder.on_event)
    job_id = bridge.submit(DevicesSpec())
    bridge.shutdown()
    bridge.shutdown()
    assert client.closed
    assert job_id in client.cancelled
    qtbot.waitUntil(lambda: any(isinstance(event, Cancelled) for _, event in recorder.events))


def test_a_bridge_that_never_ran_still_closes_its_client(qtbot: QtBot) -> None:
    client = FakeClient()
    JobBridge(lambda: client).shutdown()
    assert client.closed


def test_io_work_runs_elsewhere_and_its_callback_here(qtbot: QtBot) -> None:
    pool, seen = IoPool(), []
    pool.run(threading.current_thread, lambda worker: seen.append((worker, threading.current_thread())))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0][0] is not threading.main_thread()
    assert seen[0][1] is threading.main_thread()
    pool.shutdown()


def test_an_unexpected_error_in_io_work_is_told_in_words_and_logged(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    pool, errors = IoPool(), []
    pool.run(lambda: 1 // 0, lambda _: None, errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert "by zero" in str(errors[0])
    assert "Traceback" in caplog.text
    pool.shutdown()


def test_of_several_wishes_only_the_last_is_delivered(qtbot: QtBot) -> None:
    pool, results, gate = IoPool(), [], threading.Event()
    latest = Latest(pool)

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
    pool, results = IoPool(), []
    pool.run(lambda: 1, results.append)
    pool.shutdown()
    pool.run(lambda: 2, results.append)
    qtbot.wait(20)
    assert results == []


def test_nothing_starts_after_shutdown(qtbot: QtBot) -> None:
    bridge = JobBridge(FakeClient)
    bridge.shutdown()
    bridge.start()
    assert not bridge._thread.isRunning()
    with pytest.raises(JobError, match="closed"):
        bridge.submit(DevicesSpec())
