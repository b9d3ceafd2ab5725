"""A network with its device and precision, run in tiles over part of a picture: the common part of inpainting and watermark removal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.imaging.tiling import Box
from aedesk.models.descriptor import Descriptor
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.models.inference.devices import choose_precision, precision_name, resolve_device
from aedesk.models.inference.tiled import Sink, Source, run_tiled
from aedesk.models.restoration.trunk import fold_batchnorm

CONTEXT_PX = 192
"""Context around a tile. The networks' receptive fields are larger, but what lies beyond rarely matters, and small regions stay fast."""
NARROW_CONTEXT_PX = 64
"""Context where little is needed: thin holes, and watermarks whose position or overlay is known."""

MaskSource = Callable[[Box], NDArray[np.float32]]
"""Returns the mask of a box, (h, w) float32 of 0 and 1; the box may exceed the picture, where the mask is 0."""


class DescribedNetwork(Protocol):
    """A network that says what tiling needs to know of it."""

    @property
    def descriptor(self) -> Descriptor: ...


@dataclass(frozen=True)
class TiledNetwork:
    """A network in eval mode on ``device``, computing in ``dtype``."""

    network: DescribedNetwork
    device: torch.device
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        """ "float32", "bfloat16" or "float16"."""
        return precision_name(self.dtype)

    def run(
        self,
        forward: Callable[[Tensor, Box], Tensor],
        source: Source,
        sink: Sink,
        size: tuple[int, int],
        part: Box,
        cancel: CancelToken,
        *,
        context_px: int = CONTEXT_PX,
        scales: int = 1,
    ) -> Iterator[tuple[int, int]]:
        """Runs ``forward`` over the tiles of ``part``; arguments and yielded values as for :func:`run_tiled`.

        Args:
            context_px: context around a tile; the network's own halo if that is smaller.
            scales: the factor by which tile sizes must exceed the network's size multiple, for networks that also run at 1/2 resolution.
        """
        descriptor = self.network.descriptor
        return run_tiled(
            forward,
            source,
            sink,
            size,
            halo_px=context_px if descriptor.halo_px is None else min(descriptor.halo_px, context_px),
            multiple=descriptor.size_multiple * scales,
            device=self.device,
            dtype=self.dtype,
            part=part,
            cancel=cancel,
        )


N = TypeVar("N", bound=TiledNetwork)


def load_tiled_network(
    kind: type[N], model: str, *, purpose: str, condition: str, task: str, device: str = "auto", precision: str = "auto"
) -> N:
    """Loads a model by name or path. The last few networks stay in memory.

    Args:
        kind: the class to return.
        purpose, condition: required of the model's descriptor.
        task: what the model must do, as in "cannot ...", for the error message.

    Raises DeviceError, and ModelError if the model is missing, damaged or made for another purpose.
    """
    torch_device = resolve_device(device)
    path = find_model(model)
    stat = path.stat()
    network = _load(str(path), stat.st_mtime_ns, stat.st_size, str(torch_device))
    descriptor = network.descriptor
    if descriptor.purpose != purpose or condition not in descriptor.conditions:
        raise ModelError(f"The model {Path(path).stem} cannot {task}.", "Choose another model.")
    return kind(network, torch_device, choose_precision(precision, torch_device))


@functools.lru_cache(maxsize=4)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> Any:
    network = load_model(path, device)[0]
    fold_batchnorm(network)
    return network
