"""The network that fills holes: what is hidden altogether is told from what lies around it.

The hole is filled smoothly first, by a pyramid ("pull-push", Gortler 1996), so that the network has nothing to learn about the mean colours
and starts where classic inpainting ends. A deep U-Net then adds what a smooth filling lacks: edges that go on, texture, lines. Its coarsest
level looks over hundreds of pixels, which is what large holes need (LaMa, Suvorov 2021, gets there by Fourier convolutions, which are
slow on CPUs).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import InpaintingConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.trunk import Trunk

LEVELS = 8


def smooth_filling(picture: Tensor, hole: Tensor) -> Tensor:
    """``picture`` with its holes filled by averages of what surrounds them, nearer pixels counting more.

    Args:
        picture: (B, C, H, W) float32; what lies in holes has no influence.
        hole: (B, 1, H, W), 1 in holes and 0 elsewhere.
    """
    known = 1 - hole
    steps = [(picture * known, known)]
    for _ in range(LEVELS):
        colour, weight = steps[-1]
        if max(colour.shape[2:]) == 1:
            break
        padding = (0, colour.shape[3] % 2, 0, colour.shape[2] % 2)
        colour, weight = (F.avg_pool2d(F.pad(x, padding, mode="replicate"), 2) for x in (colour, weight))
        # A cell that is known at all is taken as known: gaps close quickly on the way down and are painted on the way up.
        sure = weight.clamp(min=1e-6)
        steps.append((colour / sure * (weight > 0), (weight > 0).to(weight)))
    colour, weight = steps.pop()
    filled = torch.where(weight > 0, colour, torch.full_like(colour, 0.5))
    for colour, weight in reversed(steps):
        up = F.interpolate(filled, size=colour.shape[2:], mode="bilinear", align_corners=False)
        filled = colour + (1 - weight) * up
    return filled


class Inpainting(nn.Module):
    """Fills the holes of a picture.

    ::

        picture, hole ─ smooth filling ─┬─ trunk ─ + ─ in the hole ─ filled
                                        └──────────┘

    Input: ``picture`` (B, 3, H, W) in [0, 1], what lies in holes has no influence; ``hole`` (B, 1, H, W), 1 in holes. H and W are
    multiples of ``descriptor.size_multiple``. Output: as ``picture``, not clamped, the same outside the holes.
    """

    def __init__(self, config: InpaintingConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(4, 3, config.widths, config.blocks)

    @property
    def descriptor(self) -> Descriptor:
        multiple = self.trunk.multiple
        return Descriptor(
            purpose="inpaint",
            channels=3,
            size_multiple=multiple,
            halo_px=-(-(self.trunk.reach_px + 2**LEVELS) // multiple) * multiple,
            conditions=("hole",),
            kmac_per_px=self.trunk.macs_per_px / 1000,
        )

    def forward(self, picture: Tensor, hole: Tensor) -> Tensor:
        hole = hole.expand(len(picture), 1, *picture.shape[2:])
        with torch.autocast(picture.device.type, enabled=False):
            smooth = smooth_filling(picture.float(), hole.float())
        painted = smooth + self.trunk(torch.cat((smooth * 2 - 1, hole), 1)).float()
        return torch.where(hole > 0, painted, picture.float())
