from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from job_services import EchoSpec, FailSpec, FloodSpec, LookSpec, SleepSpec, UnknownSpec
from polling import collect, ended, of_job, process_exists, started, terminal

from aedesk.core.errors import JobError
from aedesk.core.events import Cancelled, Failed, Finished, Preview, Progress, Started, StepDone
from aedesk.jobs.client import WorkerClient
from aedesk.jobs.events import WorkerState


def test_a_job_runs_and_its_arrays_come_back(client: WorkerClient) -> None:
    picture = np.arange(3_000_000, dtype=np.uint16).reshape(1000, 1000, 3)
    job = client.submit(EchoSpec("hello"), picture, "text")
    events = collect(client, ended(job))
    finished = terminal(events, job)
    assert isinstance(finished, Finished)
    value, (array, text) = finished.result
    assert (value, text) == ("hello", "text")
    assert np.array_equal(array, picture)
    assert [type(event) for event in of_job(events, job)] == [Started, Finished]


def test_the_states_are_reported_in_order(client: WorkerClient) -> None:
    assert client.state == "stopped"
    client.start()
    assert client.state == "starting"
    events = collect(client, lambda events: (0, WorkerState("ready")) in events)
    job = client.submit(EchoSpec())
    events += collect(client, ended(job))
    events += client.poll(0)
    assert [event.state for event in of_job(events, 0, WorkerState) if isinstance(event, WorkerState)] == [
        "starting",
        "ready",
        "busy",
        "ready",
    ]
    assert client.state == "ready"


def test_jobs_run_one_after_the_other_in_the_order_of_submission(client: WorkerClient) -> None:
    jobs = [client.submit(SleepSpec(0.05)) for _ in range(5)]
    events = collect(client, ended(*jobs))
    assert [job_id for job_id, event in events if isinstance(event, Started | Finished)] == [job for job in jobs for _ in range(2)]


def test_cancelling_takes_less_than_a_tenth_of_a_second(client: WorkerClient) -> None:
    job = client.submit(SleepSpec(60))
    collect(client, started(job))
    begun = time.monotonic()
    client.cancel(job)
    events = collect(client, ended(job))
    assert time.monotonic() - begun < 0.25  # 0.1 s, and some for a busy machine
    assert terminal(events, job) == Cancelled()


def test_a_queued_job_is_cancelled_without_having_begun(client: WorkerClient) -> None:
    first, second, third = client.submit(SleepSpec(0.5)), client.submit(SleepSpec(60)), client.submit(EchoSpec())
    client.cancel(second)
    events = collect(client, ended(first, second, third))
    assert terminal(events, second) == Cancelled()
    assert of_job(events, second, Started) == []
    assert isinstance(terminal(events, third), Finished)


def test_cancelling_ended_and_unknown_jobs_does_nothing(client: WorkerClient) -> None:
    job = client.submit(EchoSpec())
    collect(client, ended(job))
    client.cancel(job)
    client.cancel(4711)
    again = client.submit(EchoSpec())
    assert isinstance(terminal(collect(client, ended(again)), again), Finished)


def test_a_job_that_does_not_listen_loses_its_worker_after_the_grace(make_client: Callable[..., WorkerClient]) -> None:
    client = make_client(grace_s=0.5)
    deaf, next_job = client.submit(SleepSpec(60, stubborn=True)), client.submit(EchoSpec())
    collect(client, started(deaf))
    old = client.pid
    begun = time.monotonic()
    client.cancel(deaf)
    events = collect(client, ended(deaf))
    assert 0.4 < time.monotonic() - begun < 3
    assert terminal(events, deaf) == Cancelled()
    assert old is not None
    assert not process_exists(old)
    assert isinstance(terminal(collect(client, ended(next_job)), next_job), Finished)


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("aedesk", "PictureError"),
        ("bug", "ZeroDivisionError"),
        ("memory", "MemoryError"),
        ("silent", "JobError"),
        ("unpicklable", "JobError"),
    ],
)
def test_a_failing_job_fails_alone(client: WorkerClient, how: str, kind: str) -> None:
    client.start()
    collect(client, lambda events: client.state == "ready")
    pid = client.pid
    job, after = client.submit(FailSpec(how)), client.submit(EchoSpec())
    events = collect(client, ended(job, after))
    failed = terminal(events, job)
    assert isinstance(failed, Failed)
    assert failed.kind == kind
    assert isinstance(terminal(events, after), Finished)
    assert client.pid == pid


def test_a_result_that_cannot_be_read_costs_the_worker_but_not_the_client(client: WorkerClient) -> None:
    job, after = client.submit(FailSpec("unreadable")), client.submit(EchoSpec())
    events = collect(client, ended(job, after))
    assert isinstance(terminal(events, job), Failed)
    assert isinstance(terminal(events, after), Finished)


