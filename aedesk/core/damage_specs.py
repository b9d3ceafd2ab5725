"""Requests about damage on scans of prints: find it, measure how well it is found and repaired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import SpecError

PRECISIONS = ("auto", "float32", "bfloat16", "float16")
DAMAGE_KINDS = ("lines", "specks", "stains")
"""Cracks, scratches and folds; dust, hairs and spots; stains, tears and missing parts."""


@dataclass(frozen=True)
class FindDamageSpec:
    """Find the damage on one scan. Inputs: one ``Picture``. Result: ``FindDamageResult``.

    Args:
        model: name of a model that finds damage, or path of a model file.
        sensitivity: 0 to 1. A pixel is damaged where the model's probability exceeds 1 - sensitivity.
        device: "auto", "cpu", "cuda" or "cuda:N".
        precision: one of ``PRECISIONS``.
    """

    model: str = "find-damage"
    sensitivity: float = 0.5
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        _check(self.sensitivity, self.precision)


@dataclass(frozen=True)
class FindDamageResult:
    """Result of a ``FindDamageSpec``.

    Args:
        mask: (H, W) uint8, 255 where the picture is damaged and 0 elsewhere.
        kinds: (H, W) uint8, 0 where it is sound, else 1 + the index into ``DAMAGE_KINDS``.
        area: damaged pixels.
        device: where it ran, "cpu" or "cuda:0".
        precision: "float32", "bfloat16" or "float16".
        seconds: time of the search.
    """

    mask: Any
    kinds: Any
    area: int
    device: str
    precision: str
    seconds: float


@dataclass(frozen=True)
class EvaluateRepairSpec:
    """Measure damage detection on clean pictures. Inputs: none. Result: a JSON-able dict.

    Args:
        data: a folder of clean pictures, which are made into damaged prints; their shapes and textures of damage are not used for training.
        model, sensitivity, device, precision: as of ``FindDamageSpec``.
        limit: use only so many pictures, None for all.
        seed: of prints and damage.
    """

    data: str
    model: str = "find-damage"
    sensitivity: float = 0.5
    limit: int | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        _check(self.sensitivity, self.precision)
        if self.limit is not None and self.limit < 1:
            raise SpecError(f"limit is {self.limit}.", "Choose 1 or more pictures.")


def _check(sensitivity: float, precision: str) -> None:
    if not 0 <= sensitivity <= 1:
        raise SpecError(f"sensitivity is {sensitivity}.", "Choose a value from 0 to 1.")
    if precision not in PRECISIONS:
        raise SpecError(f"precision is {precision!r}.", f"Choose one of {', '.join(PRECISIONS)}.")
