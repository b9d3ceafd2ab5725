"""Examples that are drawn one step ahead are those of each step, whatever is asked for and however it ends."""

from __future__ import annotations

import threading

import pytest
import torch

from aedesk.core.errors import DataError
from aedesk.data.examples.example import Example
from aedesk.training.run.examples_ahead import ExamplesAhead

CPU = torch.device("cpu")


class Drawer:
    def __init__(self) -> None:
        self.steps: list[int] = []
        self.threads: set[tuple[str, int]] = set()

    def __call__(self, step: int) -> Example:
        self.steps.append(step)
        self.threads.add((threading.current_thread().name, torch.get_num_threads()))
        value = torch.full((1, 1, 1, 1), float(step))
        return Example(value, value, value)


def test_each_step_gets_its_own_example_and_none_is_drawn_twice_or_beyond_the_end() -> None:
    draw = Drawer()
    with ExamplesAhead(draw, 5, CPU) as examples:
        assert [int(examples.take(step).noisy) for step in range(5)] == [0, 1, 2, 3, 4]
    assert draw.steps == [0, 1, 2, 3, 4]


def test_a_run_may_begin_anywhere_and_jump() -> None:
    with ExamplesAhead(Drawer(), 100, CPU) as examples:
        assert [int(examples.take(step).noisy) for step in (7, 8, 3, 3)] == [7, 8, 3, 3]


def test_drawing_uses_one_core_and_leaves_the_others_to_the_training() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        draw = Drawer()
        with ExamplesAhead(draw, 3, CPU) as examples:
            examples.take(0)
            assert torch.get_num_threads() == 3
            later: list[int] = []
            thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
            thread.start()
            thread.join()
        assert later == [3]  # a thread that starts afterwards is not limited either
        assert {number for _, number in draw.threads} == {1}
        assert "MainThread" not in {name for name, _ in draw.threads}
    finally:
        torch.set_num_threads(before)


def test_what_drawing_raises_is_raised_by_the_step_that_needs_it() -> None:
    def draw(step: int) -> Example:
        if step == 1:
            raise DataError("The picture is gone.", "Bring it back.")
        return Drawer()(step)

    with ExamplesAhead(draw, 3, CPU) as examples:
        examples.take(0)
        with pytest.raises(DataError, match="gone"):
            examples.take(1)
