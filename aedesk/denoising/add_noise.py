"""The service that adds noise to a clean picture, for trials and for teaching."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.specs import AddNoiseSpec
from aedesk.data.degradation.operations import DEGRADATIONS
from aedesk.data.pictures.tensors import PixelSource, to_pixels
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box, tiles

TILE_PX = 1024


def add_noise(spec: AddNoiseSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Degrades one picture. Finished carries a ``Picture`` of the same bit depth, rounded and clipped; its alpha is unchanged.

    Gray pictures get gray noise. Tiles are processed one after the other with one generator, seeded by the spec.
    """
    degrade = DEGRADATIONS[spec.kind]
    yield Started(f"Adding {spec.kind} noise", picture.megapixels, "MP")
    source = PixelSource(picture.pixels)
    output = np.empty_like(picture.pixels)
    generator = torch.Generator().manual_seed(spec.seed)
    done = 0
    for core, _ in tiles(picture.width, picture.height, TILE_PX, 0, 16):
        cancel.check()
        channels = slice(0, picture.channels)
        tile = source(Box(*core))[channels].unsqueeze(0)
        colour = spec.kind == "jpeg" and picture.channels == 1
        noisy = degrade(tile.expand(-1, 3, -1, -1) if colour else tile, spec.level, generator)[0]
        output[core.top : core.bottom, core.left : core.right] = to_pixels(noisy, picture.channels, output.dtype)
        done += core.area
        yield Progress(done / 1e6, picture.megapixels, "MP")
    yield Finished(picture.with_pixels(output), f"{spec.kind}, level {spec.level:g}, seed {spec.seed}")
