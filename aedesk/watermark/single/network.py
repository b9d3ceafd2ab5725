"""The watermark network, ready to run on parts of a picture of any size."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event, Progress
from aedesk.core.generators import convert_items
from aedesk.imaging.tiling import Box
from aedesk.models.inference.tiled import Sink, Source
from aedesk.models.inference.tiled_network import CONTEXT_PX, NARROW_CONTEXT_PX, MaskSource, TiledNetwork, load_tiled_network
from aedesk.models.restoration.unblending import MarkPrediction, Unblending
from aedesk.watermark.single.overlay import UniformOverlay

UNSEEN_LOGIT = -20.0
"""Log-odds of a watermark where the network has not looked."""


@dataclass(frozen=True)
class PredictionMap:
    """The network's prediction for a box of a picture.

    Args:
        logit: (h, w) float32, log-odds that a pixel belongs to a watermark.
        alpha: (h, w) float32, opacity in [0, 1].
        premultiplied: (3, h, w) float32, alpha times the watermark's colour.
    """

    logit: NDArray[np.float32]
    alpha: NDArray[np.float32]
    premultiplied: NDArray[np.float32]

    def reframed(self, box: Box, outer: Box) -> PredictionMap:
        """Returns the prediction for another box; ``UNSEEN_LOGIT`` and zeros outside of this one.

        Args:
            box: the box of this prediction.
            outer: the box of the result.
        """
        planes = np.zeros((5, outer.height, outer.width), np.float32)
        planes[0] = UNSEEN_LOGIT
        shared = Box(max(outer.left, box.left), max(outer.top, box.top), min(outer.right, box.right), min(outer.bottom, box.bottom))
        if shared.top < shared.bottom and shared.left < shared.right:
            there, here = shared.within(outer).slices, shared.within(box).slices
            for plane, own in zip(planes, (self.logit, self.alpha, *self.premultiplied), strict=True):
                plane[there] = own[here]
        return PredictionMap(planes[0], planes[1], planes[2:])


class EraseNetwork(TiledNetwork):
    """Runs :class:`~aedesk.models.restoration.unblending.Unblending` in tiles."""

    network: Unblending

    def predict(
        self,
        source: Source,
        size: tuple[int, int],
        part: Box,
        cancel: CancelToken,
        hint: MaskSource | None = None,
        overlay: UniformOverlay | None = None,
    ) -> Generator[tuple[int, int], None, PredictionMap]:
        """Detects watermarks in a part of a picture, at full and at half resolution.

        Args:
            source, size, part, cancel: as for :func:`~aedesk.models.inference.tiled.run_tiled`, which also says what is yielded.
            hint: where watermarks are known to be; None if nothing is known.
            overlay: detect only this overlay.
        """
        planes = np.empty((5, part.height, part.width), np.float32)
        known = None if overlay is None else torch.tensor([*overlay.premultiplied, overlay.alpha], device=self.device).view(1, 4, 1, 1)

        def forward(marked: Tensor, outer: Box) -> Tensor:
            hint_plane = torch.zeros_like(marked[:, :1]) if hint is None else _hint_plane(hint(outer), marked)
            prediction = self.network.predict_two_scales(marked, hint_plane, known)
            return torch.cat((prediction.logit, prediction.alpha, prediction.premultiplied), 1)

        def sink(core: Box, result: Tensor) -> None:
            planes[:, *core.within(part).slices] = result.numpy()

        context_px = CONTEXT_PX if hint is None and overlay is None else NARROW_CONTEXT_PX
        yield from self.run(forward, source, sink, size, part, cancel, context_px=context_px, scales=2)
        return PredictionMap(planes[0], planes[1], planes[2:])

    def restore(
        self, source: Source, size: tuple[int, int], part: Box, prediction: PredictionMap, predicted: Box, sink: Sink, cancel: CancelToken
    ) -> Generator[tuple[int, int], None, None]:
        """Unblends and refines a part of a picture; ``sink`` receives (3, h, w) float32.

        Args:
            prediction: the watermarks in the box ``predicted``; none outside of it.
        """

        def forward(marked: Tensor, outer: Box) -> Tensor:
            local = prediction.reframed(predicted, outer)
            planes = (local.logit[None], local.alpha[None], local.premultiplied)
            local_prediction = MarkPrediction(*(torch.from_numpy(plane)[None].to(marked.device) for plane in planes))
            return self.network.refine(marked, local_prediction)

        yield from self.run(forward, source, sink, size, part, cancel, context_px=NARROW_CONTEXT_PX)


def load_erase_network(model: str, device: str = "auto", precision: str = "auto") -> EraseNetwork:
    """Loads a watermark model by name or path. Raises DeviceError and ModelError."""
    return load_tiled_network(
        EraseNetwork, model, purpose="erase", condition="hint", task="remove watermarks", device=device, precision=precision
    )


def relay_progress(steps: Generator[tuple[int, int], None, PredictionMap], detail: str) -> Generator[Event, None, PredictionMap]:
    """Runs a prediction: yields its progress as events and returns its result."""
    return (yield from convert_items(steps, lambda done: Progress(done[0] / 1e6, done[1] / 1e6, "MP", detail)))


def opacity_bytes(alpha: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Opacities in [0, 1] as uint8."""
    return np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)


def _hint_plane(mask: NDArray[np.float32], like: Tensor) -> Tensor:
    """(1, 1, h, w): 1 where the mask is 1 and -1 elsewhere; 0 would mean that nothing is known."""
    return torch.from_numpy(mask).to(like)[None, None] * 2 - 1
