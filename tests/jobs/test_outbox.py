from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from aedesk.core.events import Finished, Log, Preview, Progress, Started, StepDone
from aedesk.jobs import outbox
from aedesk.jobs.outbox import INTERVAL_S, Outbox


def test_only_the_latest_progress_and_preview_wait_and_they_keep_their_place_in_time() -> None:
    box = Outbox()
    old, new, other = (Preview(np.zeros(1), label) for label in ("a", "a", "b"))
    for event in (Progress(1, 9), old, StepDone(1), Progress(2, 9), other, StepDone(2), new, Finished()):
        box.put(1, event)
    assert box.take() == [(1, event) for event in (StepDone(1), Progress(2, 9), other, StepDone(2), new, Finished())]


def test_progress_of_another_job_is_not_replaced() -> None:
    box = Outbox()
    events = [(1, Progress(1, 1)), (1, Finished()), (2, Progress(0, 1)), (2, Log("x"))]
    for job_id, event in events:
        box.put(job_id, event)
    assert box.take() == events


def test_progress_is_sent_at_most_thirty_times_a_second_and_the_end_at_once() -> None:
    box = Outbox()
    box.put(1, Started("x"))
    box.take()
    begun = time.monotonic()
    box.put(1, Progress(1, 2))
    box.take()
    assert time.monotonic() - begun >= INTERVAL_S * 0.9
    begun = time.monotonic()
    box.put(1, Progress(2, 2))
    box.put(1, Finished())
    box.take()
    assert time.monotonic() - begun < INTERVAL_S * 0.9


def test_a_service_waits_when_nobody_reads_and_stops_waiting_when_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LIMIT", 10)
    box, cancelled = Outbox(), threading.Event()
    sent: list[int] = []

    def service() -> None:
        for step in range(12):
            box.put(1, StepDone(step), cancelled.is_set)
            sent.append(step)

    thread = threading.Thread(target=service, daemon=True)
    thread.start()
    time.sleep(0.3)
    assert len(sent) == 10
    cancelled.set()
    thread.join(2)
    assert len(sent) == 12
    assert [event.step for _, event in box.take() or [] if isinstance(event, StepDone)] == list(range(12))


def test_a_closed_outbox_gives_out_what_is_left_and_then_none() -> None:
    box = Outbox()
    box.put(1, StepDone(1))
    box.close()
    assert box.take() == [(1, StepDone(1))]
    assert box.take() is None
