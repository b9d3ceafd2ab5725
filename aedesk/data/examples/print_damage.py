"""Training examples for damage detection: scans of damaged prints with masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.examples.example import Example
from aedesk.data.examples.patch_examples import PatchExamples
from aedesk.data.examples.validation_crops import numbered, seeded, to_float
from aedesk.data.pictures.patches import Patches
from aedesk.data.print_damage.film_shapes import film_shapes
from aedesk.data.print_damage.pipeline import SOURCE_SCALE, DamageRange, damage_prints

RANGES = tuple(field.name for field in fields(DamageRange) if field.name != "film_shapes")


def damage_range(table: Mapping[str, Any], shapes: str = "") -> DamageRange:
    """A recipe's [degradation] of the chain "print-damage".

    Args:
        shapes: folder of damage shapes, empty for none.

    Raises :class:`SpecError` for an unknown key or a wrong value, :class:`DataError` for a folder without shapes.
    """
    given: dict[str, Any] = {key: value for key, value in table.items() if key != "chain"}
    if unknown := sorted(set(given) - set(RANGES)):
        raise SpecError(f"[degradation] The chain print-damage has no {', '.join(unknown)}.", f"Known: {', '.join(RANGES)}.")
    for key, value in given.items():
        if key == "unit":
            good = isinstance(value, (list, tuple)) and len(value) == 2 and 0.3 <= value[0] <= value[1] <= 40
            wanted = "[smallest, largest], from 0.3 to 40 pixels"
        else:
            good, wanted = isinstance(value, (int, float)) and 0 <= value <= 1, "a number from 0 to 1"
        if not good:
            raise SpecError(f"[degradation] {key} = {value!r} does not fit.", f"Write {wanted}.")
    if shapes:
        film_shapes(shapes)
    given |= {key: tuple(value) for key, value in given.items() if isinstance(value, list)}
    return DamageRange(**given, film_shapes=shapes)


class DamageExamples(PatchExamples):
    """Scans of damaged prints; the target is the mask, (B, 3, P, P) of 0 and 1, a channel per ``DAMAGE_KINDS``.

    Arguments as ``PatchExamples``, and ``ranges``.
    """

    def __init__(
        self, patches: Patches, crops: Sequence[Tensor], ranges: DamageRange, device: torch.device, problems: Sequence[str] = ()
    ) -> None:
        super().__init__(patches, crops, device, problems)
        self._ranges = ranges

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, SOURCE_SCALE * patch_px, seeded(seed, "cpu")), self._device)
        return _example(clean, self._ranges, seeded(seed, self._device))

    def validation(self) -> list[Example]:
        """Every picture as a damaged print."""
        ranges = replace(self._ranges, clean=0.0)
        return [_example(crop, ranges, generator) for crop, generator in numbered(self._crops, self._device)]


def _example(clean: Tensor, ranges: DamageRange, generator: torch.Generator) -> Example:
    prints = damage_prints(clean, ranges, generator, undamaged=False)
    return Example(prints.picture, prints.mask, clean.new_zeros((len(clean), 1, 1, 1)))
