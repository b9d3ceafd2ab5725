"""The person's own models: names for new ones, taking files in, renaming. Never loads torch, so the window may do it itself.

Deleting is not here: it is a move to the system's trash, which the window knows how to reach.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aedesk.core.errors import ModelError, PictureError
from aedesk.core.specs import ModelInfo
from aedesk.models.files.model_file import copy_with_card, read_model_file
from aedesk.models.files.zoo import SHIPPED, SUFFIX, own_info
from aedesk.settings.places import models_dir, runs_dir

MAX_NAME = 60
MAX_TITLE = 120
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}  # on Windows


def name_of(title: str) -> str:
    """A title as a file name that every system takes: "Mein Modell (2)" as "mein-modell-2"."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", title).lower() if not unicodedata.combining(letter))
    name = re.sub(r"[^a-z0-9]+", "-", plain)[:MAX_NAME].strip("-") or "model"
    return f"{name}-model" if name in RESERVED else name


def free_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or with a number behind it if that is taken."""
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def taken_names() -> set[str]:
    """Names that are not free: those of the shipped models and of everything in the person's folder."""
    folder = models_dir()
    return {*SHIPPED, *(path.stem.lower() for path in (folder.iterdir() if folder.is_dir() else ()))}


def adopt(source: Path, title: str = "", *, trained: bool = False) -> ModelInfo:
    """Copy a model file of aedesk into the person's folder under a free name; see ``ImportModelSpec``.

    Raises :class:`ModelError` for a file that is no model, or when the folder cannot be written.
    """
    card = dict(read_model_file(source).card)
    title = _checked_title(title or str(card.get("title") or card["name"]))
    card.pop("imported", None)
    card.pop("run", None)
    if trained:
        card |= _run_of(source)
    else:
        card["imported"] = {"file": source.name}
    return place(source, card, title)


def place(source: Path, card: Mapping[str, Any], title: str) -> ModelInfo:
    """Copy the tensors of ``source`` into the person's folder, with ``card`` under this title and a free name."""
    folder = models_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            name = free_name(name_of(title), taken_names())
            target = folder / f"{name}{SUFFIX}"
            with suppress(PictureError):  # somebody else took the name meanwhile
                copy_with_card(source, target, {**card, "name": name, "title": title})
                return own_info(target)
    except OSError as error:
        raise ModelError(f"{folder} cannot be written: {error.strerror or error}.", "Make room, or mend its permissions.") from error


def rename(path: Path, title: str) -> ModelInfo:
    """Give one of the person's own models another title, and a file name that goes with it.

    The new file is whole before the old one goes. Raises :class:`ModelError`.
    """
    if path.parent.resolve() != models_dir().resolve():
        raise ModelError(f"{path.name} is not one of your own models.", "Shipped models keep their names.")
    title = _checked_title(title)
    card = read_model_file(path).card
    name = free_name(name_of(title), taken_names() - {path.stem.lower()} | set(SHIPPED))
    target = path.with_name(f"{name}{SUFFIX}")
    same = target.name.lower() == path.name.lower()
    try:
        copy_with_card(path, path if same else target, {**card, "name": name, "title": title}, overwrite=same)
        if not same:
            path.unlink()
    except (OSError, PictureError) as error:
        raise ModelError(f"{path.name} cannot be renamed: {error}.", "Close what uses it, and try again.") from error
    return own_info(path if same else target)


def _checked_title(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise ModelError("A model needs a title.", "Type one.")
    return title[:MAX_TITLE]


def _run_of(source: Path) -> dict[str, str]:
    """The folder of a run by its name alone: a card goes to other people, and they need not know this machine's paths."""
    folder = source.resolve().parent
    return {"run": folder.name} if folder.parent == runs_dir().resolve() else {}
