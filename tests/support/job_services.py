"""Small services without torch, for tests that drive a real worker."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import PictureError
from aedesk.core.events import Event, Finished, Log, Preview, Progress, Started, StepDone


@dataclass(frozen=True)
class EchoSpec:
    value: Any = None


@dataclass(frozen=True)
class SleepSpec:
    """Sleep, polling the cancel token or, if stubborn, not."""

    seconds: float
    stubborn: bool = False


@dataclass(frozen=True)
class FloodSpec:
    steps: int


@dataclass(frozen=True)
class DieSpec:
    how: str


@dataclass(frozen=True)
class FailSpec:
    how: str


@dataclass(frozen=True)
class LookSpec:
    """Report about the worker process itself."""


@dataclass(frozen=True)
class UnknownSpec:
    pass


SERVICES = {f"{name.capitalize()}Spec": f"{__name__}:{name}" for name in ("echo", "sleep", "flood", "die", "fail", "look")}


def echo(spec: EchoSpec, *inputs: Any) -> Iterator[Event]:
    yield Started("echo")
    yield Finished((spec.value, inputs[:-1]))


def sleep(spec: SleepSpec, cancel: CancelToken) -> Iterator[Event]:
    yield Started("sleep")
    end = time.monotonic() + spec.seconds
    while time.monotonic() < end:
        if not spec.stubborn:
            cancel.check()
        time.sleep(0.01)
    yield Finished("slept")


def flood(spec: FloodSpec, cancel: CancelToken) -> Iterator[Event]:
    yield Started("flood", spec.steps, "steps")
    for step in range(spec.steps):
        cancel.check()
        yield StepDone(step, {"loss": 1.0 / (step + 1)})
        yield Progress(step + 1, spec.steps, "steps")
        if step % 100 == 0:
            yield Preview(np.full((64, 2000, 1), step % 256, np.uint8), "sample")
    yield Finished(spec.steps)


def die(spec: DieSpec, cancel: CancelToken) -> Iterator[Event]:
    yield Started("die")
    if spec.how == "in flight":
        yield Preview(np.zeros((1000, 1000, 3), np.uint8), "never seen")
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    if spec.how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif spec.how == "exit":
        os._exit(7)
    elif spec.how == "segfault":
        ctypes.string_at(0)
    yield Finished("survived")


class _Unpicklable:
    def __reduce__(self) -> Any:
        raise TypeError("this cannot be pickled")


class _Unreadable:
    """Pickles well, and raises in the process that reads it."""

    def __reduce__(self) -> Any:
        return int, ("not a number",)


def fail(spec: FailSpec, cancel: CancelToken) -> Iterator[Event]:
    yield Started("fail")
    if spec.how == "aedesk":
        raise PictureError("a.png is damaged.", "Choose another file.")
    if spec.how == "missing":
        open("/no/such/folder/file")  # noqa: SIM115
    if spec.how == "memory":
        raise MemoryError
    if spec.how == "bug":
        raise ZeroDivisionError("oops")
    if spec.how == "unpicklable":
        yield Log("before")
        yield Finished(_Unpicklable())
    if spec.how == "unreadable":
        yield Finished(_Unreadable())
    if spec.how == "silent":
        return


def look(spec: LookSpec, cancel: CancelToken) -> Iterator[Event]:
    yield Finished(
        {
            "pid": os.getpid(),
            "nice": os.nice(0),
            "qt": [name for name in sys.modules if name.startswith(("PySide", "shiboken", "pyqtgraph"))],
            "torch": "torch" in sys.modules,
            "main": getattr(sys.modules["__main__"], "__file__", None),
            "stdout": sys.stdout is not None,
        }
    )
