"""Random patches of pictures that lie in memory, cropped in batches on any device."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from aedesk.core.errors import DataError
from aedesk.data.pictures.pixels import Pixels, fitted


class Patches:
    """Draws patches from pictures, whatever their sizes. Threads may share one.

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
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def resident(self) -> bool:
        """Whether the pictures lie in the memory of the device; known once a patch was drawn."""
        return self._store.pixels.device.type == self._device.type

    def sample(self, count: int, patch_px: int, generator: torch.Generator) -> Tensor:
        """(count, C, patch_px, patch_px) uint8, channels_last, on the device; ``generator`` is a CPU one."""
        edge = patch_px if self._fit == "scale" or patch_px > self._smallest else 0
        return self._store_of(edge).sample(count, patch_px, generator, self._upright).to(self._device, non_blocking=True)

    def _store_of(self, edge: int) -> PatchStore:
        """The pictures, made at least ``edge`` pixels wide and high."""
        with self._lock:
            if edge != self._edge:
                self._store = PatchStore([fitted(p, edge, self._fit) if edge else p for p in self._pictures], self._device)
                self._edge = edge
                if not edge and self._store.pictures:
                    self._pictures = self._store.pictures  # the same bytes, so that they are not held twice
            return self._store


class PatchStore:
    """All training pictures in one flat buffer: on ``device``, or in the computer's memory if they take over half of what is free there.

    On a GPU a batch is one gather, so that no Python runs per sample and the GPU never waits. On a CPU a gather takes ten times as long as
    a slice per sample, so there it is slices; both give the same patches.
    """

    def __init__(self, pictures: Sequence[Pixels], device: torch.device | str = "cpu") -> None:
        sizes = torch.tensor([p.shape[:2] for p in pictures], dtype=torch.int64)
        areas = sizes.prod(1)
        self.height, self.width = sizes[:, 0], sizes[:, 1]
        self.start = areas.cumsum(0) - areas
        self.weights = areas.double()
        channels, target = pictures[0].shape[2], torch.device(device)
        self._pin = target.type == "cuda" and int(areas.sum()) * channels > torch.cuda.mem_get_info(target)[0] // 2
        flat = torch.from_numpy(np.concatenate([picture.reshape(-1, channels) for picture in pictures]))
        self.pixels = flat if self._pin else flat.to(target)
        self.pictures = self._views() if self.pixels.device.type == "cpu" else []
        """The pictures as views of the buffer, on a CPU."""

    def sample(self, count: int, patch_px: int, generator: torch.Generator, upright: bool = False) -> Tensor:
        """Random crops, unless ``upright`` with random flips and quarter turns: (count, C, patch_px, patch_px) uint8, channels_last.

        Pictures are drawn in proportion to their area; none may be smaller than a patch.
        """
        index = torch.multinomial(self.weights, count, replacement=True, generator=generator)
        u = torch.rand((2, count), generator=generator, dtype=torch.float64)
        top = (u[0] * (self.height[index] - patch_px + 1)).long()
        left = (u[1] * (self.width[index] - patch_px + 1)).long()
        turn = torch.randint(0, 1 if upright else 8, (count,), generator=generator)
        if self.pictures:
            patches = self._slices(torch.stack((index, top, left, turn)), patch_px)
        else:
            width = self.width[index]
            patches = self._gather(torch.stack((self.start[index] + top * width + left, width, turn)), patch_px)
        return (patches.pin_memory() if self._pin else patches).permute(0, 3, 1, 2)

    def _views(self) -> list[Pixels]:
        buffer = self.pixels.numpy()
        places = zip(self.start.tolist(), self.height.tolist(), self.width.tolist(), strict=True)
        return [buffer[start : start + h * w].reshape(h, w, -1) for start, h, w in places]

    def _slices(self, plan: Tensor, patch_px: int) -> Tensor:
        patches = np.empty((plan.shape[1], patch_px, patch_px, self.pixels.shape[1]), np.uint8)
        for number, (index, top, left, turn) in enumerate(plan.T.tolist()):
            patch = self.pictures[index][top : top + patch_px, left : left + patch_px]
            patch = patch[:: -1 if turn & 2 else 1, :: -1 if turn & 4 else 1]
            patches[number] = patch.swapaxes(0, 1) if turn & 1 else patch
        return torch.from_numpy(patches)

    def _gather(self, plan: Tensor, patch_px: int) -> Tensor:
        corner, width, turn = (t.view(-1, 1, 1) for t in plan.to(self.pixels.device))
        span = torch.arange(patch_px, device=self.pixels.device)
        row, column = span.view(1, -1, 1), span.view(1, 1, -1)
        row, column = torch.where(turn & 1 > 0, column, row), torch.where(turn & 1 > 0, row, column)
        row = torch.where(turn & 2 > 0, patch_px - 1 - row, row)
        column = torch.where(turn & 4 > 0, patch_px - 1 - column, column)
        return self.pixels[corner + row * width + column]
