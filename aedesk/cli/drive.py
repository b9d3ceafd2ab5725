"""Run one job in this process, with a progress bar, until its terminal event; Ctrl-C cancels it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from aedesk.cli.console import ProgressBar, complain, note
from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError
from aedesk.core.events import Cancelled, Event, Failed, Finished, Log, Progress

EXIT_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
SAME_WISH_S = 0.5
"""Ctrl-C reaches a program twice if the one that started it (torchrun) passes it on."""


class Interrupts:
    """Whether the person, or the system, wants the command to stop; ``code`` is the exit code for it."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.code = EXIT_CODES[signal.SIGINT]
        self._asked_at = 0.0

    @property
    def asked(self) -> bool:
        return self.event.is_set()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            if time.monotonic() - self._asked_at > SAME_WISH_S:
                raise KeyboardInterrupt
            return
        self._asked_at = time.monotonic()
        self.code = EXIT_CODES[signal.Signals(number)]
        self.event.set()


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Within it, the first Ctrl-C asks jobs to stop in good order, and the second ends the program at once."""
    caught = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    saved = {number: signal.signal(number, caught._handle) for number in EXIT_CODES}
    try:
        yield caught
    finally:
        for number, handler in saved.items():
            signal.signal(number, handler)


def drive(
    spec: object, *inputs: Any, title: str, stop: Interrupts, on_event: Callable[[Event], None] | None = None, quiet: bool = False
) -> Finished | Cancelled | Failed:
    """Run a spec and return its terminal event. Logs of level info are for ``on_event``; warnings and errors are shown.

    Args:
        quiet: another process of the same job talks to the person.
    """
    from aedesk.jobs import inline

    bar = ProgressBar(title)
    told = False
    for event in inline.run(spec, *inputs, cancel=CancelToken(stop.event)):
        if stop.asked and not told and not quiet:
            told = True
            bar.clear()
            note("Stopping; press Ctrl-C again to stop at once.")
        if isinstance(event, Progress):
            bar.update(event)
            continue
        bar.clear()
        if isinstance(event, Finished | Cancelled | Failed):
            return event
        if isinstance(event, Log) and event.level != "info":
            complain(event.text)
        elif on_event:
            on_event(event)
    raise AedeskError("The job ended without a result.", "Please report this as a fault.")


def result_of(spec: object, *inputs: Any, title: str) -> tuple[Any, int]:
    """The result of a job and exit code 0; or None and the code, after the failure has been told."""
    with interrupts() as stop:
        end = drive(spec, *inputs, title=title, stop=stop)
    if isinstance(end, Finished):
        return end.result, 0
    return None, report(end, stop)


def report(end: Cancelled | Failed, stop: Interrupts, about: str = "") -> int:
    """Tell what happened and return the exit code."""
    if isinstance(end, Cancelled):
        complain("Interrupted.")
        return stop.code
    complain(f"{f'{about}: ' if about else ''}{end.message} {end.hint}".rstrip())
    return 2 if end.kind == "SpecError" else 1
