from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import job_services
import pytest

from aedesk.jobs.client import WorkerClient


@pytest.fixture
def make_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WorkerClient]]:
    """Clients with the test services; closed at the end, and no file of theirs may be left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    clients: list[WorkerClient] = []

    def make(lane: str = "interactive", **options: object) -> WorkerClient:
        client = WorkerClient(lane, **{"services": job_services.SERVICES, "warm_up": (), **options})  # type: ignore[arg-type]
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close(2.0)
        assert client.state == "stopped"
    assert list(tmp_path.glob("aedesk-worker-*")) == []


@pytest.fixture
def client(make_client: Callable[..., WorkerClient]) -> WorkerClient:
    return make_client()
