"""Random patches of pictures that lie in memory, cropped in batches on any device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aedesk.core.errors import DataError
from aedesk.data.pixels import Pixels, fitted


class Patches:
    """Draws patches from pictures, whatever their sizes.

    Args:
        pictures: (H, W, C) uint8; pairs are stacked along the channels, so that both are cropped alike.
        fit: "crop" takes patches from the pictures as they are, reflected where one is smaller than a patch; "scale" makes the short side
            of every picture as long as a patch first.
        upright: neither flip nor turn: for digits and other things that have an upper side.
        device: where the patches are wanted. The pictures lie there too if they take less than half of its free memory.
    """

    def __init__(self, pictures: Sequence[Pixels], fit: str = "crop", upright: bool = False, device: torch.device | str = "cpu") -> None:
        if not pictures:
            raise DataError("There is no training picture.", "Give a folder with pictures.")
        self._pictures, self._fit, self._upright, self._device = list(pictures), fit, upright, torch.device(device)
        self._smallest = min(min(picture.shape[:2]) for picture in pictures)
        self._edge = -1
        self._store: PatchStore

    def __len__(self) -> int:
        return len(self._pictures)

    def sample(self, count: int, patch_px: int, generator: torch.Generator) -> Tensor:
        """(count, C, patch_px, patch_px) uint8, channels_last, on the device; ``generator`` is a CPU one."""
        edge = patch_px if self._fit == "scale" or patch_px > self._smallest else 0
        if edge != self._edge:
            self._store = PatchStore([fitted(p, edge, self._fit) if edge else p for p in self._pictures], self._device)
            self._edge = edge
            if not edge and self._store.pixels.device.type == "cpu":
                self._pictures = self._store.pictures()  # the same bytes, so that they are not held twice
        return self._store.sample(count, patch_px, generator, self._upright).to(self._device, non_blocking=True)


class PatchStore:
    """All training pictures in one flat buffer, from which a batch of crops is one gather.

    No Python runs per sample, so a GPU never waits. Holds one byte per sample on ``device``, or in the computer's memory if it is larger
    than half of what is free there.
    """

    def __init__(self, pictures: Sequence[Pixels], device: torch.device | str = "cpu") -> None:
        sizes = torch.tensor([p.shape[:2] for p in pictures], dtype=torch.int64)
        areas = sizes.prod(1)
        self.height, self.width = sizes[:, 0], sizes[:, 1]
        self.start = areas.cumsum(0) - areas
        self.weights = areas.double()
        channels, target = pictures[0].shape[2], torch.device(device)
        self._pin = target.type == "cuda" and int(areas.sum()) * channels > torch.cuda.mem_get_info(target)[0] // 2
        self.pixels = torch.empty((int(areas.sum()), channels), dtype=torch.uint8, device="cpu" if self._pin else target)
        for picture, start, area in zip(pictures, self.start.tolist(), areas.tolist(), strict=True):
            self.pixels[start : start + area] = torch.from_numpy(picture).reshape(-1, channels)

    def pictures(self) -> list[Pixels]:
        """The pictures as views of the buffer."""
        places = zip(self.start.tolist(), self.height.tolist(), self.width.tolist(), strict=True)
        return [self.pixels[start : start + h * w].view(h, w, -1).numpy() for start, h, w in places]

    def sample(self, count: int, patch_px: int, generator: torch.Generator, upright: bool = False) -> Tensor:
        """Random crops, unless ``upright`` with random flips and quarter turns: (count, C, patch_px, patch_px) uint8, channels_last.

        Pictures are drawn in proportion to their area; none may be smaller than a patch.
        """
        index = torch.multinomial(self.weights, count, replacement=True, generator=generator)
        u = torch.rand((2, count), generator=generator, dtype=torch.float64)
        top = (u[0] * (self.height[index] - patch_px + 1)).long()
        left = (u[1] * (self.width[index] - patch_px + 1)).long()
        turn = torch.randint(0, 1 if upright else 8, (count,), generator=generator)
        width = self.width[index]
        corner = self.start[index] + top * width + left
        plan = torch.stack((corner, width, turn)).to(self.pixels.device)
        corner, width, turn = (t.view(-1, 1, 1) for t in plan)
        span = torch.arange(patch_px, device=self.pixels.device)
        row, column = span.view(1, -1, 1), span.view(1, 1, -1)
        row, column = torch.where(turn & 1 > 0, column, row), torch.where(turn & 1 > 0, row, column)
        row = torch.where(turn & 2 > 0, patch_px - 1 - row, row)
        column = torch.where(turn & 4 > 0, patch_px - 1 - column, column)
        patches = self.pixels[corner + row * width + column]
        return (patches.pin_memory() if self._pin else patches).permute(0, 3, 1, 2)
