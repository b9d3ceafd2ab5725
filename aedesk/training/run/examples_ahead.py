"""Draws the next step's examples in a thread while the current step computes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import torch

from aedesk.data.examples.example import Example


class ExamplesAhead:
    """Yields the example of each step, drawn one step ahead by a thread of its own.

    What is drawn depends on the step alone, so a run that is stopped and resumed sees the same examples. The thread uses one
    core, whatever torch uses elsewhere. On a GPU it draws on a stream of its own: degradations that wait for a result do not wait for
    the training step.

    Args:
        draw: the example of a step.
        steps: of the whole run; nothing is drawn beyond.
        device: where examples are drawn.
    """

    def __init__(self, draw: Callable[[int], Example], steps: int, device: torch.device) -> None:
        self._draw, self._steps = draw, steps
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None
        self._next: tuple[int, Future[Example]] | None = None

    def __enter__(self) -> ExamplesAhead:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="examples")
        threads = torch.get_num_threads()
        self._executor.submit(_use_one_core).result()
        torch.set_num_threads(threads)  # for this thread and new ones; that of the examples keeps its own number
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._executor.shutdown(cancel_futures=True)
        self._next = None

    def take(self, step: int) -> Example:
        """Returns the example of ``step`` and begins to draw the one after. Raises what drawing raised."""
        ahead, self._next = self._next, None
        future = ahead[1] if ahead and ahead[0] == step else self._executor.submit(self._drawn, step)
        example = future.result()
        if step + 1 < self._steps:
            self._next = step + 1, self._executor.submit(self._drawn, step + 1)
        if self._stream is not None:
            for tensor in vars(example).values():
                if tensor is not None:
                    tensor.record_stream(torch.cuda.current_stream(self._stream.device))
        return example

    def _drawn(self, step: int) -> Example:
        if self._stream is None:
            return self._draw(step)
        with torch.cuda.device(self._stream.device), torch.cuda.stream(self._stream):
            example = self._draw(step)
            self._stream.synchronize()  # this thread waits, so that the training stream need not
            return example


def _use_one_core() -> None:
    torch.set_num_threads(1)
    torch.get_num_threads()  # a thread that has not asked yet takes over the latest number of all