def test_inputs_that_cannot_be_sent_and_unknown_specs_fail_alone(client: WorkerClient) -> None:
    unsendable, unknown, after = client.submit(EchoSpec(), lambda: None), client.submit(UnknownSpec()), client.submit(EchoSpec())
    events = collect(client, ended(unsendable, unknown, after))
    assert isinstance(terminal(events, unsendable), Failed)
    failed = terminal(events, unknown)
    assert isinstance(failed, Failed)
    assert failed.kind == "SpecError"
    assert isinstance(terminal(events, after), Finished)


def test_a_flood_of_events_loses_no_step_and_stays_small(client: WorkerClient) -> None:
    steps = 20_000
    job = client.submit(FloodSpec(steps))
    events = collect(client, started(job))
    time.sleep(0.5)  # a window that does not read for a while
    begun, polls = time.monotonic(), 0
    while not ended(job)(events):
        events += client.poll(1.0)
        polls += 1
    seen = [event.step for event in of_job(events, job, StepDone) if isinstance(event, StepDone)]
    assert seen == list(range(steps))
    assert of_job(events, job, Progress)[-1] == Progress(steps, steps, "steps")
    budget = 35 * (time.monotonic() - begun) + 10
    assert len(of_job(events, job, Progress)) <= budget
    assert len(of_job(events, job, Preview)) <= budget
    assert polls <= 2 * budget


def test_an_idle_client_uses_no_processor_time(client: WorkerClient) -> None:
    client.start()
    collect(client, lambda events: client.state == "ready")
    before = time.process_time()
    for _ in range(3):
        assert client.poll(0.3) == []
    assert time.process_time() - before < 0.1


def test_submitting_from_another_thread_wakes_a_waiting_poll(client: WorkerClient) -> None:
    client.start()
    collect(client, lambda events: client.state == "ready")
    timer = threading.Timer(0.2, lambda: client.submit(EchoSpec()))
    timer.start()
    begun = time.monotonic()
    assert client.poll(10) != []
    assert time.monotonic() - begun < 5
    timer.join()


def test_the_worker_knows_neither_qt_nor_torch_nor_the_main_script(client: WorkerClient) -> None:
    job = client.submit(LookSpec())
    finished = terminal(collect(client, ended(job)), job)
    assert isinstance(finished, Finished)
    assert finished.result["qt"] == []
    assert finished.result["torch"] is False
    assert finished.result["main"] is None


@pytest.mark.skipif(not hasattr(os, "nice"), reason="there is no nice here")
def test_the_training_lane_gives_way_to_the_interactive_one(make_client: Callable[..., WorkerClient]) -> None:
    niceness = {}
    for lane in ("interactive", "training"):
        client = make_client(lane)
        job = client.submit(LookSpec())
        finished = terminal(collect(client, ended(job)), job)
        assert isinstance(finished, Finished)
        niceness[lane] = finished.result["nice"]
    assert niceness["training"] == min(niceness["interactive"] + 5, 19)


def test_closing_cancels_everything_and_ends_the_process(client: WorkerClient) -> None:
    running, queued = client.submit(SleepSpec(60)), client.submit(EchoSpec())
    collect(client, started(running))
    pid = client.pid
    assert pid is not None
    begun = time.monotonic()
    client.close(5.0)
    assert time.monotonic() - begun < 3
    assert not process_exists(pid)
    events = client.poll(10)
    assert terminal(events, running) == Cancelled()
    assert terminal(events, queued) == Cancelled()
    assert client.poll(10) == []
    with pytest.raises(JobError):
        client.submit(EchoSpec())


def test_closing_does_not_wait_longer_than_told_for_a_job_that_does_not_listen(client: WorkerClient) -> None:
    job = client.submit(SleepSpec(60, stubborn=True))
    collect(client, started(job))
    begun = time.monotonic()
    client.close(0.3)
    assert time.monotonic() - begun < 2
    assert terminal(client.poll(0), job) == Cancelled()


def test_closing_while_the_worker_starts_or_before_it_was_wanted_is_quick(make_client: Callable[..., WorkerClient]) -> None:
    make_client().close(1.0)
    client = make_client()
    client.start()
    client.poll(0.01)
    begun = time.monotonic()
    client.close(5.0)
    assert time.monotonic() - begun < 3
    client.close(5.0)


def test_closing_from_another_thread_ends_a_waiting_poll(client: WorkerClient) -> None:
    client.start()
    collect(client, lambda events: client.state == "ready")
    timer = threading.Timer(0.2, lambda: client.close(5.0))
    timer.start()
    begun = time.monotonic()
    events = client.poll(20)
    timer.join()
    events += client.poll(0)
    assert (0, WorkerState("stopped")) in events
    assert time.monotonic() - begun < 5


def test_ctrl_c_does_not_reach_the_worker(client: WorkerClient) -> None:
    job = client.submit(SleepSpec(0.5))
    collect(client, started(job))
    assert client.pid is not None
    os.kill(client.pid, signal.SIGINT)
    assert isinstance(terminal(collect(client, ended(job)), job), Finished)
