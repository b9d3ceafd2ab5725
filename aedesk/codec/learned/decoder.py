"""The bytes of an .aed file to a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aedesk.codec.assembly import assembled, checked
from aedesk.codec.learned.encoder import Tick
from aedesk.codec.learned.tile import TileSymbols, decode_tile
from aedesk.codec.loading import LoadedCodec
from aedesk.core.codec_specs import LatentsResult
from aedesk.core.errors import FormatError
from aedesk.data.picture_tensors import to_pixels
from aedesk.formats.aed_file import AedFile
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box

DEPTHS: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 16: np.dtype(np.uint16)}
CORE_PX = 1024
"""Edge of the squares that are synthesised at once."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """A decoded picture; ``lost`` are the (left, top, width, height) of tiles that were damaged, gray in ``picture``."""

    picture: Picture
    lost: tuple[tuple[int, int, int, int], ...] = ()


def decode(
    file: AedFile,
    codec: LoadedCodec,
    *,
    bit_depth: int | None = None,
    part: Box | None = None,
    damaged: bool = False,
    tick: Tick | None = None,
) -> Decoded:
    """Decode a file that ``codec`` has written, or a part of it.

    Memory beside the picture is bounded: three rows of tiles as latents.

    Args:
        bit_depth: 8 or 16, None for that of the file.
        part: box of pixels, None for all.
        damaged: go on where a tile is damaged.
        tick: called with rows of pixels done and all of them.

    Raises:
        FormatError: a tile is damaged (unless ``damaged``), or the alpha channel is.
    """
    whole = Box(0, 0, file.width, file.height)
    part = part or whole
    dtype = DEPTHS[bit_depth or file.bit_depth]
    output = np.empty((part.height, part.width, file.channels), dtype)
    tiles = TileRows(file, codec, damaged)
    synthesis = _Synthesis(file, codec, tiles)
    top = part.top
    while top < part.bottom:
        if tick:
            tick(top - part.top, part.height)
        # Cores never straddle two rows of tiles, so that no more than three rows are needed at once.
        bottom = min(top // CORE_PX * CORE_PX + CORE_PX, top // file.tile_px * file.tile_px + file.tile_px, part.bottom)
        tiles.forget_above(top // file.tile_px - 1)
        for left in range(part.left, part.right, CORE_PX):
            core = Box(left, top, min(left + CORE_PX, part.right), bottom)
            place = core.within(part)
            output[place.top : place.bottom, place.left : place.right] = to_pixels(checked(synthesis(core)), file.channels, dtype)
        top = bottom
    lost = tuple(file.rectangle(number) for number in sorted(tiles.lost))
    if tick:
        tick(part.height, part.height)
    return Decoded(assembled(file, output, part, lost), lost)


class TileRows:
    """The quantised latents of a file's tiles, decoded when they are first asked for."""

    def __init__(self, file: AedFile, codec: LoadedCodec, damaged: bool) -> None:
        self._file, self._codec, self._go_on = file, codec, damaged
        self._kept: dict[int, Tensor] = {}
        self.lost: set[int] = set()

    def forget_above(self, row: int) -> None:
        first = row * self._file.columns
        self._kept = {number: latent for number, latent in self._kept.items() if number >= first}

    def __call__(self, number: int) -> Tensor:
        """(latent, h, w) float32 on the codec's device."""
        if number not in self._kept:
            self._kept[number] = self._latent(number).float().to(self._codec.device)
        return self._kept[number]

    def all(self) -> LatentsResult:
        """The whole latent, with what it cost. Raises :class:`FormatError` for a damaged tile."""
        file, codec = self._file, self._codec
        stride = codec.network.descriptor.code_stride or 1
        shape = (codec.network.config.latent, -(-file.height // stride), -(-file.width // stride))
        symbols, values, bits = np.zeros(shape, np.int16), np.zeros(shape, np.float32), np.zeros(shape[1:], np.float32)
        side_bits = 0.0
        for number in range(len(file.tiles)):
            left, top, _, _ = file.rectangle(number)
            tile = self._read(number, costs=True)
            rows, columns = tile.bits.shape
            place = np.s_[top // stride : top // stride + rows, left // stride : left // stride + columns]
            symbols[:, *place], values[:, *place], bits[place] = tile.symbols, tile.y_hat.numpy(), tile.bits
            side_bits += tile.side_bits
        return LatentsResult(symbols, values, bits, side_bits, stride)

    def _latent(self, number: int) -> Tensor:
        try:
            return self._read(number).y_hat
        except FormatError:
            if not self._go_on:
                raise
            self.lost.add(number)
            return torch.zeros(self._codec.network.config.latent, *self._size(number))

    def _read(self, number: int, *, costs: bool = False) -> TileSymbols:
        """Raises :class:`FormatError` naming the place if the tile is damaged."""
        try:
            if number in self._file.damaged:
                raise FormatError("Its checksum is wrong.", "Get the file again from where it came from.")
            return decode_tile(self._codec, self._file.tiles[number], self._file.quality, *self._size(number), costs=costs)
        except FormatError as error:
            left, top, width, height = self._file.rectangle(number)
            raise FormatError(
                f"The part of {width} x {height} pixels at ({left}, {top}) cannot be read. {error.message}",
                f"{error.hint} What is left of the picture can still be shown: --damaged.",
            ) from error

    def _size(self, number: int) -> tuple[int, int]:
        """Positions of the latent of a tile, down and across."""
        stride = self._codec.network.descriptor.code_stride or 1
        _, _, width, height = self._file.rectangle(number)
        return -(-height // stride), -(-width // stride)


class _Synthesis:
    """Pixels of boxes, as if the whole latent had gone through the synthesis transform at once."""

    def __init__(self, file: AedFile, codec: LoadedCodec, tiles: TileRows) -> None:
        self._file, self._codec, self._tiles = file, codec, tiles
        descriptor = codec.network.descriptor
        self._stride = descriptor.code_stride or 1
        self._halo = (descriptor.halo_px or 0) // self._stride
        self._quality = torch.tensor([file.quality], device=codec.device)

    @torch.inference_mode()
    def __call__(self, core: Box) -> Tensor:
        """(3, h, w) float32 on the CPU of a box of pixels."""
        stride, halo, file = self._stride, self._halo, self._file
        last_row, last_column = -(-file.height // stride), -(-file.width // stride)
        top, left = max(core.top // stride - halo, 0), max(core.left // stride - halo, 0)
        bottom, right = min(-(-core.bottom // stride) + halo, last_row), min(-(-core.right // stride) + halo, last_column)
        latent = self._latent(Box(left, top, right, bottom))
        picture = self._codec.network.synthesise(latent[None].contiguous(memory_format=torch.channels_last), self._quality)[0].cpu()
        y, x = core.top - top * stride, core.left - left * stride
        inside: Tensor = picture[:, y : y + core.height, x : x + core.width]
        return inside

    def _latent(self, box: Box) -> Tensor:
        """The latent of a box of positions, put together from the tiles it touches."""
        edge = self._file.tile_px // self._stride
        rows = []
        for row in range(box.top // edge, (box.bottom - 1) // edge + 1):
            across = []
            for column in range(box.left // edge, (box.right - 1) // edge + 1):
                tile = self._tiles(row * self._file.columns + column)
                upper, first = row * edge, column * edge
                y, x = slice(max(box.top - upper, 0), box.bottom - upper), slice(max(box.left - first, 0), box.right - first)
                across.append(tile[:, y, x])
            rows.append(torch.cat(across, 2))
        return torch.cat(rows, 1)
