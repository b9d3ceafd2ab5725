"""From a TOML table to a frozen dataclass, with errors that name the table and the key. No torch."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from aedesk.core.errors import AedeskError, SpecError
from aedesk.core.limits import limits_of

T = TypeVar("T")

_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false", type(None): "nothing"}


def build(kind: type[T], name: str, table: Any) -> T:
    """An instance of the dataclass ``kind`` from the recipe's table [name]. Lists become tuples.

    Raises:
        SpecError: the table is no table, a key is unknown, missing or of the wrong type, or ``kind`` itself refuses a value.
    """
    if not isinstance(table, Mapping):
        raise SpecError(f"The recipe's {name} is {table!r} and no table.", f"Write it as [{name}].")
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key, value in table.items():
        if key not in known:
            raise SpecError(f"[{name}] has no key {key!r}.", _suggest(key, list(known)))
        if not _fits(value, hints[key]):
            raise SpecError(f"[{name}] {key} = {value!r} is not a {_words(hints[key])}.", "Mend the recipe.")
    for key, field in known.items():
        if key not in table and field.default is MISSING and field.default_factory is MISSING:
            raise SpecError(f"[{name}] is incomplete: {key} is missing.", f"Give it as a {_words(hints[key])}.")
    try:
        return kind(**{key: _as_declared(value, hints[key]) for key, value in table.items()})
    except AedeskError as error:
        raise SpecError(f"[{name}]: {error.message}", error.hint) from error
    except (TypeError, ValueError) as error:
        raise SpecError(f"[{name}] does not hold together: {error}.", "Mend the recipe.") from error


def check_limits(config: Any) -> None:
    """Raise :class:`SpecError` for a field of the dataclass ``config`` whose value is beyond its declared limits."""
    for field in fields(config):
        value, limits = getattr(config, field.name), limits_of(field)
        if not limits.hold(value):
            raise SpecError(f"{field.name} is {value!r}.", f"Choose {limits.words()}.")


def require(condition: bool, message: str, hint: str) -> None:
    """Raise :class:`SpecError` unless ``condition``: for the checks of a dataclass's ``__post_init__``."""
    if not condition:
        raise SpecError(message, hint)


def _as_declared(value: Any, hint: Any) -> Any:
    """``value`` in the type of its field: TOML writes 0 for 0.0, and torch refuses pairs of a whole number and another one."""
    if isinstance(value, list):
        return tuple(value)
    is_float = hint is float or (_is_union(hint) and float in get_args(hint))
    return float(value) if is_float and isinstance(value, int) and not isinstance(value, bool) else value


def _suggest(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(known) or 'none'}."


def _fits(value: Any, hint: Any) -> bool:
    if _is_union(hint):
        return any(_fits(value, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    origin = get_origin(hint) or hint
    if origin in (tuple, list):
        inner = [each for each in get_args(hint) if each is not Ellipsis]
        return isinstance(value, (list, tuple)) and (not inner or all(_fits(each, inner[0]) for each in value))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin in (Mapping, dict):
        return isinstance(value, Mapping)
    return hint is Any or isinstance(value, origin)


def _is_union(hint: Any) -> bool:
    return isinstance(hint, UnionType) or get_origin(hint) is Union


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(str, get_args(hint)))}"
    if _is_union(hint):
        return " or ".join(_words(each) for each in get_args(hint) if each is not type(None))
    if get_origin(hint) in (tuple, list):
        return "list"
    return _WORDS.get(hint, getattr(hint, "__name__", str(hint)))
