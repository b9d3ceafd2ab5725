from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from job_services import DieSpec, EchoSpec, SleepSpec
from polling import collect, ended, of_job, process_exists, started, terminal

from aedesk.core.events import Failed, Finished, Log
from aedesk.jobs import client as client_module
from aedesk.jobs.client import WorkerClient
from aedesk.jobs.events import WorkerState


@pytest.mark.parametrize(
    ("how", "cause"),
    [("kill", "signal SIGKILL"), ("exit", "exit code 7"), ("segfault", "signal SIGSEGV"), ("in flight", "signal SIGKILL")],
)
def test_a_crash_fails_the_running_job_and_the_queue_goes_on(client: WorkerClient, how: str, cause: str) -> None:
    picture = np.zeros((500, 500, 3), np.uint8)
    jobs = [client.submit(EchoSpec(), picture), client.submit(DieSpec(how)), client.submit(EchoSpec(), picture), client.submit(EchoSpec())]
    events = collect(client, ended(*jobs))
    failed = terminal(events, jobs[1])
    assert isinstance(failed, Failed)
    assert failed.kind == "JobError"
    assert failed.message == f"The worker process stopped unexpectedly ({cause})."
    assert "ry again" in failed.hint
    for job in (jobs[0], jobs[2], jobs[3]):
        assert isinstance(terminal(events, job), Finished)


def test_a_segfault_leaves_its_report_in_the_detail(client: WorkerClient) -> None:
    job = client.submit(DieSpec("segfault"))
    failed = terminal(collect(client, ended(job)), job)
    assert isinstance(failed, Failed)
    assert "Segmentation fault" in failed.detail
    assert "job_services.py" in failed.detail


def test_an_idle_worker_that_is_killed_comes_back(client: WorkerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_HEALTHY_S", 0.0)
    client.start()
    collect(client, lambda events: client.state == "ready")
    for _ in range(4):
        pid = client.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        events = collect(client, lambda events: (0, WorkerState("ready")) in events)
        assert any("SIGKILL" in event.detail for event in of_job(events, 0, WorkerState) if isinstance(event, WorkerState))
        assert client.pid != pid
        assert not process_exists(pid)


def test_a_worker_that_cannot_start_is_given_up_and_a_new_job_tries_again(
    make_client: Callable[..., WorkerClient], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deadly.py").write_text("import os\nos._exit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    client = make_client(warm_up=("deadly",))
    job = client.submit(EchoSpec())
    events = collect(client, ended(job))
    failed = terminal(events, job)
    assert isinstance(failed, Failed)
    assert failed.kind == "JobError"
    assert "exit code 3" in failed.message
    assert client.state == "stopped"
    last = of_job(events + client.poll(0), 0, WorkerState)[-1]
    assert isinstance(last, WorkerState)
    assert (last.state, last.detail) == ("stopped", failed.message)
    (tmp_path / "deadly.py").write_text("")
    again = client.submit(EchoSpec())
    assert isinstance(terminal(collect(client, ended(again)), again), Finished)


def test_a_module_that_cannot_be_imported_is_logged_and_jobs_still_run(make_client: Callable[..., WorkerClient]) -> None:
    client = make_client(warm_up=("no_such_module",))
    job = client.submit(EchoSpec())
    events = collect(client, ended(job))
    (log,) = of_job(events, 0, Log)
    assert isinstance(log, Log)
    assert "no_such_module" in log.text
    assert isinstance(terminal(events, job), Finished)


PARENT = """
import sys, time
from job_services import SERVICES, EchoSpec, SleepSpec
from aedesk.jobs.client import WorkerClient
client = WorkerClient(services=SERVICES, warm_up=())
job = client.submit({spec})
while client.state != "busy":
    client.poll(0.1)
time.sleep(0.3)
print(client.pid, flush=True)
{then}
"""


def parent(spec: str, then: str) -> subprocess.Popen[str]:
    """A program with a worker of its own."""
    import job_services

    path = os.pathsep.join([str(Path(job_services.__file__).parent), str(Path(__file__).resolve().parents[2])])
    return subprocess.Popen(
        [sys.executable, "-c", PARENT.format(spec=spec, then=then)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def gone(pid: int, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while process_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not process_exists(pid)


def test_the_worker_ends_when_its_parent_is_killed_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with parent("SleepSpec(60)", "time.sleep(60)") as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert len(list(tmp_path.glob("aedesk-worker-*"))) == 1
        program.kill()
        assert gone(pid, 15)
        assert list(tmp_path.glob("aedesk-worker-*")) == []


def test_a_program_that_forgets_to_close_ends_cleanly_and_silently() -> None:
    with parent("SleepSpec(60)", "") as program:
        out, err = program.communicate(timeout=20)
        assert program.returncode == 0
        assert err == ""
        assert gone(int(out), 2)


def test_ctrl_c_in_the_terminal_prints_no_traceback_of_the_worker() -> None:
    then = "try:\n    print('ready', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    client.close(5.0)"
    with parent("SleepSpec(60)", then) as program:
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        assert program.stdout.readline() == "ready\n"  # from here on the interrupt is caught
        os.killpg(program.pid, signal.SIGINT)
        _, err = program.communicate(timeout=60)
        assert err == ""
        assert gone(pid, 2)


def test_a_windowed_program_without_standard_streams_has_a_working_worker() -> None:
    then = "sys.stdout = sys.stderr = sys.stdin = None\nimport os\nos.kill(client.pid, 9)\n" + (
        "other = client.submit(EchoSpec('fine'))\n"
        "events = []\n"
        "while not any(i == other and hasattr(e, 'result') for i, e in events):\n    events += client.poll(0.1)\n"
        "client.close(5.0)"
    )
    with parent("SleepSpec(60)", then) as program:
        _, err = program.communicate(timeout=30)
        assert (program.returncode, err) == (0, "")


def test_two_lanes_do_not_disturb_each_other(make_client: Callable[..., WorkerClient]) -> None:
    one, two = make_client("interactive"), make_client("training")
    long = two.submit(SleepSpec(60))
    collect(two, started(long))
    dies = one.submit(DieSpec("kill"))
    assert isinstance(terminal(collect(one, ended(dies)), dies), Failed)
    assert two.state == "busy"
    assert two.poll(0.1) == []
