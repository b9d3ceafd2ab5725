"""Examples from clean pictures: crops, and damage done to them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aedesk.data.damage import Damage
from aedesk.data.examples import Example
from aedesk.data.patches import Patches
from aedesk.data.validation_crops import numbered, seeded, to_float


class CleanExamples:
    """Crops of clean pictures, damaged.

    Args:
        patches: of the training pictures.
        crops: of the held-out pictures, on the device.
        damage: what is done to both.
        problems: what the person should know about the data.
    """

    def __init__(
        self, patches: Patches, crops: Sequence[Tensor], damage: Damage, device: torch.device, problems: Sequence[str] = ()
    ) -> None:
        self._patches, self._crops, self._damage, self._device = patches, crops, damage, device
        self.problems = tuple(problems)

    @property
    def count(self) -> int:
        return len(self._patches)

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device)
        return Example(*self._damage(clean, seeded(seed, self._device)))

    def validation(self) -> list[Example]:
        return [Example(*self._damage(crop, generator, all_damaged=True)) for crop, generator in numbered(self._crops, self._device)]
