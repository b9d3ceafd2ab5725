from __future__ import annotations

import logging

import pytest
from fake_client import FakeClient
from PySide6.QtCore import QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from aedesk.core.errors import JobError
from aedesk.core.events import Cancelled, Event, Finished, Log
from aedesk.core.specs import DevicesSpec
from aedesk.gui.jobs.bridge import JobBridge
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


def test_nothing_starts_after_shutdown(qtbot: QtBot) -> None:
    bridge = JobBridge(FakeClient)
    bridge.shutdown()
    bridge.start()
    assert not bridge._thread.isRunning()
    with pytest.raises(JobError, match="closed"):
        bridge.submit(DevicesSpec())
