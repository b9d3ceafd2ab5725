"""Latents of any autoencoder as .aed files: uniform quantisation, with probability tables fitted to the picture.

Files are of the kind "codes", without context or side information besides the chunk ``CODE``. A payload is the CRC-32C of a tile's residual
symbols (4 bytes, little-endian) and one bitstream of them, channel by channel.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aedesk.codec.autoencoder.latent_grid import LatentGrid
from aedesk.codec.autoencoder.parameters import (
    MAX_SYMBOL,
    CodeParameters,
    Symbols,
    fit_parameters,
    scales_from_steps,
    steps_from_scales,
)
from aedesk.codec.autoencoder.quantiser_steps import StepSearch
from aedesk.codec.chunks.metadata import assemble, chunks_of
from aedesk.codec.chunks.preview import write_with_preview
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
    unreadable_tile,
)
from aedesk.core.codec_specs import LatentsResult
from aedesk.core.errors import FormatError
from aedesk.data.pictures.tensors import PixelSource, to_pixels
from aedesk.entropy.coder import Decoder, Encoder
from aedesk.entropy.shapes import shape_tables
from aedesk.formats.aed_file import GET_AGAIN, PARAMETERS, AedFile, Chunk
from aedesk.formats.checksum import crc32c
from aedesk.formats.container import write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.layers import poll

CRC_BYTES = 4
MAX_LATENT_BYTES = 2 << 30

Positions = tuple[slice, slice]
"""Rows and columns of the latent."""


class AutoencoderCodec(PictureCodec):
    """Writes and reads .aed files with any network that has a latent. Safe for several threads at once.

    Args:
        network: float32, in eval mode, on ``device``.
    """

    kind = "codes"

    def __init__(self, network: Autoencoder, model_id: bytes, device: torch.device, card: dict[str, Any] | None = None) -> None:
        super().__init__(model_id, device, card)
        self.grid = LatentGrid(network, device)
        # The search for a target encodes one picture several times, and its latent is always the same.
        self._latents: weakref.WeakKeyDictionary[Picture, tuple[torch.Tensor, StepSearch]] = weakref.WeakKeyDictionary()

    @property
    def stride_px(self) -> int:
        return self.grid.stride_px

    def encode(self, picture: Picture, options: EncodeOptions = EncodeOptions(), on_progress: OnProgress = ignore_progress) -> Encoded:
        grid = self.grid
        empty = AedFile(
            width=picture.width,
            height=picture.height,
            channels=min(picture.channels, grid.picture_channels),
            bit_depth=picture.bit_depth,
            model_id=self.model_id,
            kind=self.kind,
            quality=options.quality,
            tile_px=grid.tile_px,
            tiles=(b"",) * (-(-picture.width // grid.tile_px) * -(-picture.height // grid.tile_px)),
        )
        latent, search = self._analyse(picture, on_progress)
        scales = scales_from_steps(search.steps(options.quality))
        symbols = np.rint(latent.numpy() / steps_from_scales(scales)[:, None, None]).clip(-MAX_SYMBOL, MAX_SYMBOL).astype(np.int32)
        parameters = fit_parameters(scales, symbols, self._tile_positions(empty))
        tables, tiles = shape_tables(), []
        bits = np.zeros(symbols.shape[1:], np.float32)
        for rows, columns in self._tile_positions(empty):
            residual = parameters.residual(symbols[:, rows, columns])
            flat, indexes = residual.reshape(-1), parameters.indexes(residual[0].size)
            encoder = Encoder(tables)
            encoder.put(flat, indexes)
            tiles.append(_crc(residual) + encoder.finish())
            if options.count_bits:
                bits[rows, columns] = tables.cost(flat, indexes).reshape(residual.shape).sum(0)
        chunks = (Chunk(PARAMETERS, parameters.pack()), *chunks_of(picture, options.model_file))
        file = replace(empty, tiles=tuple(tiles), chunks=chunks)
        data = write_with_preview(file, picture) if options.embed_preview else write_aed(file)
        return Encoded(data, bits, 8.0 * len(chunks[0].data))

    def decode(self, file: AedFile, options: DecodeOptions = DecodeOptions(), on_progress: OnProgress = ignore_progress) -> Decoded:
        grid, whole = self.grid, self.grid.padded(file.width, file.height)
        region = options.region or Box(0, 0, file.width, file.height)
        blocks = grid.blocks(region, whole)
        parameters, symbols, lost = self._read(file, [grid.with_halo(block, whole) for block in blocks], salvage=options.salvage)
        output = np.empty((region.height, region.width, file.channels), DTYPES[options.bit_depth or file.bit_depth])
        for number, block in enumerate(blocks):
            on_progress(number, len(blocks))
            at = _positions(grid.with_halo(block, whole), self.stride_px)
            latent = torch.from_numpy(parameters.dequantise(symbols[:, *at]))
            picture = require_finite(grid.synthesise(latent, block, whole)).expand(3, -1, -1)
            pixels = to_pixels(picture, file.channels, output.dtype)
            left, top = max(block.left, region.left), max(block.top, region.top)
            visible = Box(left, top, min(block.right, region.right), min(block.bottom, region.bottom))
            output[visible.within(region).slices] = pixels[visible.within(block).slices]
        on_progress(len(blocks), len(blocks))
        rectangles = lost_rectangles(file, region, lost)
        return Decoded(assemble(file, output, region, rectangles), rectangles)

    def latents(self, file: AedFile) -> LatentsResult:
        parameters, symbols, _ = self._read(file, [self.grid.padded(file.width, file.height)])
        bits = np.zeros(symbols.shape[1:], np.float32)
        for rows, columns in self._tile_positions(file):
            residual = parameters.residual(symbols[:, rows, columns])
            cost = shape_tables().cost(residual.reshape(-1), parameters.indexes(residual[0].size))
            bits[rows, columns] = cost.reshape(residual.shape).sum(0)
        side_bits = 8.0 * len(file.chunk(PARAMETERS) or b"")
        return LatentsResult(symbols.astype(np.int16), parameters.dequantise(symbols), bits, side_bits, self.stride_px)

    def _analyse(self, picture: Picture, on_progress: OnProgress) -> tuple[torch.Tensor, StepSearch]:
        """Returns the latent of the whole padded picture, (channels, rows, columns) float32 on the CPU."""
        known = self._latents.get(picture)
        if known is None:
            grid, stride = self.grid, self.stride_px
            whole = grid.padded(picture.width, picture.height)
            source = PixelSource(picture.pixels, picture.alpha)
            latent = torch.empty(grid.channels, whole.height // stride, whole.width // stride)
            blocks = grid.blocks(whole, whole)
            for number, block in enumerate(blocks):
                on_progress(number, len(blocks))
                latent[:, *_positions(block, stride)] = grid.analyse(source, block, whole)
            known = self._latents[picture] = (latent, StepSearch(grid, require_finite(latent)))
        return known

    def _read(self, file: AedFile, boxes: list[Box], *, salvage: bool = False) -> tuple[CodeParameters, Symbols, list[int]]:
        """Returns parameters, symbols (channels, rows, columns) with the tiles that touch one of ``boxes``, and the damaged tiles."""
        grid, stride = self.grid, self.stride_px
        whole = grid.padded(file.width, file.height)
        if file.tile_px % grid.unit_px or file.tile_px > grid.tile_px:
            raise FormatError("The tiles of this .aed file do not fit its model.", GET_AGAIN)
        size_bytes = 4 * grid.channels * (whole.height // stride) * (whole.width // stride)
        if size_bytes > MAX_LATENT_BYTES:
            raise FormatError(
                f"The latent of this picture takes {size_bytes >> 30} GiB; the limit is {MAX_LATENT_BYTES >> 30} GiB.",
                "Divide the picture into parts before encoding it.",
            )
        parameters = CodeParameters.unpack(file.chunk(PARAMETERS), grid.channels)
        symbols = np.zeros((grid.channels, whole.height // stride, whole.width // stride), np.int32)
        lost = []
        for number, at in enumerate(self._tile_positions(file)):
            if not any(_overlap(at, _positions(box, stride)) for box in boxes):
                continue
            poll()
            try:
                symbols[:, *at] = self._decode_tile(file, number, at, parameters)
            except FormatError as error:
                if not salvage:
                    raise unreadable_tile(file, number, error.message) from error
                lost.append(number)
        return parameters, symbols, lost

    def _decode_tile(self, file: AedFile, number: int, at: Positions, parameters: CodeParameters) -> Symbols:
        if number in file.damaged:
            raise FormatError("Its checksum is wrong.", GET_AGAIN)
        rows, columns = (part.stop - part.start for part in at)
        payload = file.tiles[number]
        residual = Decoder(shape_tables(), payload[CRC_BYTES:]).get(parameters.indexes(rows * columns)).reshape(-1, rows, columns)
        if payload[:CRC_BYTES] != _crc(residual):
            raise FormatError("Its symbols do not match their checksum.", GET_AGAIN)
        return parameters.symbols(residual)

    def _tile_positions(self, file: AedFile) -> Iterator[Positions]:
        """Yields the positions of each tile of a file."""
        whole = self.grid.padded(file.width, file.height)
        for number in range(len(file.tiles)):
            left, top, _, _ = file.rectangle(number)
            right, bottom = min(left + file.tile_px, whole.right), min(top + file.tile_px, whole.bottom)
            yield _positions(Box(left, top, right, bottom), self.stride_px)


def _positions(box: Box, stride: int) -> Positions:
    return slice(box.top // stride, box.bottom // stride), slice(box.left // stride, box.right // stride)


def _overlap(a: Positions, b: Positions) -> bool:
    return all(first.start < second.stop and second.start < first.stop for first, second in zip(a, b, strict=True))


def _crc(residual: NDArray[np.int32]) -> bytes:
    return crc32c(residual.astype("<i4").tobytes()).to_bytes(CRC_BYTES, "little")
