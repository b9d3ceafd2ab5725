"""Between pictures and tensors: tiles of a picture as float32, results back in the picture's own depth."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from aedesk.imaging.tiling import Box

FILL_REACH_PX = 8
STRIP_ROWS = 64


class PixelSource:
    """Reads boxes of a picture as (3, h, w) float32 in [0, 1].

    Gray is repeated to three channels. Beyond the right and bottom edge the last pixels go on. Colours under fully transparent
    pixels are replaced by those of their visible neighbours: they are arbitrary, often black, and would bleed into what is seen.
    """

    def __init__(self, pixels: NDArray, alpha: NDArray | None = None) -> None:
        self.pixels, self.alpha = pixels, alpha
        self.peak = float(np.iinfo(pixels.dtype).max)
        self.has_holes = alpha is not None and not bool(alpha.all())

    def __call__(self, box: Box) -> Tensor:
        reach = FILL_REACH_PX if self.has_holes else 0
        grown = Box(box.left - reach, box.top - reach, box.right + reach, box.bottom + reach)
        tile = torch.from_numpy(self._window(self.pixels, grown).astype(np.float32) / self.peak).permute(2, 0, 1)
        if self.has_holes and self.alpha is not None:
            visible = torch.from_numpy(self._window(self.alpha, grown) > 0)
            tile = _fill_holes(tile, visible)[:, reach : reach + box.height, reach : reach + box.width]
        return tile.expand(3, -1, -1) if tile.shape[0] == 1 else tile

    @staticmethod
    def _window(array: NDArray, box: Box) -> NDArray:
        height, width = array.shape[:2]
        inside = array[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]
        before = (max(0, -box.top), max(0, -box.left))
        after = (max(0, box.bottom - height), max(0, box.right - width))
        if not any((*before, *after)):
            return inside
        pad = [(before[0], after[0]), (before[1], after[1])] + [(0, 0)] * (array.ndim - 2)
        return np.pad(inside, pad, mode="edge")


def _fill_holes(tile: Tensor, visible: Tensor) -> Tensor:
    """Spread visible colours into transparent pixels, one pixel per round; far from any of them gray stays."""
    known = visible.float()[None]
    colour = tile * known
    for _ in range(FILL_REACH_PX):
        count = F.avg_pool2d(known, 3, stride=1, padding=1)
        spread = F.avg_pool2d(colour, 3, stride=1, padding=1) / count.clamp(min=1e-6)
        fresh = (known == 0) & (count > 0)
        colour = torch.where(fresh, spread, colour)
        known = torch.where(fresh, torch.ones_like(known), known)
    return torch.where(known > 0, colour, torch.full_like(colour, 0.5))


def has_equal_channels(pixels: NDArray) -> bool:
    """Whether all channels of (H, W, C) samples are the same everywhere: a gray picture, however it is stored."""
    first = pixels[:, :, :1]
    # By rows, because most colour pictures show it in the first ones.
    return all(bool((pixels[top : top + STRIP_ROWS] == first[top : top + STRIP_ROWS]).all()) for top in range(0, len(pixels), STRIP_ROWS))


def with_equal_channels(pixels: NDArray) -> NDArray:
    """(H, W, C) samples whose channels are replaced by their mean, rounded; pixels with equal channels keep their values."""
    mean = np.rint(pixels.mean(axis=2, keepdims=True, dtype=np.float32)).astype(pixels.dtype)
    return np.repeat(mean, pixels.shape[2], axis=2)


def to_pixels(result: Tensor, channels: int, dtype: np.dtype) -> NDArray:
    """(3, h, w) float32 to (h, w, channels) of ``dtype``, rounded; three channels are averaged to one for gray."""
    peak = float(np.iinfo(dtype).max)
    if channels == 1:
        result = result.mean(0, keepdim=True)
    return result.clamp(0, 1).mul(peak).round_().permute(1, 2, 0).contiguous().numpy().astype(dtype)
