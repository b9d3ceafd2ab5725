from __future__ import annotations

import threading

import job_services
import pytest
from job_services import EchoSpec, FailSpec, SleepSpec, UnknownSpec

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Cancelled, Event, Failed, Finished, Started, Terminal
from aedesk.jobs import inline
from aedesk.jobs.services import DEFAULT_SERVICES


def run(spec: object, *inputs: object, cancel: CancelToken | None = None) -> list[Event]:
    return list(inline.run(spec, *inputs, cancel=cancel, services=job_services.SERVICES))


def test_the_events_of_a_service_pass_through() -> None:
    assert run(EchoSpec(1), "a") == [Started("echo"), Finished((1, ("a",)))]


@pytest.mark.parametrize(
    ("how", "kind", "message", "hint"),
    [
        ("aedesk", "PictureError", "a.png is damaged.", "Choose another file."),
        ("missing", "FileNotFoundError", "/no/such/folder/file: No such file or directory.", ""),
        ("memory", "MemoryError", "There is not enough memory for this.", "Close other programs, or choose smaller tiles."),
        (
            "bug",
            "ZeroDivisionError",
            "Something unexpected went wrong: ZeroDivisionError: oops",
            "The log has the details; please report them.",
        ),
        ("silent", "JobError", "The job ended without a result.", "Please report this as a fault."),
    ],
)
def test_an_error_becomes_one_failed_event(how: str, kind: str, message: str, hint: str) -> None:
    begin, failed = run(FailSpec(how))
    assert isinstance(begin, Started)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.message, failed.hint) == (kind, message, hint)


def test_the_traceback_is_in_the_detail_and_not_in_the_message() -> None:
    failed = run(FailSpec("bug"))[-1]
    assert isinstance(failed, Failed)
    assert "job_services.py" in failed.detail
    assert "job_services.py" not in failed.message + failed.hint


def test_cancelling_ends_with_cancelled() -> None:
    event = threading.Event()
    events = []
    for seen in inline.run(SleepSpec(30), cancel=CancelToken(event), services=job_services.SERVICES):
        events.append(seen)
        event.set()
    assert events == [Started("sleep"), Cancelled()]


def test_a_job_cancelled_before_it_began_never_starts() -> None:
    event = threading.Event()
    event.set()
    assert run(EchoSpec(), cancel=CancelToken(event)) == [Cancelled()]


def test_an_unknown_spec_fails_and_says_what_is_known() -> None:
    (failed,) = run(UnknownSpec())
    assert isinstance(failed, Failed)
    assert "UnknownSpec" in failed.message
    assert "EchoSpec" in failed.hint


def test_nothing_follows_the_terminal_event() -> None:
    for how in ("aedesk", "silent"):
        kinds = [isinstance(event, Terminal) for event in run(FailSpec(how))]
        assert kinds == [False, True]


def test_every_service_of_the_table_exists() -> None:
    import importlib

    for dotted in DEFAULT_SERVICES.values():
        module, _, name = dotted.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
