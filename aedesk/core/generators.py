"""Running generators that yield progress and return a result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

Item = TypeVar("Item")
Converted = TypeVar("Converted")
Result = TypeVar("Result")


def convert_items(steps: Generator[Item, None, Result], convert: Callable[[Item], Converted]) -> Generator[Converted, None, Result]:
    """Yields the converted items of a generator and returns its result."""
    while True:
        try:
            item = next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
        yield convert(item)


def result_of(steps: Generator[Any, None, Result]) -> Result:
    """Runs a generator to its end and returns its result; what it yields is dropped."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: Result = end.value
            return result
