"""The networks that erase, ready to run on a device over parts of pictures of any size."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.imaging.tiling import Box
from aedesk.models.checkpoint import load_model
from aedesk.models.devices import choose_precision, precision_name, resolve_device
from aedesk.models.zoo import find_model
from aedesk.restoration.tiled import Sink, Source, run_tiled

HALO_PX = 192
"""Context of a tile. The networks could look further, but hardly ever do, and a small mark should cost little."""

Places = Callable[[Box], NDArray[np.float32]]
"""Gives the (h, w) float32 of a box, 1 where something is and 0 elsewhere, 0 beyond the picture too."""


@dataclass(frozen=True)
class Eraser:
    """A network with the device and the precision it runs in."""

    network: Any
    device: torch.device
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        return precision_name(self.dtype)

    def find(
        self, source: Source, size: tuple[int, int], sink: Sink, cancel: CancelToken, part: Box | None = None, places: Places | None = None
    ) -> Iterator[tuple[int, int]]:
        """Look for marks: ``sink`` gets (2, h, w), the log-odds of the mask and alpha.

        Arguments and what is yielded as in :func:`~aedesk.restoration.tiled.run_tiled`.

        Args:
            part: look only there, None for the whole picture.
            places: where marks are known to be; None if nothing is known.
        """

        def forward(marked: Tensor, outer: Box) -> Tensor:
            found = self.network.find(marked, torch.zeros_like(marked[:, :1]) if places is None else _hint(places(outer), marked))
            return torch.cat((found.logit, found.alpha), 1)

        return self._run(forward, source, sink, size, part or Box(0, 0, *size), cancel)

    def take_off(
        self, source: Source, size: tuple[int, int], part: Box, places: Places, sink: Sink, cancel: CancelToken
    ) -> Iterator[tuple[int, int]]:
        """Take the marks off a part of a picture: ``sink`` gets (5, h, w), the log-odds of the mask, alpha and the restored picture.

        Args:
            places: where marks are.
        """

        def forward(marked: Tensor, outer: Box) -> Tensor:
            found = self.network.find(marked, _hint(places(outer), marked))
            return torch.cat((found.logit, found.alpha, self.network.mend(marked, found)), 1)

        return self._run(forward, source, sink, size, part, cancel)

    def fill(
        self, source: Source, size: tuple[int, int], part: Box, holes: Places, sink: Sink, cancel: CancelToken
    ) -> Iterator[tuple[int, int]]:
        """Fill the holes in a part of a picture: ``sink`` gets the (3, h, w) picture.

        Args:
            holes: where nothing of it may be used.
        """

        def forward(picture: Tensor, outer: Box) -> Tensor:
            filled: Tensor = self.network(picture, torch.from_numpy(holes(outer)).to(picture)[None, None])
            return filled

        return self._run(forward, source, sink, size, part, cancel)

    def _run(
        self, forward: Any, source: Source, sink: Sink, size: tuple[int, int], part: Box, cancel: CancelToken
    ) -> Iterator[tuple[int, int]]:
        contract = self.network.descriptor
        return run_tiled(
            forward,
            source,
            sink,
            size,
            halo_px=min(contract.halo_px, HALO_PX),
            multiple=contract.size_multiple,
            device=self.device,
            dtype=self.dtype,
            part=part,
            cancel=cancel,
        )


def load_eraser(model: str, purpose: str, device: str = "auto", precision: str = "auto") -> Eraser:
    """An eraser by the name or path of its model; networks stay in memory for the next call.

    Args:
        purpose: "erase" for one that takes marks off, "inpaint" for one that fills holes.

    Raises DeviceError, and ModelError if the model is missing, damaged or made for something else.
    """
    place = resolve_device(device)
    path = find_model(model)
    stat = path.stat()
    network = _load(str(path), stat.st_mtime_ns, stat.st_size, str(place))
    contract = network.descriptor
    needed = {"erase": "hint", "inpaint": "hole"}[purpose]
    if contract.purpose != purpose or needed not in contract.conditions:
        does = {"erase": "take marks off", "inpaint": "fill holes"}[purpose]
        raise ModelError(f"The model {Path(path).stem} was not made to {does}.", "Choose another model.")
    return Eraser(network, place, choose_precision(precision, place))


def _hint(places: NDArray[np.float32], like: Tensor) -> Tensor:
    """(1, 1, h, w): 1 where a mark is known to be, -1 where none is; 0 would leave it open."""
    return torch.from_numpy(places).to(like)[None, None] * 2 - 1


@functools.lru_cache(maxsize=4)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> Any:
    return load_model(path, device)[0]
