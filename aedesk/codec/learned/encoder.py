"""A picture to the bytes of an .aed file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.codec.assembly import chunks_of
from aedesk.codec.learned.refine import refine
from aedesk.codec.learned.tile import encode_tile
from aedesk.codec.loading import LoadedCodec
from aedesk.data.picture_tensors import PixelSource
from aedesk.formats.aed_file import AedFile
from aedesk.formats.container import write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box, round_up
from aedesk.models.codec.transforms import STRIDE

TILE_PX = 1024

Tick = Callable[[float, int], None]
"""Called with how much is done, and of how much; what it raises ends the work."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """An encoded picture.

    Args:
        data: the .aed file.
        bits: (rows, columns) float32, bits spent per position of the latent; zeros unless asked for.
        side_bits: bits of the side information.
    """

    data: bytes = field(repr=False)
    bits: NDArray[np.float32]
    side_bits: float


def encode(
    picture: Picture,
    codec: LoadedCodec,
    quality: int = 50,
    *,
    slow: bool = False,
    frugal: bool = True,
    costs: bool = True,
    embedded: bytes | None = None,
    tile_px: int = TILE_PX,
    tick: Tick | None = None,
) -> Encoded:
    """Encode a picture of any size.

    Args:
        slow: improve the latent for this picture first; takes some twenty times as long.
        frugal: rate-distortion optimised rounding.
        costs: also count what each position costs.
        embedded: the model's file, to be put into the result.
        tick: called with tiles done and tiles in all.
    """
    stride = codec.network.descriptor.code_stride or 1
    shell = AedFile(
        width=picture.width,
        height=picture.height,
        channels=picture.channels,
        bit_depth=picture.bit_depth,
        model_id=codec.model_id,
        kind="codec",
        quality=quality,
        tile_px=tile_px,
        tiles=(b"",) * (-(-picture.width // tile_px) * -(-picture.height // tile_px)),
        chunks=chunks_of(picture, embedded),
    )
    bits = np.zeros((-(-picture.height // stride), -(-picture.width // stride)), np.float32)
    payloads, side_bits = [], 0.0
    latents = Latents(codec, picture, quality)
    for number in range(len(shell.tiles)):
        if tick:
            tick(number, len(shell.tiles))
        left, top, width, height = shell.rectangle(number)
        box = Box(left, top, left + width, top + height)
        latent = latents.refined(box, partly(tick, number, len(shell.tiles))) if slow else latents(box)
        payload, tile = encode_tile(codec, latent, quality, frugal=frugal, costs=costs)
        payloads.append(payload)
        side_bits += tile.side_bits
        rows, columns = tile.bits.shape
        bits[top // stride : top // stride + rows, left // stride : left // stride + columns] = tile.bits
    if tick:
        tick(len(payloads), len(payloads))
    return Encoded(write_aed(replace(shell, tiles=tuple(payloads))), bits, side_bits)


def partly(tick: Tick | None, number: int, total: int) -> Callable[[float], None]:
    """A callback for the part from 0 to 1 of one tile that is done."""
    return lambda part: tick(number + part, total) if tick else None


class Latents:
    """Reads the latent of boxes of a picture, as if the whole picture had gone through the analysis transform at once."""

    def __init__(self, codec: LoadedCodec, picture: Picture, quality: int) -> None:
        self._codec = codec
        self._source = PixelSource(picture.pixels, picture.alpha)
        descriptor = codec.network.descriptor
        self._stride, self._halo = descriptor.code_stride or 1, descriptor.halo_px or 0
        self._whole = Box(0, 0, round_up(picture.width, self._stride), round_up(picture.height, self._stride))
        self._quality = torch.tensor([quality], device=codec.device)

    def __call__(self, box: Box) -> Tensor:
        """(latent, h, w) float32 on the codec's device of a box whose left and top are multiples of the stride."""
        latent, inner = self._around(box, 0)
        return latent[:, inner.top : inner.bottom, inner.left : inner.right]

    def refined(self, box: Box, tick: Callable[[float], None]) -> Tensor:
        """The same, made better for this picture; see ``codec.refine``."""
        latent, inner = self._around(box, self._halo)
        stride = self._stride
        full = Box(box.left, box.top, box.left + stride * inner.width, box.top + stride * inner.height)
        return refine(self._codec, latent, inner, self._source(full).to(self._codec.device), int(self._quality), tick)

    @torch.no_grad()
    def _around(self, box: Box, reach_px: int) -> tuple[Tensor, Box]:
        """A latent that is right at least ``reach_px`` around a box, and where in it the box is (in positions)."""
        margin, whole, stride = STRIDE + reach_px, self._whole, self._stride
        right, bottom = round_up(box.right, stride), round_up(box.bottom, stride)
        left, top = max(box.left - margin, 0), max(box.top - margin, 0)
        wide = Box(left, top, min(right + margin, whole.right), min(bottom + margin, whole.bottom))
        pixels = self._source(wide)[None].to(self._codec.device).contiguous(memory_format=torch.channels_last)
        latent: Tensor = self._codec.network.analyse(pixels)[0]
        return latent, Box((box.left - left) // stride, (box.top - top) // stride, (right - left) // stride, (bottom - top) // stride)
