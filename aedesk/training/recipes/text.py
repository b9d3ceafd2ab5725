"""Recipes as TOML text. No torch: the window saves and remembers recipes by it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from aedesk.core.errors import SpecError
from aedesk.imaging.atomic import replacing
from aedesk.training.recipes.recipe import without_none


def to_toml(table: Mapping[str, Any]) -> str:
    """The recipe's table as TOML; keys without a value are left out. Raises SpecError for values that TOML does not have."""
    try:
        return tomli_w.dumps(without_none(table))
    except TypeError as error:
        raise SpecError(f"The recipe cannot be written as TOML: {error}.", "Use plain numbers, texts, lists and tables.") from error


def save(table: Mapping[str, Any], path: Path) -> None:
    """Write a recipe file, whole or not at all; one that is there is replaced. Raises SpecError."""
    text = to_toml(table)
    try:
        with replacing(path, overwrite=True) as file:
            file.write(text.encode())
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror or error}.", "Choose another folder.") from error
