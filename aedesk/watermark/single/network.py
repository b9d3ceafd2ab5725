"""The networks that erase, ready to run on a device over parts of pictures of any size."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import ModelError
from aedesk.imaging.tiling import Box
from aedesk.models.checkpoint import load_model
from aedesk.models.devices import choose_precision, precision_name, resolve_device
from aedesk.models.tiled_inference import Sink, Source, run_tiled
from aedesk.models.trunk import fold_batchnorm
from aedesk.models.unblending import MarkPrediction
from aedesk.models.zoo import find_model
from aedesk.watermark.single.overlay import Ink

NOWHERE = -20.0
"""Log-odds of a mark where nobody has looked for one."""
HALO_PX = 192
"""Context of a tile. The networks could look further, but hardly ever do, and a small mark should cost little."""
NEAR_PX = 64
"""The same where it is known where a mark is, or what of."""

Outcome = TypeVar("Outcome")
Places = Callable[[Box], NDArray[np.float32]]
"""Gives the (h, w) float32 of a box, 1 where something is and 0 elsewhere, 0 beyond the picture too."""


@dataclass(frozen=True)
class Look:
    """What a network says of a part of a picture.

    Args:
        logit: (h, w), log-odds of the mask.
        alpha: (h, w).
        light: (3, h, w), alpha times the colour.
    """

    logit: NDArray[np.float32]
    alpha: NDArray[np.float32]
    light: NDArray[np.float32]

    def framed(self, part: Box, outer: Box) -> Look:
        """What this look at ``part`` says of another box: of places that it has not seen, that no mark is there."""
        planes = np.zeros((5, outer.height, outer.width), np.float32)
        planes[0] = NOWHERE
        shared = Box(max(outer.left, part.left), max(outer.top, part.top), min(outer.right, part.right), min(outer.bottom, part.bottom))
        if shared.top < shared.bottom and shared.left < shared.right:
            there, here = shared.within(outer), shared.within(part)
            place = (slice(here.top, here.bottom), slice(here.left, here.right))
            for plane, seen in zip(planes, (self.logit, self.alpha, *self.light), strict=True):
                plane[there.top : there.bottom, there.left : there.right] = seen[place]
        return Look(planes[0], planes[1], planes[2:])


@dataclass(frozen=True)
class Eraser:
    """A network with the device and the precision it runs in."""

    network: Any
    device: torch.device
    dtype: torch.dtype

    @property
    def precision(self) -> str:
        return precision_name(self.dtype)

    def look(
        self,
        source: Source,
        size: tuple[int, int],
        part: Box,
        cancel: CancelToken,
        places: Places | None = None,
        ink: Ink | None = None,
    ) -> Generator[tuple[int, int], None, Look]:
        """Look for marks on a part of a picture. Arguments and what is yielded as in :func:`~aedesk.models.tiled_inference.run_tiled`.

        Args:
            places: where marks are known to be; None if nothing is known.
            ink: look for this one alone.
        """
        planes = np.empty((5, part.height, part.width), np.float32)
        known = None if ink is None else torch.tensor([*ink.light, ink.alpha], device=self.device).view(1, 4, 1, 1)

        def forward(marked: Tensor, outer: Box) -> Tensor:
            hint = torch.zeros_like(marked[:, :1]) if places is None else _hint(places(outer), marked)
            found = self.network.predict_two_scales(marked, hint, known)
            return torch.cat((found.logit, found.alpha, found.premultiplied), 1)

        def sink(core: Box, result: Tensor) -> None:
            inner = core.within(part)
            planes[:, inner.top : inner.bottom, inner.left : inner.right] = result.numpy()

        halo_px = HALO_PX if places is None and ink is None else NEAR_PX
        yield from self._run(forward, source, sink, size, part, cancel, halo_px, scales=2)
        return Look(planes[0], planes[1], planes[2:])

    def mend(
        self, source: Source, size: tuple[int, int], part: Box, look: Look, seen: Box, sink: Sink, cancel: CancelToken
    ) -> Iterator[tuple[int, int]]:
        """Take off what was found, and mend a part of a picture: ``sink`` gets (3, h, w).

        Args:
            look: what was found in ``seen``; beyond, no mark is.
        """

        def forward(marked: Tensor, outer: Box) -> Tensor:
            known = look.framed(seen, outer)
            planes = (known.logit[None], known.alpha[None], known.light)
            restored: Tensor = self.network.refine(
                marked, MarkPrediction(*(torch.from_numpy(each)[None].to(marked.device) for each in planes))
            )
            return restored

        return self._run(forward, source, sink, size, part, cancel, NEAR_PX)

    def fill(
        self,
        source: Source,
        size: tuple[int, int],
        part: Box,
        holes: Places,
        sink: Sink,
        cancel: CancelToken,
        halo_px: int = HALO_PX,
        *,
        once: bool = False,
    ) -> Iterator[tuple[int, int]]:
        """Fill the holes in a part of a picture: ``sink`` gets the (3, h, w) picture.

        Args:
            holes: where nothing of it may be used.
            halo_px: context that is looked at, ``NEAR_PX`` is enough for what is thin.
            once: go over the picture once only, for a rough filling.
        """
        rounds = torch.ones(1, dtype=torch.int64, device=self.device) if once else None

        def forward(picture: Tensor, outer: Box) -> Tensor:
            filled: Tensor = self.network(picture, torch.from_numpy(holes(outer)).to(picture)[None, None], rounds)
            return filled

        return self._run(forward, source, sink, size, part, cancel, halo_px)

    def _run(
        self,
        forward: Any,
        source: Source,
        sink: Sink,
        size: tuple[int, int],
        part: Box,
        cancel: CancelToken,
        halo_px: int = HALO_PX,
        scales: int = 1,
    ) -> Iterator[tuple[int, int]]:
        contract = self.network.descriptor
        return run_tiled(
            forward,
            source,
            sink,
            size,
            halo_px=min(contract.halo_px, halo_px),
            multiple=contract.size_multiple * scales,
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


def drained(steps: Generator[Any, None, Outcome]) -> Outcome:
    """The outcome of work whose steps nobody wants to know."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def _hint(places: NDArray[np.float32], like: Tensor) -> Tensor:
    """(1, 1, h, w): 1 where a mark is known to be, -1 where none is; 0 would leave it open."""
    return torch.from_numpy(places).to(like)[None, None] * 2 - 1


@functools.lru_cache(maxsize=4)
def _load(path: str, changed_ns: int, size_bytes: int, device: str) -> Any:
    network = load_model(path, device)[0]
    fold_batchnorm(network)
    return network
