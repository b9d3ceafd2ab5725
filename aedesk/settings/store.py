"""The settings file: JSON with a version, written whole or not at all.

A file that cannot be understood is kept beside the new one (``settings.damaged.json``) and the defaults take over: a person
never loses the program to its settings, and never the settings to the program.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aedesk.core.documents import parse_json
from aedesk.core.errors import SpecError
from aedesk.core.leftovers import remove_leftovers
from aedesk.settings.rows import BY_KEY, ROWS, Value

VERSION = 1

Migration = Callable[[dict[str, Any]], dict[str, Any]]

# MIGRATIONS[n] turns the values of version n into those of version n + 1.
MIGRATIONS: Mapping[int, Migration] = {}


class Settings:
    """Typed values by key.

    Args:
        path: the file; None keeps everything in memory (tests, a read-only home).

    ``notes`` tells in words what was wrong with the file, for the person.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.notes: list[str] = []
        self._values: dict[str, Value] = {row.key: row.default for row in ROWS}
        if path is not None and path.exists():
            self._read(path)

    def __getitem__(self, key: str) -> Any:
        """The value; its type is that of the row's default."""
        try:
            return self._values[key]
        except KeyError:
            raise SpecError(f"There is no setting named {key!r}.") from None

    def __setitem__(self, key: str, value: object) -> None:
        row = BY_KEY.get(key)
        accepted = row.accept(value) if row else None
        if accepted is None:
            raise SpecError(f"{value!r} is not a value of the setting {key!r}.")
        self._values[key] = accepted

    def reset(self, key: str) -> None:
        self._values[key] = BY_KEY[key].default

    def save(self) -> None:
        """Write the file through a temporary one in the same folder. Raises OSError."""
        if self.path is None:
            return
        changed = {row.key: self._values[row.key] for row in ROWS if self._values[row.key] != row.default}
        text = json.dumps({"version": VERSION, "values": changed}, indent=2, sort_keys=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self.path.parent, r"\.settings-.*\.tmp")
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".settings-", suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _read(self, path: Path) -> None:
        try:
            values = migrate(parse_json(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._put_aside(path, error)
            return
        for key, value in values.items():
            row = BY_KEY.get(key)
            accepted = row.accept(value) if row else None
            if accepted is not None:
                self._values[key] = accepted
            elif row is not None:
                self.notes.append(f"The setting {key!r} held {value!r}, which is not possible; its default is used.")

    def _put_aside(self, path: Path, error: Exception) -> None:
        aside = path.with_name(f"{path.stem}.damaged{path.suffix}")
        try:
            os.replace(path, aside)
            self.notes.append(f"The settings file could not be read ({error}). It was kept as {aside.name}; the defaults are used.")
        except OSError:
            self.path = None
            self.notes.append(
                f"The settings file {path} could not be read ({error}). The defaults are used and nothing will be remembered."
            )


def migrate(document: object, *, version: int = VERSION, migrations: Mapping[int, Migration] = MIGRATIONS) -> dict[str, Any]:
    """The values of a settings document of any known version, in the words of ``version``.

    Raises:
        ValueError: it is no settings document or comes from a newer program.
    """
    if not isinstance(document, dict) or not isinstance(document.get("values"), dict) or type(document.get("version")) is not int:
        raise ValueError("it is not a settings file")
    found = document["version"]
    values: dict[str, Any] = dict(document["values"])
    if not 1 <= found <= version:
        raise ValueError(f"it has version {found}, this program knows 1 to {version}")
    for step in range(found, version):
        values = migrations[step](values)
    return values
