"""What writes and reads .aed files: the learned codec, or any other model with a latent. The format is one; the model differs."""

from __future__ import annotations

from typing import Protocol

import torch

from aedesk.codec.autoencoder.codec import PlainCoder
from aedesk.codec.autoencoder.latent_grid import PlainModel
from aedesk.codec.learned.decoder import Decoded, TileRows, decode
from aedesk.codec.learned.encoder import Encoded, Tick, encode
from aedesk.codec.loading import LoadedCodec, load_codec, load_codec_of, load_embedded
from aedesk.core.codec_specs import LatentsResult
from aedesk.core.errors import FormatError
from aedesk.formats.aed_file import MODEL, AedFile
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box


class Coder(Protocol):
    """A model that pictures can be stored with; ``kind`` is that of the files it writes."""

    kind: str

    @property
    def device(self) -> torch.device: ...

    @property
    def stride_px(self) -> int:
        """Pixels per position of the latent along one axis."""

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
        """See :func:`~aedesk.codec.learned.encoder.encode`."""

    def decode(
        self, file: AedFile, *, bit_depth: int | None = None, part: Box | None = None, damaged: bool = False, tick: Tick | None = None
    ) -> Decoded:
        """See :func:`~aedesk.codec.learned.decoder.decode`."""

    def latents(self, file: AedFile) -> LatentsResult:
        """The symbols of a whole file, the values they stand for, and what they cost."""


class LearnedCoder:
    """The learned codec (``models.codec``)."""

    kind = "codec"

    def __init__(self, codec: LoadedCodec) -> None:
        self.codec = codec

    @property
    def device(self) -> torch.device:
        return self.codec.device

    @property
    def stride_px(self) -> int:
        return self.codec.network.descriptor.code_stride or 1

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
        return encode(picture, self.codec, quality, slow=slow, costs=costs, embedded=embedded, tick=tick)

    def decode(
        self, file: AedFile, *, bit_depth: int | None = None, part: Box | None = None, damaged: bool = False, tick: Tick | None = None
    ) -> Decoded:
        return decode(file, self.codec, bit_depth=bit_depth, part=part, damaged=damaged, tick=tick)

    def latents(self, file: AedFile) -> LatentsResult:
        return TileRows(file, self.codec, damaged=False).all()


def coder(model: str, device: str = "auto") -> Coder:
    """The coder of a model given by name or path. Raises :class:`ModelError` if it has no latent that can be stored."""
    return _coder(load_codec(model, device))


def coder_of(file: AedFile, device: str = "auto") -> Coder:
    """What can read a file: the model inside it, or the one here with its id.

    Raises:
        ModelError: there is neither; it says what to do.
        FormatError: the file says that it is of another kind than its model writes.
    """
    embedded = file.chunk(MODEL)
    found = _coder(load_codec_of(file.model_id, device) if embedded is None else load_embedded(embedded, file.model_id, device))
    if file.kind != found.kind:
        raise FormatError("This .aed file does not fit the model it names.", "Get the file again from where it came from.")
    return found


def _coder(model: LoadedCodec | PlainModel) -> Coder:
    return LearnedCoder(model) if isinstance(model, LoadedCodec) else PlainCoder(model)
