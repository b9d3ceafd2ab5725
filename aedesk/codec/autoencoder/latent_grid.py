"""The latent of any autoencoder as one grid of positions, for pictures of any size."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from aedesk.data.degradation.operations import luminance
from aedesk.data.pictures.tensors import PixelSource
from aedesk.formats.aed_file import TILE_UNIT_PX
from aedesk.imaging.tiling import Box, round_up
from aedesk.models.autoencoders.base import Autoencoder

BLOCK_PX = 1024
"""Largest edge of what the network processes at once, if it can be tiled."""
TILE_PX = 1024


class LatentGrid:
    """Runs an autoencoder on boxes of a picture; the latent is (channels, rows, columns), one position per ``stride_px`` pixels.

    A network of one fixed input size gets the picture cut into squares, independent of each other; a dense code is one position per
    square. Any other network gets blocks with a halo, with the result of the whole picture at once, or the whole picture if its
    receptive field is unbounded. Pixels beyond the right and bottom edges repeat the last ones.

    Args:
        network: float32, in eval mode, on ``device``.
    """

    def __init__(self, network: Autoencoder, device: torch.device) -> None:
        self.network, self.device = network, device

    @property
    def stride_px(self) -> int:
        """Pixels per position along each axis."""
        return self.network.descriptor.code_stride or 1

    @property
    def channels(self) -> int:
        """Channels of the latent."""
        return self.network.descriptor.code_channels or 0

    @property
    def picture_channels(self) -> int:
        """Channels of the network's pictures: 1 (luminance) or 3."""
        return self.network.descriptor.channels

    @property
    def unit_px(self) -> int:
        """Edge of the smallest square that can be encoded."""
        return self.network.descriptor.fixed_px or self.network.descriptor.size_multiple

    @property
    def tile_px(self) -> int:
        """Edge of the tiles of a file: a multiple of both the unit and the format's tile unit."""
        smallest = math.lcm(TILE_UNIT_PX, self.unit_px)
        return smallest * max(1, TILE_PX // smallest)

    def padded(self, width: int, height: int) -> Box:
        """The size of a picture after padding to whole units."""
        return Box(0, 0, round_up(width, self.unit_px), round_up(height, self.unit_px))

    def blocks(self, region: Box, whole: Box) -> list[Box]:
        """Boxes of whole units that cover ``region``, each small enough to be processed at once."""
        edge = max(BLOCK_PX // self.unit_px, 1) * self.unit_px
        if not self.network.descriptor.fixed_px and self.network.descriptor.halo_px is None:
            return [whole]  # unbounded receptive field
        return [
            Box(left, top, min(left + edge, whole.right), min(top + edge, whole.bottom))
            for top in range(region.top // edge * edge, region.bottom, edge)
            for left in range(region.left // edge * edge, region.right, edge)
        ]

    def with_halo(self, block: Box, whole: Box) -> Box:
        """The block and the surroundings that its result depends on."""
        halo = 0 if self.network.descriptor.fixed_px else self.network.descriptor.halo_px or 0
        return Box(
            max(block.left - halo, 0),
            max(block.top - halo, 0),
            min(block.right + halo, whole.right),
            min(block.bottom + halo, whole.bottom),
        )

    @torch.no_grad()
    def analyse(self, source: PixelSource, block: Box, whole: Box) -> Tensor:
        """Returns the latent (channels, rows, columns) of a block, float32 on the CPU."""
        wide = self.with_halo(block, whole)
        pixels = source(wide)[None]
        squares = self._cut(pixels) if self.network.descriptor.fixed_px else pixels
        code = self.network.encode(self._to_input(squares)).float().cpu()
        if self.network.descriptor.fixed_px:
            return self._join(code, wide)
        return code[0][self._positions(block, wide)]

    @torch.no_grad()
    def synthesise(self, latent: Tensor, block: Box, whole: Box) -> Tensor:
        """Returns the pixels (1 or 3, h, w) of a block, float32 on the CPU, from the latent of the block with its halo."""
        wide = self.with_halo(block, whole)
        if self.network.descriptor.fixed_px:
            squares = self.network.decode(self.split(latent).to(self.device)).float().cpu()
            rows, columns = wide.height // self.unit_px, wide.width // self.unit_px
            return squares.unflatten(0, (rows, columns)).permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)
        picture = self.network.decode(latent[None].to(self.device))[0].float().cpu()
        inner = block.within(wide)
        return picture[:, inner.top : inner.bottom, inner.left : inner.right]

    def split(self, latent: Tensor) -> Tensor:
        """Returns a latent as the batch of codes that the network's decoder takes."""
        if not self.network.descriptor.fixed_px:
            return latent[None]
        grid = self.unit_px // self.stride_px
        codes = latent.unflatten(2, (-1, grid)).unflatten(1, (-1, grid)).permute(1, 3, 0, 2, 4).flatten(0, 1)
        return codes.flatten(1) if grid == 1 else codes

    def _join(self, code: Tensor, box: Box) -> Tensor:
        """The inverse of :meth:`split`."""
        grid = self.unit_px // self.stride_px
        squares = code.reshape(box.height // self.unit_px, box.width // self.unit_px, self.channels, grid, grid)
        return squares.permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)

    def _cut(self, pixels: Tensor) -> Tensor:
        """(1, 3, h, w) to squares (N, 3, unit, unit), row by row."""
        edge = self.unit_px
        return pixels[0].unflatten(2, (-1, edge)).unflatten(1, (-1, edge)).permute(1, 3, 0, 2, 4).flatten(0, 1)

    def _to_input(self, pixels: Tensor) -> Tensor:
        return (luminance(pixels) if self.picture_channels == 1 else pixels).to(self.device)

    def _positions(self, block: Box, wide: Box) -> tuple[slice, slice, slice]:
        box, stride = block.within(wide), self.stride_px
        return slice(None), slice(box.top // stride, box.bottom // stride), slice(box.left // stride, box.right // stride)
