"""Helpers of the tests that drive a real worker."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from aedesk.core.events import Event, Started, Terminal
from aedesk.jobs.client import WorkerClient

Events = list[tuple[int, Event]]


def collect(client: WorkerClient, until: Callable[[Events], bool], timeout_s: float = 30.0) -> Events:
    """Poll until the condition holds for all the events so far, and return them."""
    events: Events = []
    deadline = time.monotonic() + timeout_s
    while not until(events):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not seen within {timeout_s} s; events: {events[-20:]}, state {client.state}")
        events += client.poll(0.1)
    return events


def ended(*job_ids: int) -> Callable[[Events], bool]:
    return lambda events: {job_id for job_id, event in events if isinstance(event, Terminal)} >= set(job_ids)


def started(job_id: int) -> Callable[[Events], bool]:
    return lambda events: any(of == job_id and isinstance(event, Started) for of, event in events)


def terminal(events: Events, job_id: int) -> Event:
    """The one terminal event of a job."""
    (event,) = [event for of, event in events if of == job_id and isinstance(event, Terminal)]
    return event


def of_job(events: Events, job_id: int, kind: type[Event] = Event) -> list[Event]:
    return [event for of, event in events if of == job_id and isinstance(event, kind)]


def process_exists(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
