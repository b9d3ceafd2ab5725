"""Examples from noisy pictures alone: both what goes in and what should come out are made of the same picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradation.camera_noise import STRONGEST, WEAKEST, CameraNoise
from aedesk.data.degradation.operations import chance, log_uniform
from aedesk.data.degradation.recipe import noise_level
from aedesk.data.examples.blind_spots import blind
from aedesk.data.examples.example import Example
from aedesk.data.examples.neighbours import draw_pick, neighbours
from aedesk.data.examples.patch_examples import PatchExamples
from aedesk.data.examples.validation_crops import numbered, seeded, to_float
from aedesk.data.pictures.patches import Patches


class NeighbourExamples(PatchExamples):
    """For Neighbor2Neighbor: patches of twice the size, parted into two of neighbouring pixels. Arguments as ``PatchExamples``."""

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        whole = to_float(self._patches.sample(batch, 2 * patch_px, seeded(seed, "cpu")), self._device)
        return _parted(whole, seeded(seed, self._device))

    def validation(self) -> list[Example]:
        """Figures against the other neighbours: what a real clean picture would give is unknown."""
        return [_parted(crop, generator) for crop, generator in numbered(self._crops, self._device)]


class BlindSpotExamples(PatchExamples):
    """For Noise2Void: patches with blind spots. Arguments as ``PatchExamples``."""

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        noisy = to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device)
        return _with_blind_spots(noisy, seeded(seed, self._device))

    def validation(self) -> list[Example]:
        return [_with_blind_spots(crop, generator) for crop, generator in numbered(self._crops, self._device)]


class OwnNoiseExamples(PatchExamples):
    """For learning a camera's own noise: patches of its pictures, and noise to add to them.

    Every other patch is at half its size, where little noise is left. The others have the texture of full size, which must be kept.

    Arguments as ``PatchExamples``, and ``noise``, what was measured on the training pictures.
    """

    def __init__(
        self, patches: Patches, crops: Sequence[Tensor], noise: CameraNoise, device: torch.device, problems: Sequence[str] = ()
    ) -> None:
        super().__init__(patches, crops, device, problems)
        self._noise = noise

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        whole = to_float(self._patches.sample(batch, 2 * patch_px, seeded(seed, "cpu")), self._device)
        generator = seeded(seed, self._device)
        halved = chance(0.5, batch, generator)
        patch = torch.where(halved, F.avg_pool2d(whole, 2), whole[:, :, :patch_px, :patch_px])
        level = self._noise.level * log_uniform(WEAKEST, STRONGEST, batch, generator) / 255
        return Example(patch, patch, _unknown(patch), noise=level * self._noise.draw(batch, patch_px, generator))

    def validation(self) -> list[Example]:
        """Figures on pictures at half their size, with the usual noise added."""
        examples = []
        for crop, generator in numbered(self._crops, self._device):
            half = F.avg_pool2d(crop, 2)
            height, width = half.shape[2:]
            noise = self._noise.draw(1, max(height, width), generator)[:, :, :height, :width] * (self._noise.level / 255)
            noisy = (half + noise).clamp(0, 1)
            examples.append(Example(noisy, half, noise_level(noisy, half)))
        return examples


def _unknown(noisy: Tensor) -> Tensor:
    return noisy.new_full((len(noisy), 1, 1, 1), float("nan"))


def _parted(whole: Tensor, generator: torch.Generator) -> Example:
    pick = draw_pick(whole, generator)
    first, second = neighbours(whole, pick)
    return Example(first, second, _unknown(first), whole=whole, pick=pick)


def _with_blind_spots(noisy: Tensor, generator: torch.Generator) -> Example:
    masked, spots = blind(noisy, generator)
    return Example(masked, noisy, _unknown(noisy), weight=spots)
