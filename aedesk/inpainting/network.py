"""The inpainting network, ready to run on parts of a picture of any size."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.imaging.tiling import Box
from aedesk.models.inference.tiled import Sink, Source
from aedesk.models.inference.tiled_network import CONTEXT_PX, MaskSource, TiledNetwork, load_tiled_network
from aedesk.models.restoration.inpainting import Inpainting


class InpaintNetwork(TiledNetwork):
    """Runs :class:`~aedesk.models.restoration.inpainting.Inpainting` in tiles."""

    network: Inpainting

    def fill(
        self,
        source: Source,
        size: tuple[int, int],
        part: Box,
        holes: MaskSource,
        sink: Sink,
        cancel: CancelToken,
        context_px: int = CONTEXT_PX,
        *,
        single_round: bool = False,
    ) -> Iterator[tuple[int, int]]:
        """Fills the holes in a part of a picture; ``sink`` receives (3, h, w) float32.

        Args:
            source, size, part, cancel: as for :func:`~aedesk.models.inference.tiled.run_tiled`, which also says what is yielded.
            holes: 1 where the picture is unknown.
            context_px: context around a tile; ``NARROW_CONTEXT_PX`` suffices for thin holes.
            single_round: one round at full resolution only, for a rough fill.
        """
        rounds = torch.ones(1, dtype=torch.int64, device=self.device) if single_round else None

        def forward(picture: Tensor, outer: Box) -> Tensor:
            filled: Tensor = self.network(picture, torch.from_numpy(holes(outer)).to(picture)[None, None], rounds)
            return filled

        return self.run(forward, source, sink, size, part, cancel, context_px=context_px)


def load_inpaint_network(model: str, device: str = "auto", precision: str = "auto") -> InpaintNetwork:
    """Loads an inpainting model by name or path. Raises DeviceError and ModelError."""
    return load_tiled_network(
        InpaintNetwork, model, purpose="inpaint", condition="hole", task="fill holes", device=device, precision=precision
    )
