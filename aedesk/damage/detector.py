"""Runs the damage detection network over pictures of any size: at several scales, each in tiles."""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.data.pictures.tensors import PixelSource
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box, tiles
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.models.inference.devices import choose_precision, precision_name, resolve_device
from aedesk.models.inference.tiled import Source, run_tiled
from aedesk.models.restoration.damage_detection import KINDS, enlarged, probabilities
from aedesk.models.restoration.trunk import fold_batchnorm

COARSEST_PX = 384
"""Longest short side of the coarsest scale: the network then sees most of the picture at once."""
CONTEXT_PX = 192
"""Context around a tile. The coarser scales cover everything beyond."""
REDUCTION_TILE_PX = 2048

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Detector:
    """A damage detection network in eval mode on ``device``, computing in ``dtype``."""

    network: Any
    device: torch.device
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        """ "float32", "bfloat16" or "float16"."""
        return precision_name(self.dtype)

    def find(self, picture: Picture, cancel: CancelToken, tile_px: int | None = None) -> Generator[tuple[int, int], None, Bytes]:
        """Yields pixels done and pixels in all over all scales; returns the probabilities, (H, W, 3) in units of 1/255.

        Args:
            tile_px: edge of a tile without its context; None for a default that suits the device.

        Memory beside the picture: 4 bytes per pixel and a tile. Raises DeviceError if not even a small tile fits.
        """
        size = (picture.width, picture.height)
        sources: list[tuple[Source, tuple[int, int]]] = [(PixelSource(picture.pixels, picture.alpha), size)]
        while len(sources) < self.network.config.scales or min(sources[-1][1]) > COARSEST_PX:
            smaller = reduced(*sources[-1], cancel)
            sources.append((PixelSource(smaller), (smaller.shape[1], smaller.shape[0])))
        total, done = sum(width * height for _, (width, height) in sources), 0
        found: Bytes | None = None
        while sources:
            source, (width, height) = sources.pop()
            before, found = found, np.empty((height, width, KINDS), np.uint8)
            for part, _ in self._at_scale(source, (width, height), before, found, cancel, tile_px):
                yield done + part, total
            done += width * height
        assert found is not None
        return found

    def _at_scale(
        self, source: Source, size: tuple[int, int], before: Bytes | None, result: Bytes, cancel: CancelToken, tile_px: int | None
    ) -> Iterator[tuple[int, int]]:
        """Fills ``result`` at one scale; ``before`` is that of the next coarser one."""
        prior_source = None if before is None else PixelSource(before)

        def forward(pixels: Tensor, outer: Box) -> Tensor:
            prior = None if prior_source is None else _enlarged_part(prior_source, outer).to(pixels)
            return probabilities(self.network.logits(pixels, prior))

        def sink(core: Box, found: Tensor) -> None:
            result[core.slices] = found.mul(255).round().byte().permute(1, 2, 0).numpy()

        return run_tiled(
            forward,
            source,
            sink,
            size,
            halo_px=CONTEXT_PX,
            multiple=self.network.trunk.size_multiple,
            device=self.device,
            dtype=self.dtype,
            tile_px=tile_px,
            cancel=cancel,
        )


def reduced(source: Source, size: tuple[int, int], cancel: CancelToken) -> Bytes:
    """A picture at half its size, by averages of 2 x 2 pixels: (ceil(H / 2), ceil(W / 2), 3) uint8."""
    width, height = size
    result = np.empty((-(-height // 2), -(-width // 2), 3), np.uint8)
    for tile in tiles(width, height, REDUCTION_TILE_PX, 0, 2):
        cancel.check()
        small = F.avg_pool2d(source(tile.outer)[None], 2)[0].mul(255).round().byte().permute(1, 2, 0).numpy()
        top, left = tile.outer.top // 2, tile.outer.left // 2
        result[top : top + small.shape[0], left : left + small.shape[1]] = small
    return result


def load_detector(model: str, device: str = "auto", precision: str = "auto") -> Detector:
    """A detector by the name or path of its model; the last networks stay in memory.

    Raises DeviceError, and ModelError if the model is missing, damaged or made for something else.
    """
    place = resolve_device(device)
    path = find_model(model)
    stat = path.stat()
    network = _load(str(path), stat.st_mtime_ns, stat.st_size, str(place))
    if network.descriptor.purpose != "find-damage":
        raise ModelError(f"The model {Path(path).stem} was not made to find damage.", "Choose another model.")
    return Detector(network, place, choose_precision(precision, place))


def _enlarged_part(coarse: PixelSource, outer: Box) -> Tensor:
    """(1, 3, h, w) of a box of the finer scale, read from the coarser one with a margin, so that tiles agree at their edges."""
    part = coarse(Box(outer.left // 2 - 1, outer.top // 2 - 1, outer.right // 2 + 1, outer.bottom // 2 + 1))
    return enlarged(part[None])[:, :, 2:-2, 2:-2]


@functools.lru_cache(maxsize=2)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> Any:
    network: Any = load_model(path, device)[0]
    if network.descriptor.purpose == "find-damage":
        fold_batchnorm(network)
    return network
