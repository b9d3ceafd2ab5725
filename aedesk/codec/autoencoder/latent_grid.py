"""An autoencoder that is no codec, on pictures of any size: its latent as one grid of positions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from aedesk.data.degradations import luminance
from aedesk.data.picture_tensors import PixelSource
from aedesk.formats.aed_file import TILE_UNIT_PX
from aedesk.imaging.tiling import Box, round_up
from aedesk.models.autoencoder import Autoencoder

CORE_PX = 1024
TILE_PX = 1024


@dataclass(frozen=True, eq=False)
class PlainModel:
    """A network of the families with a latent, in float32 on its device.

    A network that takes squares of one size sees a picture as a mosaic of them, which know nothing of each other; one that takes any size
    sees it whole. Either way the latent is (channels, rows, columns), one position per ``stride_px`` pixels; a dense code is one
    position per square. Beyond the right and the bottom edge the last pixels go on.
    """

    network: Autoencoder
    model_id: bytes
    device: torch.device
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def stride_px(self) -> int:
        return self.network.descriptor.code_stride or 1

    @property
    def channels(self) -> int:
        """Of the latent."""
        return self.network.descriptor.code_channels or 0

    @property
    def picture_channels(self) -> int:
        return self.network.descriptor.channels

    @property
    def unit_px(self) -> int:
        """Edge of the smallest square that can be encoded."""
        return self.network.descriptor.fixed_px or self.network.descriptor.size_multiple

    @property
    def tile_px(self) -> int:
        """Edge of the tiles of a file: whole units, and what the format allows."""
        least = math.lcm(TILE_UNIT_PX, self.unit_px)
        return least * max(1, TILE_PX // least)

    def padded(self, width: int, height: int) -> Box:
        """The pixels that a picture of this size is encoded as."""
        return Box(0, 0, round_up(width, self.unit_px), round_up(height, self.unit_px))

    def cores(self, part: Box, whole: Box) -> list[Box]:
        """Boxes of whole units that cover ``part``, small enough to be computed at once."""
        edge = max(CORE_PX // self.unit_px, 1) * self.unit_px
        if not self.network.descriptor.fixed_px and self.network.descriptor.halo_px is None:
            return [whole]  # it looks everywhere
        return [
            Box(left, top, min(left + edge, whole.right), min(top + edge, whole.bottom))
            for top in range(part.top // edge * edge, part.bottom, edge)
            for left in range(part.left // edge * edge, part.right, edge)
        ]

    def reach(self, core: Box, whole: Box) -> Box:
        """What must be known around a core to compute it as if the picture had been whole."""
        halo = 0 if self.network.descriptor.fixed_px else self.network.descriptor.halo_px or 0
        return Box(
            max(core.left - halo, 0),
            max(core.top - halo, 0),
            min(core.right + halo, whole.right),
            min(core.bottom + halo, whole.bottom),
        )

    @torch.no_grad()
    def analyse(self, source: PixelSource, core: Box, whole: Box) -> Tensor:
        """The latent (channels, rows, columns) of a core, float32 on the CPU."""
        wide = self.reach(core, whole)
        pixels = source(wide)[None]
        squares = self._cut(pixels) if self.network.descriptor.fixed_px else pixels
        code = self.network.encode(self._given(squares)).float().cpu()
        if self.network.descriptor.fixed_px:
            return self._joined(code, wide)
        return code[0][self._positions(core, wide)]

    @torch.no_grad()
    def synthesise(self, latent: Tensor, core: Box, whole: Box) -> Tensor:
        """The pixels (1 or 3, h, w) of a core, float32 on the CPU, of a latent (channels, rows, columns) of what is in its reach."""
        wide = self.reach(core, whole)
        if self.network.descriptor.fixed_px:
            squares = self.network.decode(self.split(latent).to(self.device)).float().cpu()
            down, across = wide.height // self.unit_px, wide.width // self.unit_px
            return squares.unflatten(0, (down, across)).permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)
        picture = self.network.decode(latent[None].to(self.device))[0].float().cpu()
        inner = core.within(wide)
        return picture[:, inner.top : inner.bottom, inner.left : inner.right]

    def split(self, latent: Tensor) -> Tensor:
        """A latent as the batch of codes that the network's decoder takes."""
        if not self.network.descriptor.fixed_px:
            return latent[None]
        grid = self.unit_px // self.stride_px
        codes = latent.unflatten(2, (-1, grid)).unflatten(1, (-1, grid)).permute(1, 3, 0, 2, 4).flatten(0, 1)
        return codes.flatten(1) if grid == 1 else codes

    def _joined(self, code: Tensor, box: Box) -> Tensor:
        """The way back from :meth:`split`."""
        grid = self.unit_px // self.stride_px
        squares = code.reshape(box.height // self.unit_px, box.width // self.unit_px, self.channels, grid, grid)
        return squares.permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)

    def _cut(self, pixels: Tensor) -> Tensor:
        """(1, 3, h, w) to the squares in it, row by row."""
        edge = self.unit_px
        return pixels[0].unflatten(2, (-1, edge)).unflatten(1, (-1, edge)).permute(1, 3, 0, 2, 4).flatten(0, 1)

    def _given(self, pixels: Tensor) -> Tensor:
        return (luminance(pixels) if self.picture_channels == 1 else pixels).to(self.device)

    def _positions(self, core: Box, wide: Box) -> tuple[slice, slice, slice]:
        box, stride = core.within(wide), self.stride_px
        return slice(None), slice(box.top // stride, box.bottom // stride), slice(box.left // stride, box.right // stride)
