"""What a file holds beside the coded pixels, the same for every kind of model: out of a picture, and back into one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from torch import Tensor

from aedesk.codec.alpha import Alpha, pack_alpha, unpack_alpha
from aedesk.core.errors import FormatError, ModelError
from aedesk.formats.aed_file import ALPHA, DPI, EXIF, ICC, MODEL, XMP, AedFile, Chunk
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import Pixels
from aedesk.imaging.tiling import Box

DPI_UNIT = 1000


def chunks_of(picture: Picture, embedded: bytes | None) -> tuple[Chunk, ...]:
    """The chunks of a picture's metadata and alpha channel, and of the model's file if there is one to be embedded."""
    given = {ICC: picture.icc, EXIF: picture.exif, XMP: picture.xmp, DPI: _packed_dpi(picture), MODEL: embedded}
    if picture.alpha is not None:
        given[ALPHA] = pack_alpha(picture.alpha)
    return tuple(Chunk(kind, data) for kind, data in given.items() if data is not None)


def checked(values: Tensor) -> Tensor:
    """``values`` that a network gave. Raises :class:`ModelError` if some are no numbers, as of a model that is damaged or made to harm."""
    if not bool(values.isfinite().all()):
        raise ModelError("The model gives values that are no numbers.", "Choose another model, or get this one again.")
    return values


def assembled(file: AedFile, pixels: Pixels, part: Box, lost: Iterable[tuple[int, int, int, int]]) -> Picture:
    """The picture of decoded pixels (h, w, channels) that are ``part`` of a file; the rectangles that are lost become gray.

    Raises:
        FormatError: the alpha channel or another chunk is damaged.
    """
    for left, top, width, height in lost:
        gone = Box(max(left, part.left), max(top, part.top), min(left + width, part.right), min(top + height, part.bottom)).within(part)
        pixels[max(gone.top, 0) : max(gone.bottom, 0), max(gone.left, 0) : max(gone.right, 0)] = np.iinfo(pixels.dtype).max // 2
    packed, dpi = file.chunk(ALPHA), file.chunk(DPI)
    alpha = None
    if packed is not None:
        whole = unpack_alpha(packed, file.width, file.height)
        alpha = _as_depth(whole[part.top : part.bottom, part.left : part.right], pixels.dtype)
    return Picture(
        pixels,
        alpha,
        icc=file.chunk(ICC),
        exif=file.chunk(EXIF),
        xmp=file.chunk(XMP),
        dpi=None if dpi is None else _dpi(dpi),
        source_format="AED",
    )


def _as_depth(plane: Alpha, dtype: np.dtype) -> Alpha:
    if plane.dtype == dtype:
        return plane
    return (plane.astype(np.uint16) * 257) if dtype == np.uint16 else ((plane.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _packed_dpi(picture: Picture) -> bytes | None:
    if picture.dpi is None:
        return None
    return b"".join(min(round(value * DPI_UNIT), 2**32 - 1).to_bytes(4, "little") for value in picture.dpi)


def _dpi(data: bytes) -> tuple[float, float] | None:
    if len(data) != 8:
        raise FormatError("The resolution in this .aed file is damaged.", "Get the file again from where it came from.")
    across, down = (int.from_bytes(half, "little") / DPI_UNIT for half in (data[:4], data[4:]))
    return (across, down) if across and down else None
