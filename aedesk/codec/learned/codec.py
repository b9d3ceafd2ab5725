"""The learned codec as one object."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from aedesk.codec.chunks.metadata import assemble, chunks_of
from aedesk.codec.chunks.preview import write_with_preview
from aedesk.codec.learned.analysis import PictureLatent
from aedesk.codec.learned.synthesis import Synthesis, TileLatents
from aedesk.codec.learned.tile import TileCoder
from aedesk.codec.picture_codec import (
    DTYPES,
    Decoded,
    DecodeOptions,
    Encoded,
    EncodeOptions,
    OnProgress,
    PictureCodec,
    ignore_progress,
    lost_rectangles,
    require_finite,
)
from aedesk.core.codec_specs import LatentsResult
from aedesk.data.pictures.tensors import to_pixels
from aedesk.formats.aed_file import AedFile
from aedesk.formats.container import write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.codec.network import Codec
from aedesk.models.codec.transforms import STRIDE

TILE_PX = 512
"""A damaged byte loses a quarter of what it would with tiles of 1,024, for 0.1 % of the rate (tests/bench/bench_tiles.py)."""
SYNTHESIS_PX = 1024
"""Edge of the squares that are synthesised at once."""


class LearnedCodec(PictureCodec):
    """Writes and reads .aed files with a network of the family ``codec``. Safe for several threads at once.

    Args:
        network: moved to ``device`` and set to eval mode.

    Raises:
        ModelError: the weights are too large for exact arithmetic.
    """

    kind = "codec"

    def __init__(self, network: Codec, model_id: bytes, device: torch.device, card: dict[str, Any] | None = None) -> None:
        super().__init__(model_id, device, card)
        self.network = network.to(device).eval()
        self.tile_coder = TileCoder(self.network.entropy)

    @property
    def stride_px(self) -> int:
        return STRIDE

    def encode(self, picture: Picture, options: EncodeOptions = EncodeOptions(), on_progress: OnProgress = ignore_progress) -> Encoded:
        tile_px = options.tile_px or TILE_PX
        empty = AedFile(
            width=picture.width,
            height=picture.height,
            channels=picture.channels,
            bit_depth=picture.bit_depth,
            model_id=self.model_id,
            kind=self.kind,
            quality=options.quality,
            tile_px=tile_px,
            tiles=(b"",) * (-(-picture.width // tile_px) * -(-picture.height // tile_px)),
            chunks=chunks_of(picture, options.model_file),
        )
        total = len(empty.tiles)
        bits = np.zeros((-(-picture.height // STRIDE), -(-picture.width // STRIDE)), np.float32)
        payloads, side_bits = [], 0.0
        latent = PictureLatent(self.network, self.device, picture, options.quality)
        for number in range(total):
            on_progress(number, total)
            left, top, width, height = empty.rectangle(number)
            box = Box(left, top, left + width, top + height)

            def on_part(fraction: float, done: int = number) -> None:
                on_progress(done + fraction, total)

            y = latent.refined(box, on_part) if options.slow else latent(box)
            payload, tile = self.tile_coder.encode(y, options.quality, rdoq=options.rdoq, count_bits=options.count_bits)
            payloads.append(payload)
            side_bits += tile.side_bits
            bits[_positions(top, left, *tile.bits.shape)] = tile.bits
        on_progress(total, total)
        file = replace(empty, tiles=tuple(payloads))
        data = write_with_preview(file, picture) if options.embed_preview else write_aed(file)
        return Encoded(data, bits, side_bits)

    def decode(self, file: AedFile, options: DecodeOptions = DecodeOptions(), on_progress: OnProgress = ignore_progress) -> Decoded:
        """See :meth:`PictureCodec.decode`. Besides the picture, the latents that a row of squares needs are held."""
        region = options.region or Box(0, 0, file.width, file.height)
        dtype = DTYPES[options.bit_depth or file.bit_depth]
        pixels = np.empty((region.height, region.width, file.channels), dtype)
        tiles = self._tiles(file, salvage=options.salvage)
        synthesis = Synthesis(self.network, self.device, file, tiles, fast=options.fast)
        top = region.top
        while top < region.bottom:
            on_progress(top - region.top, region.height)
            bottom = min(top // SYNTHESIS_PX * SYNTHESIS_PX + SYNTHESIS_PX, region.bottom)
            tiles.drop_rows_above(max(top - synthesis.halo_px, 0) // file.tile_px)
            for left in range(region.left, region.right, SYNTHESIS_PX):
                box = Box(left, top, min(left + SYNTHESIS_PX, region.right), bottom)
                pixels[box.within(region).slices] = to_pixels(require_finite(synthesis(box)), file.channels, dtype)
            top = bottom
        lost = lost_rectangles(file, region, sorted(tiles.lost))
        on_progress(region.height, region.height)
        return Decoded(assemble(file, pixels, region, lost), lost)

    def latents(self, file: AedFile) -> LatentsResult:
        shape = (self.network.config.latent, -(-file.height // STRIDE), -(-file.width // STRIDE))
        symbols, values, bits = np.zeros(shape, np.int16), np.zeros(shape, np.float32), np.zeros(shape[1:], np.float32)
        side_bits, tiles = 0.0, self._tiles(file)
        for number in range(len(file.tiles)):
            left, top, _, _ = file.rectangle(number)
            tile = tiles.read(number, count_bits=True)
            at = _positions(top, left, *tile.bits.shape)
            symbols[:, *at], values[:, *at], bits[at] = tile.symbols, tile.y_hat.numpy(), tile.bits
            side_bits += tile.side_bits
        return LatentsResult(symbols, values, bits, side_bits, STRIDE)

    def _tiles(self, file: AedFile, *, salvage: bool = False) -> TileLatents:
        return TileLatents(file, self.tile_coder, self.network.config.latent, self.device, salvage=salvage)


def _positions(top: int, left: int, rows: int, columns: int) -> tuple[slice, slice]:
    """Rows and columns of the latent for a tile at pixel (left, top)."""
    return slice(top // STRIDE, top // STRIDE + rows), slice(left // STRIDE, left // STRIDE + columns)
