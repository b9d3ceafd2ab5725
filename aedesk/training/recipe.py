"""Recipes: one TOML file says everything about a training run.

::

    name = "denoise-gaussian"        # and title, description, purpose, licence, data_note, seed
    start = ""                       # a model file or a shipped model's name to start from
    [model]        family = "unet" and its architecture arguments
    [data]         folder (usually given with --data), held_out
    [degradation]  chain = "gaussian" and its ranges
    [objective]    the objective's own arguments, such as beta or a sparsity target
    [train]        optimizer, lr, ema, batch, warmup_steps, checkpoint_s, validate_every
    [[stage]]      steps, patch_px, batch, loss: one after the other
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from aedesk.core.errors import SpecError

T = TypeVar("T")


@dataclass(frozen=True)
class Data:
    folder: str = ""
    held_out: int = 16
    limit: int | None = None


@dataclass(frozen=True)
class Train:
    """``lr`` is the peak rate of AdamW; ``muon_lr`` that of Muon on the convolutions inside the trunk, 0 for AdamW alone."""

    lr: float = 1e-3
    muon_lr: float = 0.0
    weight_decay: float = 1e-4
    warmup_steps: int = 100
    final_lr_ratio: float = 0.01
    clip_norm: float = 1.0
    ema: float = 0.999
    estimator_weight: float = 0.02
    precision: str = "auto"
    checkpoint_s: float = 180.0
    validate_every: int = 250
    log_every: int = 10


@dataclass(frozen=True)
class Stage:
    steps: int
    patch_px: int = 64
    batch: int = 16
    loss: str = "l1"


@dataclass(frozen=True)
class Recipe:
    """A checked recipe; ``table`` is the TOML it came from."""

    name: str
    purpose: str
    family: str
    architecture: Mapping[str, Any]
    chain: str
    ranges: Mapping[str, Any]
    objective: Mapping[str, Any]
    stages: tuple[Stage, ...]
    data: Data = Data()
    train: Train = Train()
    title: str = ""
    description: str = ""
    licence: str = ""
    data_note: str = ""
    start: str = ""
    seed: int = 0
    table: Mapping[str, Any] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)


def load(path: Path | str) -> dict[str, Any]:
    """The parsed TOML of a recipe file, checked. Raises :class:`SpecError` naming the file and the place."""
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError(f"The recipe {path} cannot be read: {error.strerror or error}.", "Check the name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"The recipe {path} is not valid TOML: {error}.", "Mend it at that place.") from error
    parse(table)
    return table


def parse(table: Mapping[str, Any]) -> Recipe:
    """A :class:`Recipe` from its table. Raises :class:`SpecError` for missing, unknown or wrongly typed keys."""
    rest = dict(table)
    model, degradation = dict(_pop(rest, "model", dict)), dict(_pop(rest, "degradation", dict))
    stages = tuple(_build(Stage, "stage", entry) for entry in _pop(rest, "stage", list))
    if not stages:
        raise SpecError("The recipe has no stage.", "Add a [[stage]] table with steps.")
    built: dict[str, Any] = dict(
        family=_pop(model, "family", str),
        architecture=model,
        chain=_pop(degradation, "chain", str),
        ranges=degradation,
        objective=dict(rest.pop("objective", {})),
        stages=stages,
        data=_build(Data, "data", rest.pop("data", {})),
        train=_build(Train, "train", rest.pop("train", {})),
    )
    top = {"name", "purpose", "title", "description", "licence", "data_note", "start", "seed"}
    if unknown := sorted(set(rest) - top):
        raise SpecError(f"The recipe has unknown keys: {', '.join(unknown)}.", f"Known: {', '.join(sorted(top))} and the tables.")
    return Recipe(name=_pop(rest, "name", str), purpose=_pop(rest, "purpose", str), table=dict(table), **built, **rest)


def _pop(table: dict[str, Any], key: str, kind: type[T]) -> T:
    if not isinstance(table.get(key), kind):
        raise SpecError(f"The recipe lacks {key} ({kind.__name__}).", "See the recipes in resources/models for an example.")
    value: T = table.pop(key)
    return value


def _build(kind: type[T], name: str, table: Mapping[str, Any]) -> T:
    types = {f.name: str(f.type) for f in fields(kind)}  # type: ignore[arg-type]
    for key, value in table.items():
        if key not in types:
            raise SpecError(f"[{name}] has no key {key!r}.", f"Known: {', '.join(types)}.")
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (isinstance(value, str) if types[key] == "str" else number):
            raise SpecError(f"[{name}] {key} = {value!r} is not a {types[key]}.", "Mend the recipe.")
    try:
        return kind(**table)
    except TypeError as error:
        raise SpecError(f"[{name}] is incomplete: {error}.", "Mend the recipe.") from error
