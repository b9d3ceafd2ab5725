from __future__ import annotations

import pickle
import threading

import pytest

from aedesk.core import errors, events
from aedesk.core.cancel import CancelToken, JobCancelled


@pytest.mark.parametrize("kind", [errors.AedeskError, *errors.AedeskError.__subclasses__()], ids=lambda kind: kind.__name__)
def test_an_error_keeps_its_message_and_hint_on_the_way_between_processes(kind: type[errors.AedeskError]) -> None:
    error = pickle.loads(pickle.dumps(kind("a.png is empty.", "Choose another file.")))
    assert type(error) is kind
    assert (error.message, error.hint, str(error)) == ("a.png is empty.", "Choose another file.", "a.png is empty. Choose another file.")


def test_an_error_without_a_hint_reads_as_its_message() -> None:
    assert str(errors.DataError("The folder is empty.")) == "The folder is empty."


def test_exactly_three_events_end_a_job() -> None:
    assert set(events.Terminal.__subclasses__()) == {events.Finished, events.Cancelled, events.Failed}


def test_a_token_without_an_event_never_cancels() -> None:
    token = CancelToken()
    token.check()
    assert not token.cancelled


def test_a_token_raises_once_its_event_is_set() -> None:
    stop = threading.Event()
    token = CancelToken(stop)
    token.check()
    stop.set()
    assert token.cancelled
    with pytest.raises(JobCancelled):
        token.check()


def test_a_cancelled_job_is_not_an_error_of_the_program() -> None:
    assert not issubclass(JobCancelled, errors.AedeskError)
