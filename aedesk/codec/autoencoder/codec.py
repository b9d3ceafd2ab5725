"""The codes of any autoencoder as .aed files: uniform quantisation, and probability tables fitted to the picture.

The format is that of the learned codec, the kind is "codes". No context and no side information beside the chunk ``CODE``: a
payload is the CRC-32C of a tile's residual symbols (4 bytes, little-endian), then one bitstream of them, channel by channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from aedesk.codec.assembly import assembled, checked, chunks_of
from aedesk.codec.autoencoder.latent_grid import PlainModel
from aedesk.codec.autoencoder.parameters import LARGEST_SYMBOL, CodeParameters, Symbols, fitted, scales_of, steps_of
from aedesk.codec.autoencoder.step_search import StepFinder
from aedesk.codec.learned.decoder import DEPTHS, Decoded
from aedesk.codec.learned.encoder import Encoded, Tick
from aedesk.core.codec_specs import LatentsResult
from aedesk.core.errors import FormatError
from aedesk.data.picture_tensors import PixelSource, to_pixels
from aedesk.entropy.coder import Decoder, Encoder
from aedesk.entropy.shapes import shape_tables
from aedesk.formats.aed_file import PARAMETERS, AedFile, Chunk
from aedesk.formats.checksum import crc32c
from aedesk.formats.container import write_aed
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.models.layers import poll

CRC_BYTES = 4
MOST_LATENT_BYTES = 2 << 30

Place = tuple[slice, slice]


class PlainCoder:
    """Stores pictures as the codes of one autoencoder; a ``codec.coders.Coder``. Not for several threads at once."""

    kind = "codes"

    def __init__(self, model: PlainModel) -> None:
        self.model = model
        self._latest: tuple[Picture, torch.Tensor, StepFinder] | None = None  # a search for a target encodes one picture many times

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def stride_px(self) -> int:
        return self.model.stride_px

    def encode(
        self,
        picture: Picture,
        quality: int,
        *,
        slow: bool = False,
        costs: bool = True,
        embedded: bytes | None = None,
        tick: Tick | None = None,
    ) -> Encoded:
        """Encode a picture. ``slow`` makes no difference: there is nothing that more work would find.

        Raises:
            ModelError: the model gives no numbers.
        """
        model = self.model
        shell = AedFile(
            width=picture.width,
            height=picture.height,
            channels=min(picture.channels, model.picture_channels),
            bit_depth=picture.bit_depth,
            model_id=model.model_id,
            kind="codes",
            quality=quality,
            tile_px=model.tile_px,
            tiles=(b"",) * (-(-picture.width // model.tile_px) * -(-picture.height // model.tile_px)),
        )
        latent, finder = self._latent(picture, tick)
        scales = scales_of(finder.steps(quality))
        symbols = np.rint(latent.numpy() / steps_of(scales)[:, None, None]).clip(-LARGEST_SYMBOL, LARGEST_SYMBOL).astype(np.int32)
        parameters = fitted(scales, symbols, self._places(shell))
        tables, tiles = shape_tables(), []
        bits = np.zeros(symbols.shape[1:], np.float32)
        for rows, columns in self._places(shell):
            residual = parameters.residual(symbols[:, rows, columns])
            flat, indexes = residual.reshape(-1), parameters.indexes(residual[0].size)
            encoder = Encoder(tables)
            encoder.put(flat, indexes)
            tiles.append(_crc(residual) + encoder.finish())
            if costs:
                bits[rows, columns] = tables.cost(flat, indexes).reshape(residual.shape).sum(0)
        chunks = (Chunk(PARAMETERS, parameters.pack()), *chunks_of(picture, embedded))
        return Encoded(write_aed(replace(shell, tiles=tuple(tiles), chunks=chunks)), bits, 8.0 * len(chunks[0].data))

    def decode(
        self, file: AedFile, *, bit_depth: int | None = None, part: Box | None = None, damaged: bool = False, tick: Tick | None = None
    ) -> Decoded:
        """Decode a file, or a part of it. As :func:`aedesk.codec.learned.decoder.decode`."""
        model, whole = self.model, self.model.padded(file.width, file.height)
        part = part or Box(0, 0, file.width, file.height)
        cores = model.cores(part, whole)
        parameters, symbols, lost = self._read(file, [model.reach(core, whole) for core in cores], damaged)
        output = np.empty((part.height, part.width, file.channels), DEPTHS[bit_depth or file.bit_depth])
        for number, core in enumerate(cores):
            if tick:
                tick(number, len(cores))
            latent = torch.from_numpy(parameters.values(symbols[:, *_positions(model.reach(core, whole), self.stride_px)]))
            pixels = to_pixels(checked(model.synthesise(latent, core, whole)).expand(3, -1, -1), file.channels, output.dtype)
            seen = Box(max(core.left, part.left), max(core.top, part.top), min(core.right, part.right), min(core.bottom, part.bottom))
            place, inner = seen.within(part), seen.within(core)
            output[place.top : place.bottom, place.left : place.right] = pixels[inner.top : inner.bottom, inner.left : inner.right]
        if tick:
            tick(len(cores), len(cores))
        rectangles = tuple(file.rectangle(number) for number in lost)
        return Decoded(assembled(file, output, part, rectangles), rectangles)

    def latents(self, file: AedFile) -> LatentsResult:
        """The symbols of a whole file, the values they stand for, and what they cost. Raises :class:`FormatError` for a damaged tile."""
        parameters, symbols, _ = self._read(file, [self.model.padded(file.width, file.height)], damaged=False)
        bits = np.zeros(symbols.shape[1:], np.float32)
        for rows, columns in self._places(file):
            residual = parameters.residual(symbols[:, rows, columns])
            cost = shape_tables().cost(residual.reshape(-1), parameters.indexes(residual[0].size))
            bits[rows, columns] = cost.reshape(residual.shape).sum(0)
        values = parameters.values(symbols)
        return LatentsResult(symbols.astype(np.int16), values, bits, 8.0 * len(file.chunk(PARAMETERS) or b""), self.stride_px)

    def _latent(self, picture: Picture, tick: Tick | None) -> tuple[torch.Tensor, StepFinder]:
        """The latent of the whole padded picture, (channels, rows, columns) float32 on the CPU."""
        if self._latest is None or self._latest[0] is not picture:
            model, stride = self.model, self.stride_px
            whole = model.padded(picture.width, picture.height)
            source = PixelSource(picture.pixels, picture.alpha)
            latent = torch.empty(model.channels, whole.height // stride, whole.width // stride)
            cores = model.cores(whole, whole)
            for number, core in enumerate(cores):
                if tick:
                    tick(number, len(cores))
                latent[:, *_positions(core, stride)] = model.analyse(source, core, whole)
            self._latest = (picture, latent, StepFinder(model, checked(latent)))
        return self._latest[1], self._latest[2]

    def _read(self, file: AedFile, wanted: list[Box], damaged: bool) -> tuple[CodeParameters, Symbols, list[int]]:
        """What is coded of a file: parameters, symbols (channels, rows, columns) of the tiles that touch a box, tiles that are lost."""
        model, stride = self.model, self.stride_px
        whole = model.padded(file.width, file.height)
        if file.tile_px % model.unit_px or file.tile_px > model.tile_px:
            raise FormatError("The tiles of this .aed file do not fit its model.", "Get the file again from where it came from.")
        size_bytes = 4 * model.channels * (whole.height // stride) * (whole.width // stride)
        if size_bytes > MOST_LATENT_BYTES:
            raise FormatError(
                f"The codes of this picture take {size_bytes >> 30} GiB; the limit is {MOST_LATENT_BYTES >> 30} GiB.",
                "Cut the picture into parts before encoding it.",
            )
        parameters = CodeParameters.unpack(file.chunk(PARAMETERS), model.channels)
        symbols = np.zeros((model.channels, whole.height // stride, whole.width // stride), np.int32)
        lost = []
        for number, place in enumerate(self._places(file)):
            if not any(_touch(place, _positions(box, stride)) for box in wanted):
                continue
            poll()
            try:
                symbols[:, *place] = self._tile(file, number, place, parameters)
            except FormatError as error:
                if not damaged:
                    left, top, width, height = file.rectangle(number)
                    raise FormatError(
                        f"The part of {width} x {height} pixels at ({left}, {top}) cannot be read. {error.message}",
                        f"{error.hint} What is left of the picture can still be shown: --damaged.",
                    ) from error
                lost.append(number)
        return parameters, symbols, lost

    def _tile(self, file: AedFile, number: int, place: Place, parameters: CodeParameters) -> Symbols:
        again = "Get the file again from where it came from."
        if number in file.damaged:
            raise FormatError("Its checksum is wrong.", again)
        rows, columns = (part.stop - part.start for part in place)
        payload = file.tiles[number]
        residual = Decoder(shape_tables(), payload[CRC_BYTES:]).get(parameters.indexes(rows * columns)).reshape(-1, rows, columns)
        if payload[:CRC_BYTES] != _crc(residual):
            raise FormatError("Its symbols are damaged.", again)
        return parameters.symbols(residual)

    def _places(self, file: AedFile) -> Iterator[Place]:
        """Rows and columns of the latent that each tile of a file has."""
        whole = self.model.padded(file.width, file.height)
        for number in range(len(file.tiles)):
            left, top, _, _ = file.rectangle(number)
            right, bottom = min(left + file.tile_px, whole.right), min(top + file.tile_px, whole.bottom)
            yield _positions(Box(left, top, right, bottom), self.stride_px)


def _positions(box: Box, stride: int) -> Place:
    return slice(box.top // stride, box.bottom // stride), slice(box.left // stride, box.right // stride)


def _touch(a: Place, b: Place) -> bool:
    return all(first.start < second.stop and second.start < first.stop for first, second in zip(a, b, strict=True))


def _crc(residual: NDArray[np.int32]) -> bytes:
    return crc32c(residual.astype("<i4").tobytes()).to_bytes(CRC_BYTES, "little")
