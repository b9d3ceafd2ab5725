"""Examples from pairs: the noisy picture goes in, the clean one should come out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aedesk.data.damage import noise_level
from aedesk.data.examples import Example
from aedesk.data.patches import Patches
from aedesk.data.validation_crops import seeded, to_float


class PairExamples:
    """The same crop of both pictures of a pair. Arguments as ``CleanExamples``, with noisy and clean stacked along the channels."""

    def __init__(self, patches: Patches, crops: Sequence[Tensor], device: torch.device, problems: Sequence[str] = ()) -> None:
        self._patches, self._crops, self._device = patches, crops, device
        self.problems = tuple(problems)

    @property
    def count(self) -> int:
        return len(self._patches)

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        return _example(to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device))

    def validation(self) -> list[Example]:
        return [_example(crop) for crop in self._crops]


def _example(both: Tensor) -> Example:
    noisy, clean = both.chunk(2, 1)
    return Example(noisy, clean, noise_level(noisy, clean))
