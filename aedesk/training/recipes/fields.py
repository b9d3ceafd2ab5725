"""Every setting of a recipe as a row: it drives the form behind *Advanced*, its limits and its help. No torch.

Defaults come from the dataclasses of ``training.recipes.recipe``, limits and words from here. The arguments of a network ([model]) are
rows made of the family's own dataclass: titles from the names, help from the docstring. A test holds the rows against the dataclasses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_type_hints

from aedesk.models import architectures
from aedesk.models.architectures import ARCHITECTURES
from aedesk.training.recipes import recipe
from aedesk.training.recipes.field_rows import CHAIN, DAMAGE, OBJECTIVE_KNOBS, ROWS, TARGET_KNOBS
from aedesk.training.recipes.field_types import Knob

MODEL_TITLES: Mapping[str, str] = {
    "size_px": "Picture size",
    "patch_px": "Patch size",
    "widths": "Feature channels",
    "hidden": "Hidden layers",
    "body": "Kind of layers",
    "code": "Code units",
    "up": "Way up",
    "skips": "Skip connections",
    "tied": "Tied weights",
    "unshuffle": "Folding",
    "estimate": "Noise estimate",
}
"""Where the argument's name alone would not tell."""


@dataclass(frozen=True)
class Section:
    """One group of the form. ``path`` is the table in the recipe, as ("train",) or ("stage", 0)."""

    title: str
    path: tuple[str | int, ...]
    knobs: tuple[Knob, ...]


def sections(table: Mapping[str, Any]) -> tuple[Section, ...]:
    """The settings that a recipe has, in the order of the form: they depend on its family, its chain and its targets."""
    model = table.get("model", {})
    family = str(model.get("family", ""))
    made = [
        Section("Run", (), _of("")),
        Section("Network", ("model",), model_knobs(family)),
        Section("Pictures", ("data",), _of("data")),
        Section("Damage", ("degradation",), degradation_knobs(str(table.get("degradation", {}).get("chain", "none")))),
        Section("Objective", ("objective",), objective_knobs(family, str(table.get("data", {}).get("targets", "clean")))),
        *(
            Section("Training" if len(table.get("stage", ())) < 2 else f"Training, part {index + 1}", ("stage", index), _of("stage"))
            for index in range(len(table.get("stage", ())))
        ),
        Section("Learning", ("train",), _of("train")),
    ]
    return tuple(section for section in made if section.knobs)


def degradation_knobs(chain: str) -> tuple[Knob, ...]:
    return (CHAIN, *DAMAGE.get(chain, ()))


def objective_knobs(family: str, targets: str = "clean") -> tuple[Knob, ...]:
    """The arguments of the objective: with self-supervised targets theirs, otherwise the family's."""
    return TARGET_KNOBS[targets] if targets in TARGET_KNOBS else OBJECTIVE_KNOBS.get(family, ())


def model_knobs(family: str) -> tuple[Knob, ...]:
    """One row per argument of the family's dataclass; none for a family that is not known."""
    if family not in ARCHITECTURES:
        return ()
    kind = ARCHITECTURES[family]
    hints, help_of = get_type_hints(kind), docstring_help(kind)
    return tuple(
        Knob(
            field.name,
            MODEL_TITLES.get(field.name, field.name.replace("_", " ").capitalize()),
            help_of.get(field.name, ""),
            kind=_kind(hints[field.name]),
        ).declared_by(field)
        for field in fields(kind)
    )


def docstring_help(kind: type) -> dict[str, str]:
    """The sentences that a dataclass's docstring, and those of its parents, give to its arguments below "Args:"."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        names: list[str] = []
        for line in (each.__doc__ or "").partition("Args:")[2].splitlines():
            started = re.match(r"^ {4,8}([a-z_]+(?:, [a-z_]+)*): (.*)$", line)
            if started:
                names = started[1].split(", ")
                found |= dict.fromkeys(names, started[2].strip())
            elif line.strip() and line.startswith(" " * 8):
                found |= {name: f"{found[name]} {line.strip()}" for name in names}
            elif line.strip() or (names and not line.strip()):
                names = []
    return {name: _sentence(_resolve(name, text)) for name, text in found.items()}


def _resolve(name: str, text: str) -> str:
    """The help itself where a docstring only points to another class's."""
    pointed = re.search(r",? as in :class:`(\w+)`\.", text)
    other = getattr(architectures, pointed[1], None) if pointed else None
    return text if pointed is None or other is None else f"{text[: pointed.start()]}. {docstring_help(other)[name]}"


def _sentence(text: str) -> str:
    plain = re.sub(r":\w+:`([^`]+)`", r"\1", text).replace("``", "")
    plain = plain.replace("ACTIVATIONS", "the activations").replace("OUTPUTS", "the outputs")
    return plain[:1].upper() + plain[1:]


def _of(table: str) -> tuple[Knob, ...]:
    declared = {field.name: field for field in fields(_KINDS[table])}
    return tuple(knob.declared_by(declared[knob.key]) for knob in ROWS[table])


_KINDS: Mapping[str, type] = {"": recipe.Header, "data": recipe.Data, "stage": recipe.Stage, "train": recipe.Train}


def _kind(hint: Any) -> str:
    text = str(hint)
    if "tuple" in text:
        return "numbers"
    return {bool: "bool", int: "int", float: "float"}.get(hint, "text")


def find(table: Mapping[str, Any], message: str) -> tuple[str | int, ...] | None:
    """The setting that an error of ``training.recipes.recipe.parse`` is about, as a path in the recipe; None if it cannot be told."""
    mention = re.search(r"\[(\w+)\]", message)
    words = set(re.findall(r"[a-z_]+", message.lower().replace("-", "_")))
    candidates: Iterable[Section] = sections(table)
    if mention:
        candidates = [section for section in candidates if section.path and section.path[0] == mention[1]]
    for section in candidates:
        for knob in section.knobs:
            if knob.key.replace("-", "_") in words:
                return (*section.path, knob.key)
    return None
