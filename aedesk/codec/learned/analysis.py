"""The latent of a picture, tile by tile."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aedesk.codec.learned.refine import refine
from aedesk.data.pictures.tensors import PixelSource
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box, round_up
from aedesk.models.codec.network import Codec
from aedesk.models.codec.transforms import STRIDE


class PictureLatent:
    """Analyses boxes of a picture, with the result of an analysis of the whole picture.

    Args:
        network: in eval mode on ``device``.
        quality: 0 to 100; only :meth:`refined` depends on it.
    """

    def __init__(self, network: Codec, device: torch.device, picture: Picture, quality: int) -> None:
        self._network, self._device, self._quality = network, device, quality
        self._source = PixelSource(picture.pixels, picture.alpha)
        self._whole = Box(0, 0, round_up(picture.width, STRIDE), round_up(picture.height, STRIDE))

    def __call__(self, box: Box) -> Tensor:
        """Returns (latent, h, w) float32 on the device, for a box of pixels whose left and top are multiples of the stride."""
        latent, inner = self._with_margin(box, 0)
        return latent[:, inner.top : inner.bottom, inner.left : inner.right]

    def refined(self, box: Box, on_progress: Callable[[float], None]) -> Tensor:
        """The same, optimised for this picture (``codec.learned.refine``); ``on_progress`` is called with the fraction done."""
        latent, inner = self._with_margin(box, self._network.descriptor.halo_px or 0)
        padded = Box(box.left, box.top, box.left + STRIDE * inner.width, box.top + STRIDE * inner.height)
        return refine(self._network, latent, inner, self._source(padded).to(self._device), self._quality, on_progress)

    @torch.no_grad()
    def _with_margin(self, box: Box, reach_px: int) -> tuple[Tensor, Box]:
        """Returns a latent that is exact at least ``reach_px`` around a box of pixels, and the box in its positions."""
        margin, whole = STRIDE + reach_px, self._whole
        right, bottom = round_up(box.right, STRIDE), round_up(box.bottom, STRIDE)
        left, top = max(box.left - margin, 0), max(box.top - margin, 0)
        wide = Box(left, top, min(right + margin, whole.right), min(bottom + margin, whole.bottom))
        pixels = self._source(wide)[None].to(self._device).contiguous(memory_format=torch.channels_last)
        latent: Tensor = self._network.analyse(pixels)[0]
        return latent, Box((box.left - left) // STRIDE, (box.top - top) // STRIDE, (right - left) // STRIDE, (bottom - top) // STRIDE)
