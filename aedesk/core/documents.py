"""JSON and TOML from files that may be damaged or hostile."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 32
"""Tables and lists inside each other. What goes deeper cannot be copied, compared or sent to another process without recursion errors."""


def parse_json(text: str | bytes) -> Any:
    """The document in ``text``. Raises ValueError if it is not JSON, not UTF-8, or nested deeper than ``MAX_DEPTH``."""
    try:
        return _checked(json.loads(text))
    except RecursionError:
        raise _too_deep() from None


def parse_toml(data: bytes) -> dict[str, Any]:
    """The document in ``data``. Raises ValueError if it is not TOML, not UTF-8, or nested deeper than ``MAX_DEPTH``."""
    try:
        return dict(_checked(tomllib.loads(data.decode())))
    except RecursionError:
        raise _too_deep() from None


def _checked(document: Any) -> Any:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, (Mapping, list))]
        if not level:
            return document
    raise _too_deep()


def _children(node: Any) -> list[Any]:
    if isinstance(node, Mapping):
        return list(node.values())
    return node if isinstance(node, list) else []


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
