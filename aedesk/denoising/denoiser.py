"""A denoising model on a device, shared by the service and the evaluation."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.denoising.adapters import BlindDenoiser, adapt
from aedesk.denoising.noise_level import UNKNOWN, NoiseLevel, estimate_level, given_level
from aedesk.imaging.tiling import Box
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.models.inference.devices import choose_precision, precision_name, resolve_device
from aedesk.models.inference.tiled import Sink, Source, run_tiled

# Tile size on a CPU for networks whose layers do not poll for a cancel: half a second per tile instead of two.
BLIND_TILE_PX = 768

# Estimates the noise level for networks that need one and have no estimator of their own.
ESTIMATING_MODEL = "denoise-gaussian"


@dataclass(frozen=True)
class Denoiser:
    """An adapted network (see ``adapters``) on a device, computing in ``dtype``."""

    network: Any
    device: torch.device
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        return precision_name(self.dtype)

    @property
    def blind(self) -> bool:
        """Whether the network needs no noise level, so that a given one has no effect."""
        return isinstance(self.network, BlindDenoiser)

    def level(self, sigma: float | None, source: Source, size: tuple[int, int], part: Box, cancel: CancelToken) -> NoiseLevel:
        """Returns the noise level for the network: ``sigma`` in 8-bit units, an estimate if that is None, or ``UNKNOWN`` if it is blind."""
        if self.blind:
            return UNKNOWN
        return self.estimate(source, size, part, cancel) if sigma is None else given_level(sigma)

    def estimate(self, source: Source, size: tuple[int, int], part: Box, cancel: CancelToken) -> NoiseLevel:
        """Estimates the noise level; see :func:`~aedesk.denoising.noise_level.estimate_level`."""
        network = self.network if hasattr(self.network, "estimator") else load_denoiser(ESTIMATING_MODEL, str(self.device)).network
        return estimate_level(network, source, size, part, self.device, self.dtype, cancel)

    def restore(
        self,
        level: NoiseLevel,
        source: Source,
        sink: Sink,
        size: tuple[int, int],
        *,
        tile_px: int | None = None,
        part: Box | None = None,
        cancel: CancelToken,
    ) -> Iterator[tuple[int, int]]:
        """Denoises a picture in tiles; arguments and yielded values as for :func:`~aedesk.models.inference.tiled.run_tiled`."""

        def forward(noisy: Tensor, outer: Box) -> Tensor:
            restored: Tensor = self.network(noisy, level.over(outer).to(noisy.device))
            return restored

        contract = self.network.descriptor
        if self.blind and self.device.type == "cpu":
            tile_px = tile_px or BLIND_TILE_PX
        return run_tiled(
            forward,
            source,
            sink,
            size,
            halo_px=contract.halo_px,
            multiple=contract.size_multiple,
            device=self.device,
            dtype=self.dtype,
            tile_px=tile_px,
            part=part,
            cancel=cancel,
        )


def load_denoiser(model: str, device: str = "auto", precision: str = "auto") -> Denoiser:
    """Loads a denoiser by the name or path of its model. The last few networks stay in memory.

    Raises DeviceError, and ModelError if the model is missing, damaged or made for something else.
    """
    place = resolve_device(device)
    path = find_model(model)
    stat = path.stat()
    network = _load(str(path), stat.st_mtime_ns, stat.st_size, str(place))
    if isinstance(network, BlindDenoiser) and precision == "auto":
        precision = "float32"  # it gives the picture itself, no correction to it: the eight bits of bfloat16 would show as bands
    return Denoiser(network, place, choose_precision(precision, place))


@functools.lru_cache(maxsize=4)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> Any:
    network, card = load_model(path, device)
    if card["purpose"] != "denoise":
        raise ModelError(f"The model {Path(path).stem} has the purpose {card['purpose']!r}; it does not denoise.", "Choose another model.")
    return adapt(network).to(device)
