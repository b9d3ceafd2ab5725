"""A model with a latent, ready to encode and decode; it stays in memory for the next job."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.core.errors import ModelError
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.descriptor import Descriptor
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.models.inference.devices import resolve_device


@dataclass(frozen=True)
class LatentModel:
    """A network in float32 on its device. Tensors come from and go to the CPU."""

    network: Autoencoder
    device: torch.device
    card: dict[str, Any]

    @property
    def descriptor(self) -> Descriptor:
        return self.network.descriptor

    @torch.inference_mode()
    def encode(self, pictures: Tensor) -> Tensor:
        """(B, C, H, W) in [0, 1] to codes (B, n) or (B, c, h, w)."""
        return self.network.encode(pictures.to(self.device)).float().cpu()

    @torch.inference_mode()
    def decode(self, codes: Tensor) -> Tensor:
        """Codes to (B, C, H, W) in [0, 1]. Raises :class:`ModelError` if they do not fit the network."""
        try:
            return self.network.decode(codes.to(self.device)).float().clamp(0, 1).cpu()
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            raise ModelError(
                f"A code of the shape {tuple(codes.shape[1:])} does not fit this model.", "Encode the picture again."
            ) from error


def load_latent_model(model: str, device: str = "auto") -> LatentModel:
    """A model by name or path. Raises DeviceError, and ModelError if it is missing, damaged or has no latent."""
    place, path = resolve_device(device), find_model(model)
    stat = path.stat()
    network, card = _load(str(path), stat.st_mtime_ns, stat.st_size, str(place))
    if not isinstance(network, Autoencoder):
        raise ModelError(
            f"The model {model} has no latent: nothing lies between its input and its output that could be looked at.",
            "Choose an autoencoder; the Train panel makes one, for example with Compress pictures like these.",
        )
    return LatentModel(network, place, card)


@functools.lru_cache(maxsize=4)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> tuple[Any, dict[str, Any]]:
    return load_model(path, device)
