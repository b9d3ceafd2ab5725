"""What all kinds of examples share: patches to draw from, and crops to look at."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aedesk.data.pictures.patches import Patches


class PatchExamples:
    """The common part of an ``Examples``; ``draw`` and ``validation`` say what is made of a patch.

    Args:
        patches: of the training pictures.
        crops: of the held-out pictures, on the device.
        problems: what the person should know about the data.
    """

    def __init__(self, patches: Patches, crops: Sequence[Tensor], device: torch.device, problems: Sequence[str] = ()) -> None:
        self._patches, self._crops, self._device = patches, crops, device
        self.problems = tuple(problems)

    @property
    def count(self) -> int:
        return len(self._patches)

    @property
    def resident(self) -> bool:
        return self._patches.resident
