"""Examples from pairs: the noisy picture goes in, the clean one should come out."""

from __future__ import annotations

from torch import Tensor

from aedesk.data.degradation.recipe import noise_level
from aedesk.data.examples.example import Example
from aedesk.data.examples.patch_examples import PatchExamples
from aedesk.data.examples.validation_crops import seeded, to_float


class PairExamples(PatchExamples):
    """The same crop of both pictures of a pair. Arguments as ``PatchExamples``, with noisy and clean stacked along the channels."""

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        return _example(to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device))

    def validation(self) -> list[Example]:
        return [_example(crop) for crop in self._crops]


def _example(both: Tensor) -> Example:
    noisy, clean = both.chunk(2, 1)
    return Example(noisy, clean, noise_level(noisy, clean))
