"""The recipe that is being put together: the goal cards, the data box and the form all write here, and all show what stands here."""

from __future__ import annotations

import copy
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from aedesk.core.errors import AedeskError, SpecError
from aedesk.models.library import name_of
from aedesk.settings.places import runs_dir
from aedesk.training import presets, recipe_text
from aedesk.training.knobs import find, sections
from aedesk.training.recipe import load, parse

KeyPath = tuple[str | int, ...]
SHAPING: frozenset[KeyPath] = frozenset({("model", "family"), ("degradation", "chain"), ("data", "targets")})
"""Settings on which it depends what other settings there are."""

SOURCES = ("folder", "files", "noisy", "clean", "noisy_suffix", "clean_suffix", "dataset", "download")
"""What in [data] says where the pictures are: it stays when the goal changes."""


class Draft(QObject):
    """A recipe's table with its problems.

    Signals:
        changed: some value, or a problem.
        rebuilt: other settings exist now: a form has to be made anew.
        pictures_changed: the table [data] names other pictures.
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
        return str(self.table.get("model", {}).get("family", ""))

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.table.get("data", {}))

    @property
    def has_pictures(self) -> bool:
        return any(self.data.get(key) for key in ("folder", "files", "dataset")) or bool(self.data.get("noisy") and self.data.get("clean"))

    def choose_goal(self, name: str, family: str = "") -> None:
        """Begin with the recipe of a goal; pictures that were chosen stay chosen. An unknown goal raises SpecError."""
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
        self.choose_goal("any", family)

    def choose_pictures(self, data: Mapping[str, Any]) -> None:
        """Where the pictures are: some of the keys ``SOURCES``; the rest of [data] stays."""
        self.table["data"] = {**{key: value for key, value in self.data.items() if key not in SOURCES}, **data}
        self.rebuilt.emit()
        self.pictures_changed.emit()
        self.changed.emit()

    def get(self, path: KeyPath, default: Any = None) -> Any:
        here: Any = self.table
        for key in path:
            if isinstance(key, int) or key in here:
                here = here[key]
            else:
                return default
        return here

    def set(self, path: KeyPath, value: Any) -> None:
        """Write a value; None takes the key out, so that its default holds."""
        self._unreadable.pop(path, None)
        here: Any = self.table
        for key in path[:-1]:
            here = here[key] if isinstance(key, int) else here.setdefault(key, {})
        if value is None:
            here.pop(path[-1], None)
        else:
            here[path[-1]] = value
        if path in SHAPING:
            self._drop_strangers()
            self._name_a_damage()
            self.rebuilt.emit()
        if path[0] == "data":
            self.pictures_changed.emit()
        self.changed.emit()

    def rename(self, title: str) -> None:
        """What people read; the run's folder and the model's file are named after it."""
        self.table["title"] = title
        self.table["name"] = name_of(title)
        self.changed.emit()

    def mark_unreadable(self, path: KeyPath, reason: str) -> None:
        """What was typed is no value at all; the recipe keeps the one before, and cannot be started."""
        self._unreadable[path] = reason
        self.changed.emit()

    def is_unreadable(self, path: KeyPath) -> bool:
        return path in self._unreadable

    def add_stage(self) -> None:
        """Another part of the run, like the last one."""
        self.table["stage"] = [*self.table["stage"], copy.deepcopy(self.table["stage"][-1])]
        self.rebuilt.emit()
        self.changed.emit()

    def remove_stage(self) -> None:
        """Take the last part of the run out; the first one stays."""
        if len(self.table["stage"]) > 1:
            self.table["stage"] = self.table["stage"][:-1]
            self.rebuilt.emit()
            self.changed.emit()

    def problems(self) -> dict[KeyPath, str]:
        """What keeps the recipe from being started, by the setting that it is about; () for the recipe as a whole."""
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
        """Where the next run of this name would live: NAME-DATE-TIME, never one that is there."""
        name = f"{self.table['name']}-{time.strftime('%Y%m%d-%H%M%S')}"
        tries = (runs_dir() / (name if number == 1 else f"{name}-{number}") for number in range(1, 1000))
        return next(path for path in tries if not path.exists())

    def open(self, path: Path) -> None:
        """Take a recipe file. Raises SpecError; the draft then stays as it was."""
        table = load(path)
        self.goal = "any"
        self._take(table)

    def save(self, path: Path) -> None:
        """Write the recipe as a file. Raises SpecError."""
        recipe_text.save(self.table, path)

    def text(self) -> str:
        """The recipe as TOML, to be remembered."""
        return recipe_text.to_toml(self.table)

    def recall(self, goal: str, text: str) -> None:
        """What was remembered; where that is no recipe (any more), the goal's own."""
        try:
            table = tomllib.loads(text)
            parse(table)
            if goal not in presets.BY_NAME:
                raise SpecError(f"There is no goal named {goal!r}.")
        except (AedeskError, tomllib.TOMLDecodeError):
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

    def _name_a_damage(self) -> None:
        """A list of damages must not be empty."""
        damage = self.table.get("degradation", {})
        if damage.get("chain") == "listed" and set(damage) <= {"chain", "pick"}:
            damage["gaussian"] = [0, 50]

    def _drop_strangers(self) -> None:
        """Keys that the present family, chain or targets do not have would be errors."""
        known = {section.path[0]: {knob.key for knob in section.knobs} for section in sections(self.table) if section.path}
        for name, extra in (("model", {"family"}), ("degradation", set()), ("objective", set())):
            if name in self.table:
                keys = known.get(name, set()) | extra
                self.table[name] = {key: value for key, value in self.table[name].items() if key in keys}
        self._unreadable.clear()
