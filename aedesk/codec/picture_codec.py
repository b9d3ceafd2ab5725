"""A model that pictures can be stored with: one object that writes and reads .aed files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.codec_specs import LatentsResult
from aedesk.core.errors import FormatError, ModelError
from aedesk.formats.aed_file import GET_AGAIN, AedFile
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box

DTYPES: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 16: np.dtype(np.uint16)}

OnProgress = Callable[[float, int], None]
"""Called with the work done and the total, in tiles or rows of pixels; an exception it raises ends the work."""


def ignore_progress(done: float, total: int) -> None:
    """The ``OnProgress`` that does nothing."""


@dataclass(frozen=True)
class EncodeOptions:
    """How to encode a picture.

    Args:
        quality: 0 (smallest file) to 100 (best picture).
        slow: first optimise the latent for this picture, at about twenty times the encoding time; learned codec only.
        rdoq: rate-distortion optimised quantisation; learned codec only.
        count_bits: report the bits of each position, in ``Encoded.bits``.
        embed_preview: store a small preview in files above 100 KB (see ``codec.chunks.preview``).
        model_file: content of the model's file, to be embedded.
        tile_px: edge of the tiles, a multiple of 64; None for the codec's default. Learned codec only.
    """

    quality: int = 50
    slow: bool = False
    rdoq: bool = True
    count_bits: bool = False
    embed_preview: bool = True
    model_file: bytes | None = field(default=None, repr=False)
    tile_px: int | None = None


@dataclass(frozen=True)
class DecodeOptions:
    """How to decode a file.

    Args:
        bit_depth: 8 or 16; None for the depth of the original.
        region: pixels to decode; None for the whole picture.
        salvage: decode what is intact of a damaged file.
        fast: only the linear part of the synthesis, without the refinement network; learned codec only.
    """

    bit_depth: int | None = None
    region: Box | None = None
    salvage: bool = False
    fast: bool = False


@dataclass(frozen=True, eq=False)
class Encoded:
    """An encoded picture.

    Args:
        data: the .aed file.
        bits: (rows, columns) float32, bits per position of the latent; zeros unless ``count_bits`` is set.
        side_bits: bits of the side information.
    """

    data: bytes = field(repr=False)
    bits: NDArray[np.float32]
    side_bits: float


@dataclass(frozen=True, eq=False)
class Decoded:
    """A decoded picture; ``lost`` holds (left, top, width, height) of each damaged tile, which is gray in ``picture``."""

    picture: Picture
    lost: tuple[tuple[int, int, int, int], ...] = ()


class PictureCodec(ABC):
    """Base of the codecs.

    Args:
        model_id: 8 bytes that identify the weights (``models.files.identity``).
        device: where the network runs.
        card: card of the model file.
    """

    kind: ClassVar[Literal["codec", "codes"]]
    """The kind of the files it writes."""

    def __init__(self, model_id: bytes, device: torch.device, card: dict[str, Any] | None = None) -> None:
        self.model_id, self.device, self.card = model_id, device, card or {}

    @property
    @abstractmethod
    def stride_px(self) -> int:
        """Pixels per position of the latent along each axis."""

    @abstractmethod
    def encode(self, picture: Picture, options: EncodeOptions = EncodeOptions(), on_progress: OnProgress = ignore_progress) -> Encoded:
        """Encodes a picture of any size. Raises :class:`ModelError` if the model gives values that are not finite."""

    @abstractmethod
    def decode(self, file: AedFile, options: DecodeOptions = DecodeOptions(), on_progress: OnProgress = ignore_progress) -> Decoded:
        """Decodes a file that was written with this model.

        Raises:
            FormatError: a tile is damaged (unless ``salvage`` is set), or the alpha channel or another chunk is.
            ModelError: the model gives values that are not finite.
        """

    @abstractmethod
    def latents(self, file: AedFile) -> LatentsResult:
        """Decodes the latent of a whole file. Raises :class:`FormatError` for a damaged tile."""


def require_finite(values: Tensor) -> Tensor:
    """Returns ``values``. Raises :class:`ModelError` if one is not finite, as from a damaged or malicious model."""
    if not bool(values.isfinite().all()):
        raise ModelError("The model gives values that are not finite numbers.", "Choose another model, or get a new copy of this one.")
    return values


def unreadable_tile(file: AedFile, number: int, reason: str) -> FormatError:
    """The error for a tile that cannot be decoded; ``reason`` is a sentence."""
    left, top, width, height = file.rectangle(number)
    return FormatError(
        f"The part of {width} x {height} pixels at ({left}, {top}) cannot be read. {reason}",
        GET_AGAIN if len(file.tiles) == 1 else f"{GET_AGAIN} --salvage decodes the rest of the picture.",
    )


def lost_rectangles(file: AedFile, region: Box, lost: Iterable[int]) -> tuple[tuple[int, int, int, int], ...]:
    """Returns (left, top, width, height) of each lost tile. Raises :class:`FormatError` if they cover ``region``."""
    rectangles = tuple(file.rectangle(number) for number in lost)
    covered = 0
    for left, top, width, height in rectangles:
        columns = min(left + width, region.right) - max(left, region.left)
        rows = min(top + height, region.bottom) - max(top, region.top)
        covered += max(columns, 0) * max(rows, 0)
    if covered == region.area:
        raise FormatError(f"Nothing of this picture is left: {len(rectangles)} of {len(file.tiles)} parts are damaged.", GET_AGAIN)
    return rectangles
