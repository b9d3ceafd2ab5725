"""Limits that are declared with a setting hold for every kind of value, and are said in words."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from aedesk.core.limits import Limits, limits_of, setting


@dataclass(frozen=True)
class Example:
    rate: float = setting(1e-3, 0, 10, above=True)
    widths: tuple[int, ...] = setting((8,), 1, 2048, "channels", length=(1, 6))
    body: str = setting("conv", choices=("conv", "dense"))
    free: str = ""


LIMITS = {field.name: limits_of(field) for field in fields(Example)}


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("rate", 10, True),
        ("rate", 0, False),
        ("rate", float("nan"), False),
        ("rate", 10**400, False),
        ("rate", None, True),
        ("widths", (1, 2048), True),
        ("widths", (), False),
        ("widths", (8,) * 7, False),
        ("widths", (8, 0), False),
        ("body", "conv", True),
        ("body", "graph", False),
        ("free", "anything", True),
    ],
)
def test_a_value_is_allowed_or_not(name: str, value: object, allowed: bool) -> None:
    assert LIMITS[name].hold(value) is allowed


def test_limits_are_said_in_words() -> None:
    assert LIMITS["rate"].words() == "more than 0 to 10"
    assert LIMITS["widths"].words() == "1 to 6 numbers of 1 to 2048 channels"
    assert LIMITS["body"].words() == "one of conv, dense"
    assert LIMITS["free"].words() == ""
    assert Limits(4, unit="px").words() == "4 or more px"
    assert Limits(maximum=0.5, below=True).words() == "at most 0.5"
