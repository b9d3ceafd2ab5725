"""Finds and loads the codec for a model or for a file."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import torch

from aedesk.codec.autoencoder.codec import AutoencoderCodec
from aedesk.codec.learned.codec import LearnedCodec
from aedesk.codec.picture_codec import PictureCodec
from aedesk.core.errors import FormatError, ModelError
from aedesk.formats.aed_file import GET_AGAIN, MODEL, AedFile
from aedesk.models.allowance import Allowance
from aedesk.models.autoencoder import Autoencoder
from aedesk.models.checkpoint import load_model
from aedesk.models.codec.network import Codec
from aedesk.models.devices import resolve_device
from aedesk.models.identity import find_by_id, model_id
from aedesk.models.model_file import read_model_file
from aedesk.models.zoo import find_model

EXTRA_NUMBERS = 1 << 24
"""Numbers that an embedded network may allocate besides those in its file: computed buffers, and copies in other types."""


def load_codec(model: str = "codec-photo", device: str = "auto") -> PictureCodec:
    """Loads a model by name or path; the last two are cached.

    Raises:
        ModelError: the model does not exist, is damaged, or has no latent.
        DeviceError: the device cannot be used.
    """
    path = find_model(model)
    stat = path.stat()
    return _load_cached(str(path), stat.st_mtime_ns, stat.st_size, str(resolve_device(device)))


def codec_for(file: AedFile, device: str = "auto") -> PictureCodec:
    """Loads the model embedded in a file, or else the installed one with its id.

    Raises:
        ModelError: there is neither, or the embedded one is damaged or not the one named by the file.
        FormatError: the file is not of the kind that its model writes.
        DeviceError: the device cannot be used.
    """
    embedded = file.chunk(MODEL)
    if embedded is None:
        codec = load_codec(str(find_by_id(file.model_id)), device)
    else:
        codec = load_embedded(embedded, file.model_id, device)
    if file.kind != codec.kind:
        raise FormatError("This .aed file does not fit the model it names.", GET_AGAIN)
    return codec


def load_embedded(data: bytes, identity: bytes, device: str = "auto") -> PictureCodec:
    """Loads a model from the content of its file. Raises :class:`ModelError` if it is damaged, or its id is not ``identity``."""
    with tempfile.TemporaryDirectory(prefix="aedesk-") as folder:
        path = Path(folder, "embedded.safetensors")
        path.write_bytes(data)
        read_model_file(path)
        if model_id(path) != identity:
            raise ModelError("The model embedded in this file is not the one that wrote it.", GET_AGAIN)
        with Allowance(len(data) + EXTRA_NUMBERS):
            return _load(path, resolve_device(device))


@functools.lru_cache(maxsize=2)
def _load_cached(path: str, changed_ns: int, size_bytes: int, device: str) -> PictureCodec:
    return _load(Path(path), torch.device(device))


def _load(path: Path, device: torch.device) -> PictureCodec:
    network, card = load_model(path, device)
    if isinstance(network, Codec):
        return LearnedCodec(network, model_id(path), device, card)
    if not isinstance(network, Autoencoder):
        raise ModelError(f"{card['name']} has no latent to store pictures as.", "Choose a codec or an autoencoder.")
    return AutoencoderCodec(network, model_id(path), device, card)
