"""Training examples for inpainting: clean pictures with synthetic holes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.data.examples.patch_examples import PatchExamples
from aedesk.data.examples.validation_crops import numbered, seeded, to_float
from aedesk.data.holes.shapes import training_holes
from aedesk.data.pictures.patches import Patches

HOLES_PER_PATCH = 2
"""Holes drawn over each other in a training patch. More of it is hidden than in real pictures, so that each patch teaches more."""


class HoleExamples(PatchExamples):
    """Clean pictures with holes (filled with 0.5), whose mask is ``Example.weight``. Arguments as for :class:`PatchExamples`."""

    def __init__(self, patches: Patches, crops: Sequence[Tensor], device: torch.device, problems: Sequence[str] = ()) -> None:
        super().__init__(patches, crops, device, problems)
        self._bank = training_holes(str(device))

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device)
        return self._with_holes(clean, seeded(seed, self._device), HOLES_PER_PATCH)

    def validation(self) -> list[Example]:
        """Every held-out crop with one hole."""
        return [self._with_holes(crop, generator) for crop, generator in numbered(self._crops, self._device)]

    def _with_holes(self, clean: Tensor, generator: torch.Generator, holes: int = 1) -> Example:
        count, _, height, width = clean.shape
        hole = torch.stack([self._bank.draw(count, height, width, generator) for _ in range(holes)]).amax(0)
        masked = torch.where(hole > 0, torch.full_like(clean, 0.5), clean)
        return Example(masked, clean, (masked - clean).square().mean((1, 2, 3), keepdim=True).sqrt() * 255, weight=hole)
