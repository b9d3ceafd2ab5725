"""The network that takes see-through marks off a picture: it finds them, un-blends them by the formula and repairs what is left.

A mark is blended over a picture I as J = alpha W + (1 - alpha) I. A first U-Net says where marks are, how opaque (alpha) and of what
colour (alpha W); the picture under them is then (J - alpha W) / (1 - alpha), which keeps every detail that shows through; a second,
smaller one mends what errors of the first, rounding and JPEG have left behind. WDNet (Liu 2021) un-blends likewise, SLBR (Liang 2021)
repairs likewise. Outside of what is found nothing need ever be changed, and what uses this network sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import UnblendingConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.trunk import Trunk

LEAST_LIGHT = 0.12
"""Smallest share of the picture that the un-blending divides by: below, rounding errors would be all that is seen."""


@dataclass(frozen=True)
class Found:
    """What the first part says, float32.

    Args:
        logit: (B, 1, H, W), log-odds that a pixel belongs to a mark.
        alpha: (B, 1, H, W) in [0, 1].
        light: (B, 3, H, W), alpha W: the light that the mark adds.
    """

    logit: Tensor
    alpha: Tensor
    light: Tensor


def unblend(marked: Tensor, alpha: Tensor, light: Tensor) -> Tensor:
    """The picture under a mark: (J - alpha W) / (1 - alpha), the divisor no less than ``LEAST_LIGHT``. Float32, not clamped.

    Args:
        marked: (B, 3, H, W), J.
        alpha: (B, 1, H, W).
        light: (B, 3, H, W), alpha W.
    """
    return (marked - light) / (1 - alpha).clamp(min=LEAST_LIGHT)


class Unblending(nn.Module):
    """Finds marks and takes them off.

    ::

        marked ─┬─ finder ─ logit, alpha, alpha W ─ un-blend ─ I0 ─┬──────────────── + ─ restored
        hint  ──┤   marked ────────────────────────────────────────┴─ mender ─ mend ─┘
        ink   ──┘

    Input: ``marked`` (B, 3, H, W) in [0, 1]; ``hint`` (B, 1, H, W): 1 where somebody says that marks are, -1 where they say that none
    is, 0 where nobody has said anything; optionally ``ink`` (B, 4, 1, 1): alpha W and alpha of a mark that may be somewhere. Of what is
    known to be of one colour and one opacity the finder need only say where it is: it sees what taking it off would do, and a mark's
    edges vanish where that is right. H and W are multiples of ``descriptor.size_multiple``.
    """

    def __init__(self, config: UnblendingConfig) -> None:
        super().__init__()
        self.config = config
        self.finder = Trunk(8, 5, config.widths, config.blocks, normed=True)
        self.mender = Trunk(8, 3, config.mend_widths, config.mend_blocks)

    @property
    def descriptor(self) -> Descriptor:
        multiple = max(self.finder.multiple, self.mender.multiple)
        reach = self.finder.reach_px + self.mender.reach_px
        return Descriptor(
            purpose="erase",
            channels=3,
            size_multiple=multiple,
            halo_px=-(-reach // multiple) * multiple,
            conditions=("hint",),
            kmac_per_px=(self.finder.macs_per_px + self.mender.macs_per_px) / 1000,
        )

    def find(self, marked: Tensor, hint: Tensor, ink: Tensor | None = None) -> Found:
        """Where marks are, how opaque and of what colour; ``ink`` is all zeros, or None, if nothing is known of them."""
        batch, _, *size = marked.shape
        light, alpha = marked.new_zeros(batch, 4, 1, 1).split((3, 1), 1) if ink is None else ink.split((3, 1), 1)
        gain = (unblend(marked, alpha, light) - marked).clamp(-1, 1)
        known = (marked * 2 - 1, hint.expand(batch, 1, *size), gain, alpha.expand(batch, 1, *size))
        raw = self.finder(torch.cat(known, 1)).float()
        # Offsets for a good start: most pixels bear no mark, and most marks are light.
        alpha = torch.sigmoid(raw[:, 1:2] - 2)
        return Found(raw[:, :1] - 2, alpha, alpha * torch.sigmoid(raw[:, 2:] + 1))

    def find_at_two_scales(self, marked: Tensor, hint: Tensor, ink: Tensor | None = None) -> Found:
        """As ``find``, at full and at half size, and of each pixel what that one says which is surer of a mark: of large marks the finder
        does not see enough at full size. H and W are multiples of twice the usual.
        """
        near = self.find(marked, hint, ink)
        far = self.find(F.avg_pool2d(marked, 2), F.max_pool2d(hint.expand(len(marked), 1, *marked.shape[2:]), 2), ink)
        planes = torch.cat((far.logit, far.alpha, far.light), 1)
        logit, alpha, light = F.interpolate(planes, scale_factor=2, mode="bilinear").split((1, 1, 3), 1)
        surer = logit > near.logit
        return Found(torch.maximum(logit, near.logit), torch.where(surer, alpha, near.alpha), torch.where(surer, light, near.light))

    def mend(self, marked: Tensor, found: Found) -> Tensor:
        """The picture without its marks, (B, 3, H, W) float32, not clamped; of use only where a mark was found."""
        with torch.autocast(marked.device.type, enabled=False):
            bare = unblend(marked.float(), found.alpha, found.light).clamp(-0.2, 1.2)
            seen = torch.cat((marked * 2 - 1, bare * 2 - 1, found.alpha, torch.sigmoid(found.logit)), 1)
        return bare + self.mender(seen).float()

    def forward(self, marked: Tensor, hint: Tensor) -> Tensor:
        """(B, 3, H, W): what is probably a mark replaced, the rest as it was."""
        found = self.find(marked, hint)
        mask = F.max_pool2d((found.logit > 0).float(), 3, stride=1, padding=1)
        return torch.where(mask > 0, self.mend(marked, found), marked.float())
