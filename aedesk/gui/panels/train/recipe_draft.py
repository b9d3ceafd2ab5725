"""The recipe that is being edited, which goal cards, data source and form share."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from aedesk.core.documents import parse_toml
from aedesk.core.errors import AedeskError, SpecError
from aedesk.models.files.library import name_of
from aedesk.settings.places import runs_dir
from aedesk.training.recipes import presets
from aedesk.training.recipes import text as recipe_text
from aedesk.training.recipes.fields import find, sections
from aedesk.training.recipes.recipe import load, parse

KeyPath = tuple[str | int, ...]
SHAPING: frozenset[KeyPath] = frozenset({("model", "family"), ("degradation", "chain"), ("data", "targets")})
"""Settings that determine which other settings exist."""

SOURCES = ("folder", "files", "noisy", "clean", "noisy_suffix", "clean_suffix", "dataset", "download")
"""Keys of [data] for the location of the pictures, which are kept when the goal changes."""


class RecipeDraft(QObject):
    """A recipe as a nested table, and its problems.

    Signals:
        changed: a value or a problem has changed.
        rebuilt: other settings exist now, so that the form has to be rebuilt.
        pictures_changed: [data] has changed.
    """

    changed = Signal()
    rebuilt = Signal()
    pictures_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.goal = presets.GOALS[0].name
        self.table: dict[str, Any] = {}
        self._unreadable: dict[KeyPath, str] = {}

    @property
    def family(self) -> str:
        """The family of the model."""
        return str(self.table.get("model", {}).get("family", ""))

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.table.get("data", {}))

    @property
    def has_pictures(self) -> bool:
        """Whether pictures were chosen."""
        return any(self.data.get(key) for key in ("folder", "files", "dataset")) or bool(self.data.get("noisy") and self.data.get("clean"))

    def choose_goal(self, name: str, family: str = "") -> None:
        """Starts with the recipe of a goal and keeps the chosen pictures. Raises SpecError for an unknown goal."""
        if name not in presets.BY_NAME:
            raise SpecError(f"There is no goal named {name!r}.", f"Known: {', '.join(presets.BY_NAME)}.")
        own = {key: self.data[key] for key in ("folder", "files", "noisy", "clean") if self.data.get(key)}
        before = self.family if self.goal == "any" else ""
        table = presets.goal_recipe(name, family or before or presets.families()[0])
        self.goal = name
        if own and not table["data"].get("dataset"):
            table["data"] = {**table["data"], **own}
        self._take(table)

    def choose_family(self, family: str) -> None:
        """Starts with the recipe of a family of autoencoders."""
        self.choose_goal("any", family)

    def choose_pictures(self, data: Mapping[str, Any]) -> None:
        """Sets the location of the pictures, with keys of ``SOURCES``; the rest of [data] is kept."""
        self.table["data"] = {**{key: value for key, value in self.data.items() if key not in SOURCES}, **data}
        self.rebuilt.emit()
        self.pictures_changed.emit()
        self.changed.emit()

    def get(self, path: KeyPath, default: Any = None) -> Any:
        """Returns a value."""
        here: Any = self.table
        for key in path:
            if isinstance(key, int) or key in here:
                here = here[key]
            else:
                return default
        return here

    def set(self, path: KeyPath, value: Any) -> None:
        """Sets a value; None removes the key, so that its default applies."""
        self._unreadable.pop(path, None)
        here: Any = self.table
        for key in path[:-1]:
            here = here[key] if isinstance(key, int) else here.setdefault(key, {})
        if value is None:
            here.pop(path[-1], None)
        else:
            here[path[-1]] = value
        if path in SHAPING:
            self._drop_unknown_keys()
            self._ensure_degradation()
            self.rebuilt.emit()
        if path[0] == "data":
            self.pictures_changed.emit()
        self.changed.emit()

    def rename(self, title: str) -> None:
        """Sets the title, from which the names of the run's folder and the model file are derived."""
        self.table["title"] = title
        self.table["name"] = name_of(title)
        self.changed.emit()

    def mark_unreadable(self, path: KeyPath, reason: str) -> None:
        """Records that typed text is not a value; the recipe keeps the value before and cannot be started."""
        self._unreadable[path] = reason
        self.changed.emit()

    def is_unreadable(self, path: KeyPath) -> bool:
        """Returns whether the text of a setting is not a value."""
        return path in self._unreadable

    def add_stage(self) -> None:
        """Adds a stage, a copy of the last one."""
        self.table["stage"] = [*self.table["stage"], copy.deepcopy(self.table["stage"][-1])]
        self.rebuilt.emit()
        self.changed.emit()

    def remove_stage(self) -> None:
        """Removes the last stage, unless it is the only one."""
        if len(self.table["stage"]) > 1:
            self.table["stage"] = self.table["stage"][:-1]
            self.rebuilt.emit()
            self.changed.emit()

    def problems(self) -> dict[KeyPath, str]:
        """Returns the problems by setting; () for the recipe as a whole. With a problem it cannot be started."""
        found: dict[KeyPath, str] = dict(self._unreadable)
        for section in sections(self.table):
            for knob in section.knobs:
                path = (*section.path, knob.key)
                value = self.get(path)
                reason = knob.problem(value) if value is not None else ""
                if reason:
                    found.setdefault(path, reason)
        if not found:
            try:
                parse(self.table)
            except AedeskError as error:
                found[find(self.table, error.message) or ()] = str(error)
        return found

    def new_folder(self) -> Path:
        """Returns a new folder for a run: NAME-DATE-TIME, never an existing one."""
        name = f"{self.table['name']}-{time.strftime('%Y%m%d-%H%M%S')}"
        candidates = (runs_dir() / (name if number == 1 else f"{name}-{number}") for number in range(1, 1000))
        return next(path for path in candidates if not path.exists())

    def open(self, path: Path) -> None:
        """Opens a recipe file. Raises SpecError, and does not change the draft then."""
        table = load(path)
        self.goal = "any"
        self._take(table)

    def save(self, path: Path) -> None:
        """Saves the recipe in a file. Raises SpecError."""
        recipe_text.save(self.table, path)

    def text(self) -> str:
        """Returns the recipe as TOML, for the settings."""
        return recipe_text.to_toml(self.table)

    def restore(self, goal: str, text: str) -> None:
        """Restores a recipe from the settings; if it is not valid, the default of the goal."""
        try:
            table = parse_toml(text.encode())
            parse(table)
            if goal not in presets.BY_NAME:
                raise SpecError(f"There is no goal named {goal!r}.")
        except (AedeskError, ValueError):
            self.choose_goal(goal if goal in presets.BY_NAME else presets.GOALS[0].name)
            return
        self.goal = goal
        self._take(table)

    def _take(self, table: dict[str, Any]) -> None:
        self.table = copy.deepcopy(table)
        self._unreadable.clear()
        self.rebuilt.emit()
        self.pictures_changed.emit()
        self.changed.emit()

    def _ensure_degradation(self) -> None:
        """Adds a degradation to an empty list, which would not be valid."""
        degradation = self.table.get("degradation", {})
        if degradation.get("chain") == "listed" and set(degradation) <= {"chain", "pick"}:
            degradation["gaussian"] = [0, 50]

    def _drop_unknown_keys(self) -> None:
        """Removes keys that the current family, pipeline or target does not have, which would be errors."""
        known = {section.path[0]: {knob.key for knob in section.knobs} for section in sections(self.table) if section.path}
        for name, extra in (("model", {"family"}), ("degradation", set()), ("objective", set())):
            if name in self.table:
                keys = known.get(name, set()) | extra
                self.table[name] = {key: value for key, value in self.table[name].items() if key in keys}
        self._unreadable.clear()
