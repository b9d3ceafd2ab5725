"""Finds and loads the codec for a model or for a file."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import torch

from aedesk.codec.autoencoder.codec import AutoencoderCodec
from aedesk.codec.learned.codec import LearnedCodec
from aedesk.codec.picture_codec import PictureCodec
from aedesk.core.errors import FormatError, ModelError
from aedesk.core.leftovers import scratch_folder
from aedesk.formats.aed_file import GET_AGAIN, MODEL, AedFile
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.autoencoders.latent import is_storable
from aedesk.models.codec.network import Codec
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.identity import find_by_id, model_id
from aedesk.models.files.model_file import read_model_file
from aedesk.models.files.zoo import find_model
from aedesk.models.inference.devices import resolve_device

MAX_EMBEDDED_KMAC_PER_PX = 1000
"""Limit of the work that a model inside a file may ask for, in thousand operations per pixel. codec-photo needs 31."""


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
    with scratch_folder() as folder:
        path = folder / "embedded.safetensors"
        path.write_bytes(data)
        card = read_model_file(path).card
        if not is_storable(card):
            raise ModelError("The model inside this file is not one that files are written with.", GET_AGAIN)
        if model_id(path) != identity:
            raise ModelError("The model embedded in this file is not the one that wrote it.", GET_AGAIN)
        return _load(path, resolve_device(device), MAX_EMBEDDED_KMAC_PER_PX)


@functools.lru_cache(maxsize=2)
def _load_cached(path: str, changed_ns: int, size_bytes: int, device: str) -> PictureCodec:
    return _load(Path(path), torch.device(device))


def _load(path: Path, device: torch.device, max_kmac_per_px: float = math.inf) -> PictureCodec:
    network, card = load_model(path, device)
    cost = getattr(network.descriptor, "kmac_per_px", None) or 0
    if cost > max_kmac_per_px:
        raise ModelError(
            f"The model inside this file needs {cost:,.0f} thousand operations per pixel; the limit is {max_kmac_per_px:,.0f}.",
            "If you trust where the file came from, ask for the model and import it in Models.",
        )
    if isinstance(network, Codec):
        return LearnedCodec(network, model_id(path), device, card)
    if not isinstance(network, Autoencoder):
        raise ModelError(f"{card['name']} has no latent to store pictures as.", "Choose a codec or an autoencoder.")
    return AutoencoderCodec(network, model_id(path), device, card)
