"""A client of the worker that replays what a test wrote down: no process, no torch."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from aedesk.core.events import Cancelled, Event, Failed, Finished, Progress, Started
from aedesk.core.specs import AddNoiseSpec, DenoiseResult, DenoiseSpec, DeviceInfo, DevicesSpec, ModelInfo, ModelsSpec
from aedesk.jobs.events import WorkerState

Script = Callable[[Any, tuple[Any, ...]], Iterable[Event]]
CPU = DeviceInfo("cpu", "CPU, 2 cores, float32", "float32")
GPU = DeviceInfo("cuda:0", "NVIDIA H200", "bfloat16", 141 << 30, 100 << 30)
MODELS = (
    ModelInfo("denoise-photo", "", "denoise", "Photographs", {"description": "For real pictures."}),
    ModelInfo("denoise-gaussian", "", "denoise", "Gaussian noise", {}),
    ModelInfo("codec-x", "", "codec", "A codec", {}),
)


def play(spec: Any, inputs: tuple[Any, ...]) -> Iterator[Event]:
    """What a healthy worker says: restoring halves the picture's values, so that tests see which input was taken."""
    if isinstance(spec, DevicesSpec):
        yield Finished((CPU,), "1 device")
    elif isinstance(spec, ModelsSpec):
        yield Finished(MODELS, "3 models")
    elif isinstance(spec, DenoiseSpec):
        picture = inputs[0] if spec.region is None else inputs[0].crop(*spec.region)
        yield Started("Restoring", 1.0, "MP")
        yield Progress(0.5, 1.0, "MP")
        sigma = 25.0 if spec.sigma is None else spec.sigma
        yield Finished(DenoiseResult(picture.with_pixels(picture.pixels // 2), sigma, "cpu", "float32", 0.05), "done")
    elif isinstance(spec, AddNoiseSpec):
        noise = np.random.default_rng(spec.seed).normal(0, spec.level, inputs[0].pixels.shape)
        yield Started("Adding noise", 1.0, "MP")
        yield Finished(inputs[0].with_pixels(np.clip(inputs[0].pixels + noise, 0, 255).astype(inputs[0].pixels.dtype)))


@dataclass
class FakeClient:
    """The methods of ``WorkerClient``.

    Args:
        script: (spec, inputs) -> the job's events.
        hold: jobs of these spec types stay unfinished until ``release`` or ``cancel``.
    """

    script: Script = play
    hold: tuple[type, ...] = ()
    submitted: list[tuple[int, Any, tuple[Any, ...]]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._events: deque[tuple[int, Event]] = deque()
        self._held: dict[int, tuple[Any, tuple[Any, ...]]] = {}
        self._wake = threading.Condition()

    def specs(self, kind: type) -> list[Any]:
        return [spec for _, spec, _ in self.submitted if isinstance(spec, kind)]

    def start(self) -> None:
        self.say((0, WorkerState("starting")), (0, WorkerState("ready")))

    def submit(self, spec: Any, *inputs: Any) -> int:
        job_id = next(self._ids)
        self.submitted.append((job_id, spec, inputs))
        if isinstance(spec, self.hold):
            self._held[job_id] = (spec, inputs)
            self.say((job_id, Started("Held", 2.0, "MP")), (job_id, Progress(1.0, 2.0, "MP")))
        else:
            self._play(job_id, spec, inputs)
        return job_id

    def release(self) -> None:
        """Finish everything that is held."""
        held, self._held = self._held, {}
        for job_id, (spec, inputs) in held.items():
            self._play(job_id, spec, inputs)

    def fail_held(self, failed: Failed) -> None:
        held, self._held = self._held, {}
        self.say(*((job_id, failed) for job_id in held))

    def cancel(self, job_id: int) -> None:
        self.cancelled.append(job_id)
        known = self._held.pop(job_id, None) is not None
        self.say(*([(job_id, Cancelled())] if known else []))

    def say(self, *events: tuple[int, Event]) -> None:
        with self._wake:
            self._events.extend(events)
            self._wake.notify_all()

    def poll(self, timeout_s: float) -> list[tuple[int, Event]]:
        with self._wake:
            if not self._events:
                self._wake.wait(min(timeout_s, 0.02))
            events = list(self._events)
            self._events.clear()
            return events

    def close(self, timeout_s: float = 5.0) -> None:
        for job_id in list(self._held):
            self.cancel(job_id)
        self.closed = True

    def _play(self, job_id: int, spec: Any, inputs: tuple[Any, ...]) -> None:
        self.say(*((job_id, event) for event in self.script(spec, inputs)))
