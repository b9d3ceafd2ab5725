"""A model that pictures are stored with, ready to run on a device: a codec, or another network with a latent."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from aedesk.codec.autoencoder.latent_grid import PlainModel
from aedesk.core.errors import ModelError
from aedesk.entropy.tables import Tables
from aedesk.models.allowance import Allowance
from aedesk.models.autoencoder import Autoencoder
from aedesk.models.checkpoint import load_model
from aedesk.models.codec.entropy import EntropyModel
from aedesk.models.codec.fixed_point import make_exact
from aedesk.models.codec.network import Codec
from aedesk.models.devices import resolve_device
from aedesk.models.identity import find_by_id, model_id
from aedesk.models.model_file import read_model_file
from aedesk.models.zoo import find_model

BESIDE = 1 << 24
"""Numbers that a network may make beside those of its file: buffers that are computed, and copies in other types."""


@dataclass(frozen=True, eq=False)
class LoadedCodec:
    """A codec's parts.

    Args:
        network: the transforms and the side information's encoder, in float32 on ``device``.
        exact: the entropy model in fixed point, on the CPU.
        tables: its integer probability tables.
        model_id: 8 bytes that name the weights.
    """

    network: Codec
    exact: EntropyModel
    tables: Tables
    model_id: bytes
    device: torch.device
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.card.get("name", ""))


def load_codec(model: str = "codec-photo", device: str = "auto") -> LoadedCodec | PlainModel:
    """The model of a name or a path. Loaded ones are kept.

    Raises:
        ModelError: there is no such model, it is damaged, or it has no latent that can be stored.
        DeviceError: the device cannot be used.
    """
    path = find_model(model)
    stat = path.stat()
    return _load(str(path), stat.st_mtime_ns, stat.st_size, str(resolve_device(device)))


def load_codec_of(identity: bytes, device: str = "auto") -> LoadedCodec | PlainModel:
    """The model that wrote a file, by the model id in it. Raises :class:`ModelError` saying what to do if it is not here."""
    return load_codec(str(find_by_id(identity)), device)


def load_embedded(data: bytes, identity: bytes, device: str = "auto") -> LoadedCodec | PlainModel:
    """The model inside a file. Raises :class:`ModelError` if it is damaged, or not the one that the file names."""
    with tempfile.TemporaryDirectory(prefix="aedesk-") as folder:
        path = Path(folder, "embedded.safetensors")
        path.write_bytes(data)
        read_model_file(path)
        if model_id(path) != identity:
            raise ModelError("The model inside this file is not the one that wrote it.", "Get the file again from where it came from.")
        with Allowance(len(data) + BESIDE):
            return _open(path, resolve_device(device))


def prepare(network: Codec, identity: bytes, device: torch.device, card: dict[str, Any]) -> LoadedCodec:
    """A codec's parts from its network. Raises :class:`ModelError` if its numbers cannot be exact."""
    tables = Tables(network.entropy.tables.cpu().numpy().astype(np.int32))
    return LoadedCodec(network.to(device).eval(), make_exact(network.entropy), tables, identity, device, card)


@functools.lru_cache(maxsize=2)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> LoadedCodec | PlainModel:
    return _open(Path(path), torch.device(device))


def _open(path: Path, device: torch.device) -> LoadedCodec | PlainModel:
    network, card = load_model(path, device)
    if isinstance(network, Codec):
        return prepare(network, model_id(path), device, card)
    if not isinstance(network, Autoencoder):
        raise ModelError(f"{card['name']} has no latent that pictures could be stored as.", "Choose a codec or an autoencoder.")
    return PlainModel(network, model_id(path), device, card)
