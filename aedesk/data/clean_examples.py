"""Examples from clean pictures: crops, and damage done to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from aedesk.data.chains import CHAINS
from aedesk.data.collection import PatchStore
from aedesk.data.examples import Example

VALIDATION_PX = 256


class CleanExamples:
    """Crops of clean pictures, damaged by a chain.

    Args:
        training, held_out: (H, W, 3) uint8 pictures.
        chain: name of a degradation chain; ``ranges`` its arguments.
        device: where the pictures lie and the examples are made.
    """

    def __init__(
        self, training: Sequence[np.ndarray], held_out: Sequence[np.ndarray], chain: str, ranges: Mapping[str, Any], device: torch.device
    ) -> None:
        self.store = PatchStore(training, device)
        self._held_out, self._chain, self._ranges, self._device = held_out, CHAINS[chain], dict(ranges), device

    @property
    def count(self) -> int:
        return len(self.store.start)

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        patches = self.store.sample(batch, patch_px, torch.Generator().manual_seed(seed))
        generator = torch.Generator(self._device).manual_seed(seed)
        return Example(*self._chain(patches.float() / 255, self._ranges, generator))

    def validation(self) -> list[Example]:
        """Central crops of the held-out pictures, all damaged, each with its own fixed seed."""
        return [self._example(number, picture) for number, picture in enumerate(self._held_out)]

    def _example(self, number: int, picture: np.ndarray) -> Example:
        height, width = picture.shape[:2]
        side = min(VALIDATION_PX, height // 8 * 8, width // 8 * 8)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = torch.from_numpy(picture[top : top + side, left : left + side].copy()).to(self._device)
        clean = pixels.permute(2, 0, 1)[None].float() / 255
        noisy, clean, level = self._chain(clean, {**self._ranges, "clean": 0.0}, torch.Generator(self._device).manual_seed(number))
        return Example(noisy, clean, level)
