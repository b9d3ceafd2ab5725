from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aedesk.core.events import Event, Terminal
from aedesk.jobs.client import WorkerClient

sys.path.insert(0, str(Path(__file__).parent))  # a spawned worker gets the same path, and finds job_services on it
import job_services  # noqa: E402

Events = list[tuple[int, Event]]


@pytest.fixture
def make_client() -> Iterator[Callable[..., WorkerClient]]:
    """Clients with the test services; closed at the end, and nothing of them may be left."""
    clients: list[WorkerClient] = []

    def make(lane: str = "interactive", **options: object) -> WorkerClient:
        client = WorkerClient(lane, **{"services": job_services.SERVICES, "warm_up": (), **options})  # type: ignore[arg-type]
        clients.append(client)
        return client

    blocks, logs = shared_blocks(), crash_logs()
    yield make
    for client in clients:
        client.close(2.0)
        assert client.state == "stopped"
    assert shared_blocks() - blocks == set()
    assert crash_logs() - logs == set()


@pytest.fixture
def client(make_client: Callable[..., WorkerClient]) -> WorkerClient:
    return make_client()


def shared_blocks() -> set[str]:
    folder = Path("/dev/shm")
    return {path.name for path in folder.glob("aed*")} if folder.exists() else set()


def crash_logs() -> set[str]:
    import tempfile

    return {path.name for path in Path(tempfile.gettempdir()).glob("aedesk-worker-*")}


def collect(client: WorkerClient, until: Callable[[Events], bool], timeout_s: float = 20.0) -> Events:
    """Poll until the condition holds for all the events so far."""
    events: Events = []
    deadline = time.monotonic() + timeout_s
    while not until(events):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not seen within {timeout_s} s; events: {events[-20:]}, state {client.state}")
        events += client.poll(0.1)
    return events


def ended(*job_ids: int) -> Callable[[Events], bool]:
    return lambda events: {job_id for job_id, event in events if isinstance(event, Terminal)} >= set(job_ids)


def terminal(events: Events, job_id: int) -> Event:
    (event,) = [event for of, event in events if of == job_id and isinstance(event, Terminal)]
    return event


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
