"""Generators that yield progress and return a result."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from aedesk.core.generators import convert_items, result_of


def steps() -> Generator[int, None, str]:
    yield 1
    yield 2
    return "done"


def test_items_are_converted_and_the_result_is_kept() -> None:
    results = []

    def outer() -> Generator[str, None, None]:
        results.append((yield from convert_items(steps(), lambda item: f"{item} of 2")))

    assert list(outer()) == ["1 of 2", "2 of 2"]
    assert results == ["done"]


def test_the_result_is_returned_and_errors_are_raised() -> None:
    def failing() -> Generator[int, None, str]:
        yield 1
        raise ValueError("broken")

    assert result_of(steps()) == "done"
    with pytest.raises(ValueError, match="broken"):
        result_of(failing())
