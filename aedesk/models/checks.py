"""Checks that the architecture arguments of the families share. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from aedesk.core.errors import ModelError

KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", lambda v: type(v) is int),
    "float": ("a number", lambda v: type(v) in (int, float)),
    "bool": ("true or false", lambda v: type(v) is bool),
    "str": ("a name in quotes", lambda v: type(v) is str),
    "tuple[int, ...]": ("a list of whole numbers, such as [256, 64]", lambda v: type(v) is tuple and all(type(n) is int for n in v)),
}
"""Annotation of a field -> what to ask a person for, and whether a value is that."""


def family_of(config: object) -> str:
    """The name that messages use: of an ``UndercompleteConfig`` "undercomplete"."""
    return type(config).__name__.removesuffix("Config").lower()


def check_types(config: Any) -> None:
    """Raises :class:`ModelError` for a field of the dataclass ``config`` whose value is not of its declared type."""
    for field in fields(config):
        wanted, fits = KINDS[str(field.type)]
        value = getattr(config, field.name)
        if not fits(value):
            raise ModelError(f"{family_of(config)}: {field.name} is {value!r}.", f"Give {wanted}.")


def check_range(config: object, name: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raises :class:`ModelError` unless ``low`` <= ``value`` <= ``high``."""
    if not low <= value <= high:
        raise ModelError(f"{family_of(config)}: {name} is {value}{unit}.", f"Choose {low} to {high}{unit}.")


def check_choice(config: object, name: str, value: object, choices: Sequence[object]) -> None:
    """Raises :class:`ModelError` unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise ModelError(f"{family_of(config)}: {name} is {value!r}.", f"Choose {', '.join(map(str, choices))}.")


def check_levels(config: object, widths: Sequence[int], blocks: Sequence[int]) -> None:
    """Raises :class:`ModelError` unless there are 1 to 6 levels, with a width and a number of blocks each."""
    check_range(config, "the number of widths", len(widths), 1, 6)
    if len(blocks) != len(widths):
        raise ModelError(f"{family_of(config)}: {len(widths)} widths and {len(blocks)} blocks do not fit.", "Give one of each per level.")
    for width in widths:
        check_range(config, "a width", width, 1, 2048, " channels")
    for count in blocks:
        check_range(config, "a number of blocks", count, 0, 64)
