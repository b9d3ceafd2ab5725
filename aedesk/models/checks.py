"""Checks that the architecture arguments of the families share. Standard library only."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from aedesk.core.errors import ModelError
from aedesk.core.limits import limits_of

KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", lambda v: type(v) is int),
    "float": ("a number", lambda v: type(v) in (int, float)),
    "bool": ("true or false", lambda v: type(v) is bool),
    "str": ("a name in quotes", lambda v: type(v) is str),
    "tuple[str, ...]": ("a list of names in quotes", lambda v: type(v) is tuple and all(type(n) is str for n in v)),
    "tuple[int, ...]": ("a list of whole numbers, such as [256, 64]", lambda v: type(v) is tuple and all(type(n) is int for n in v)),
}
"""Annotation of a field -> what to ask a person for, and whether a value is that."""


def family_of(config: object) -> str:
    """The name that messages use: of an ``UndercompleteConfig`` "undercomplete"."""
    return type(config).__name__.removesuffix("Config").lower()


def check_arguments(config: Any) -> None:
    """Raises :class:`ModelError` for a field of the dataclass ``config`` that is not of its declared type or beyond its declared limits."""
    for field in fields(config):
        wanted, fits = KINDS[str(field.type)]
        value, limits = getattr(config, field.name), limits_of(field)
        if not fits(value):
            raise ModelError(f"{family_of(config)}: {field.name} is {repr_of(value)}.", f"Give {wanted}.")
        if not limits.hold(value):
            unit = f" {limits.unit}" if limits.unit and isinstance(value, (int, float)) else ""
            raise ModelError(f"{family_of(config)}: {field.name} is {repr_of(value)}{unit}.", f"Choose {limits.words()}.")


def repr_of(value: object) -> str:
    """``value`` as TOML has it, shortened: a hostile file may hold a number of a thousand digits or a list of a million entries."""
    return reprlib.repr(list(value) if isinstance(value, tuple) else value)


def check_range(config: object, name: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raises :class:`ModelError` unless ``low`` <= ``value`` <= ``high``: for limits that depend on another argument."""
    if not low <= value <= high:
        raise ModelError(f"{family_of(config)}: {name} is {value}{unit}.", f"Choose {low} to {high}{unit}.")


def check_levels(config: object, widths: Sequence[int], blocks: Sequence[int]) -> None:
    """Raises :class:`ModelError` unless every level has a width and a number of blocks."""
    if len(blocks) != len(widths):
        raise ModelError(f"{family_of(config)}: {len(widths)} widths and {len(blocks)} blocks do not fit.", "Give one of each per level.")
