"""Streams of requests of which only the newest counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_client import FakeClient
from pytestqt.qtbot import QtBot

from aedesk.core.events import Event, Failed, Finished, Progress, Started
from aedesk.gui.jobs.bridge import JobBridge
from aedesk.gui.jobs.latest_job import LatestJob

Make = Callable[..., tuple[LatestJob, FakeClient, list[Any]]]


def echo(spec: Any, _inputs: tuple[Any, ...]) -> Iterator[Event]:
    """Strings come back, anything else fails."""
    yield Started("Echo", 1.0, "")
    yield Progress(1.0, 1.0, "", "halfway")
    yield Finished(spec) if isinstance(spec, str) else Failed("No text.", "Send text.", "SpecError")


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    bridges: list[JobBridge] = []

    def build(*, held: bool = False, settle_ms: int = 0) -> tuple[LatestJob, FakeClient, list[Any]]:
        client = FakeClient(echo, (str,) if held else ())
        bridge = JobBridge(lambda: client)
        bridges.append(bridge)
        job, seen = LatestJob(bridge, bridge, settle_ms=settle_ms), []
        job.finished.connect(seen.append)
        job.failed.connect(seen.append)
        return job, client, seen

    yield build
    for bridge in bridges:
        bridge.shutdown()


def specs(client: FakeClient) -> list[Any]:
    return [spec for _, spec, _ in client.submitted]


def test_a_newer_request_replaces_the_running_and_the_waiting_one(qtbot: QtBot, make: Make) -> None:
    job, client, seen = make(held=True)
    for text in ("first", "second", "third"):
        job.run(text)
    qtbot.waitUntil(lambda: specs(client) == ["first", "third"])
    assert job.busy
    client.release()
    qtbot.waitUntil(lambda: not job.busy)
    assert seen == ["third"]


def test_a_request_that_follows_lets_the_running_job_finish(qtbot: QtBot, make: Make) -> None:
    job, client, seen = make(held=True)
    for text in ("first", "second", "third"):
        job.follow(text)
    client.release()
    qtbot.waitUntil(lambda: specs(client) == ["first", "third"])
    client.release()
    qtbot.waitUntil(lambda: seen == ["first", "third"])
    assert client.cancelled == []


def test_with_a_settling_time_only_the_last_of_a_burst_is_submitted(qtbot: QtBot, make: Make) -> None:
    job, client, seen = make(settle_ms=30)
    for text in ("first", "second", "third"):
        job.run(text)
    assert (job.busy, client.submitted) == (True, [])
    qtbot.waitUntil(lambda: seen == ["third"])
    assert specs(client) == ["third"]
    assert not job.busy


def test_a_result_that_arrives_while_a_newer_request_settles_is_not_reported(qtbot: QtBot, make: Make) -> None:
    job, client, seen = make(held=True, settle_ms=30)
    job.run("first")
    qtbot.waitUntil(lambda: specs(client) == ["first"])
    job.run("second")
    client.release()
    qtbot.waitUntil(lambda: specs(client) == ["first", "second"])
    client.release()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["second"]


def test_a_cancelled_request_is_not_reported(qtbot: QtBot, make: Make) -> None:
    job, client, seen = make(held=True)
    job.run("first")
    job.cancel()
    assert not job.busy
    job.run("second")
    qtbot.waitUntil(lambda: len(client.submitted) == 2)
    client.release()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["second"]


def test_failures_are_reported_with_their_hint_and_progress_is_passed_on(qtbot: QtBot, make: Make) -> None:
    job, _, seen = make()
    progress: list[tuple[float, float, str]] = []
    job.progressed.connect(lambda *values: progress.append(values))
    job.run(1)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == ["No text. Send text."]
    assert progress == [(1.0, 1.0, "halfway")]


def test_a_request_after_the_window_has_closed_fails(qtbot: QtBot, make: Make) -> None:
    job, _, seen = make()
    job._bridge.shutdown()
    job.run("late")
    assert "closed" in seen[0]
    assert not job.busy
