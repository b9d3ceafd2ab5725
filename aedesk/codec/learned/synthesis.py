"""From the tiles of a file to pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from aedesk.codec.learned.tile import TileCoder, TileLatent
from aedesk.codec.picture_codec import unreadable_tile
from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import AedFile
from aedesk.imaging.tiling import Box
from aedesk.models.codec.network import Codec
from aedesk.models.codec.transforms import STRIDE


class TileLatents:
    """Quantised latents of a file's tiles, decoded on first use.

    Args:
        channels: of the latent.
        salvage: a damaged tile becomes zeros and is added to ``lost`` instead of raising.
    """

    def __init__(self, file: AedFile, coder: TileCoder, channels: int, device: torch.device, *, salvage: bool = False) -> None:
        self._file, self._coder, self._channels, self._device, self._salvage = file, coder, channels, device, salvage
        self._kept: dict[int, Tensor] = {}
        self.lost: set[int] = set()

    def drop_rows_above(self, row: int) -> None:
        """Frees the latents of all rows of tiles above ``row``."""
        first = row * self._file.columns
        self._kept = {number: latent for number, latent in self._kept.items() if number >= first}

    def __call__(self, number: int) -> Tensor:
        """Returns (latent, h, w) float32 on the device."""
        if number not in self._kept:
            self._kept[number] = self._latent(number).float().to(self._device)
        return self._kept[number]

    def box(self, box: Box) -> Tensor:
        """Returns (latent, h, w) of a box of positions, assembled from the tiles it touches."""
        edge = self._file.tile_px // STRIDE
        rows = []
        for row in range(box.top // edge, (box.bottom - 1) // edge + 1):
            parts = []
            for column in range(box.left // edge, (box.right - 1) // edge + 1):
                tile = self(row * self._file.columns + column)
                top, left = row * edge, column * edge
                y, x = slice(max(box.top - top, 0), box.bottom - top), slice(max(box.left - left, 0), box.right - left)
                parts.append(tile[:, y, x])
            rows.append(torch.cat(parts, 2))
        return torch.cat(rows, 1)

    def read(self, number: int, *, count_bits: bool = False) -> TileLatent:
        """Decodes one tile. Raises :class:`FormatError` naming its position if it is damaged."""
        if number in self._file.damaged:
            raise unreadable_tile(self._file, number, "Its checksum is wrong.")
        _, _, width, height = self._file.rectangle(number)
        payload, quality = self._file.tiles[number], self._file.quality
        try:
            return self._coder.decode(payload, quality, -(-height // STRIDE), -(-width // STRIDE), count_bits=count_bits)
        except FormatError as error:
            raise unreadable_tile(self._file, number, error.message) from error

    def _latent(self, number: int) -> Tensor:
        try:
            return self.read(number).y_hat
        except FormatError:
            if not self._salvage:
                raise
            self.lost.add(number)
            _, _, width, height = self._file.rectangle(number)
            return torch.zeros(self._channels, -(-height // STRIDE), -(-width // STRIDE))


class Synthesis:
    """Synthesises boxes of pixels, with the result of a synthesis of the whole latent.

    Args:
        fast: only the linear base, without the refinement network.
    """

    def __init__(self, network: Codec, device: torch.device, file: AedFile, tiles: TileLatents, *, fast: bool = False) -> None:
        self._network, self._file, self._tiles, self._fast = network, file, tiles, fast
        self._halo = 1 if fast else (network.descriptor.halo_px or 0) // STRIDE  # in positions; a lapped block reaches into the next one
        self._quality = torch.tensor([file.quality], device=device)

    @property
    def halo_px(self) -> int:
        """How far the latents of a box reach beyond it."""
        return self._halo * STRIDE

    @torch.inference_mode()
    def __call__(self, box: Box) -> Tensor:
        """Returns (3, h, w) float32 on the CPU of a box of pixels, not clamped."""
        halo, file = self._halo, self._file
        last_row, last_column = -(-file.height // STRIDE), -(-file.width // STRIDE)
        top, left = max(box.top // STRIDE - halo, 0), max(box.left // STRIDE - halo, 0)
        bottom, right = min(-(-box.bottom // STRIDE) + halo, last_row), min(-(-box.right // STRIDE) + halo, last_column)
        y_hat = self._tiles.box(Box(left, top, right, bottom))[None].contiguous(memory_format=torch.channels_last)
        picture = self._network.synthesise_base(y_hat) if self._fast else self._network.synthesise(y_hat, self._quality)
        y, x = box.top - top * STRIDE, box.left - left * STRIDE
        pixels: Tensor = picture[0].cpu()[:, y : y + box.height, x : x + box.width]
        return pixels
