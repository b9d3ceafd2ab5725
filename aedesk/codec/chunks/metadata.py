"""Metadata and alpha channel between a picture and the chunks of a file, the same for every kind of model."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from aedesk.codec.chunks.alpha import Alpha, pack_alpha, unpack_alpha
from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import ALPHA, DPI, EXIF, GET_AGAIN, ICC, MODEL, XMP, AedFile, Chunk
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels
from aedesk.imaging.tiling import Box

DPI_UNIT = 1000


def chunks_of(picture: Picture, model_file: bytes | None) -> tuple[Chunk, ...]:
    """Returns the chunks for a picture's metadata and alpha channel, and for the model to be embedded, if any."""
    contents = {ICC: picture.icc, EXIF: picture.exif, XMP: picture.xmp, DPI: _pack_dpi(picture), MODEL: model_file}
    if picture.alpha is not None:
        contents[ALPHA] = pack_alpha(picture.alpha)
    return tuple(Chunk(kind, data) for kind, data in contents.items() if data is not None)


def assemble(file: AedFile, pixels: Pixels, region: Box, lost: Iterable[tuple[int, int, int, int]]) -> Picture:
    """Returns the picture with decoded pixels and the file's metadata.

    Args:
        pixels: (h, w, channels) of ``region``; lost parts are overwritten.
        region: position of ``pixels`` in the whole picture.
        lost: (left, top, width, height) in the whole picture of each part to be filled with gray.

    Raises:
        FormatError: the alpha channel or another chunk is damaged.
    """
    for left, top, width, height in lost:
        gap = Box(max(left, region.left), max(top, region.top), min(left + width, region.right), min(top + height, region.bottom))
        rows, columns = gap.within(region).slices
        if gap.width > 0 and gap.height > 0:
            pixels[rows, columns] = np.iinfo(pixels.dtype).max // 2
    packed, dpi = file.chunk(ALPHA), file.chunk(DPI)
    alpha = None
    if packed is not None:
        alpha = _to_depth(unpack_alpha(packed, file.width, file.height)[region.slices], pixels.dtype)
    return Picture(
        pixels,
        alpha,
        icc=file.chunk(ICC),
        exif=file.chunk(EXIF),
        xmp=file.chunk(XMP),
        dpi=None if dpi is None else _unpack_dpi(dpi),
        source_format="AED",
    )


def _to_depth(plane: Alpha, dtype: np.dtype) -> Alpha:
    if plane.dtype == dtype:
        return plane
    return (plane.astype(np.uint16) * 257) if dtype == np.uint16 else ((plane.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _pack_dpi(picture: Picture) -> bytes | None:
    if picture.dpi is None:
        return None
    return b"".join(min(round(value * DPI_UNIT), 2**32 - 1).to_bytes(4, "little") for value in picture.dpi)


def _unpack_dpi(data: bytes) -> tuple[float, float] | None:
    if len(data) != 8:
        raise FormatError("The resolution in this .aed file is damaged.", GET_AGAIN)
    horizontal, vertical = (int.from_bytes(half, "little") / DPI_UNIT for half in (data[:4], data[4:]))
    return (horizontal, vertical) if horizontal and vertical else None
