"""Examples from clean pictures: crops, and damage done to them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aedesk.data.degradation.recipe import Damage
from aedesk.data.examples.example import Example
from aedesk.data.examples.patch_examples import PatchExamples
from aedesk.data.examples.validation_crops import numbered, seeded, to_float
from aedesk.data.pictures.patches import Patches


class CleanExamples(PatchExamples):
    """Crops of clean pictures, damaged. Arguments as ``PatchExamples``, and ``damage``, what is done to patches and crops."""

    def __init__(
        self, patches: Patches, crops: Sequence[Tensor], damage: Damage, device: torch.device, problems: Sequence[str] = ()
    ) -> None:
        super().__init__(patches, crops, device, problems)
        self._damage = damage

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, patch_px * self._damage.source_scale, seeded(seed, "cpu")), self._device)
        return Example(*self._damage(clean, seeded(seed, self._device)))

    def validation(self) -> list[Example]:
        return [Example(*self._damage(crop, generator, all_damaged=True)) for crop, generator in numbered(self._crops, self._device)]
