from __future__ import annotations

import pytest

from aedesk.core.errors import SpecError
from aedesk.core.registry import Registry


@pytest.fixture
def colours() -> Registry[int]:
    registry: Registry[int] = Registry("colour")
    registry.add("red", 1)
    registry.add("green", 2)
    return registry


def test_entries_are_found_and_kept_in_the_order_of_their_registration(colours: Registry[int]) -> None:
    assert list(colours) == ["red", "green"]
    assert (colours["red"], len(colours), "green" in colours, "blue" in colours) == (1, 2, True, False)


def test_a_duplicate_is_an_error_and_changes_nothing(colours: Registry[int]) -> None:
    with pytest.raises(ValueError, match="colour 'red' is registered already"):
        colours.add("red", 3)
    assert colours["red"] == 1


def test_a_misspelt_name_is_answered_with_the_nearest_one(colours: Registry[int]) -> None:
    with pytest.raises(SpecError, match=r"no colour named 'gren'.*Did you mean 'green'"):
        colours["gren"]


def test_a_strange_name_is_answered_with_all_known_ones(colours: Registry[int]) -> None:
    with pytest.raises(SpecError, match="Known: green, red"):
        colours["xyz"]
