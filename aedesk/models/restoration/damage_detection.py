"""The network that finds damage on scans of old prints: it classifies every pixel as sound or as one of three kinds of damage.

Whether a thin line is a crack or a whisker depends on its surroundings, and damage is from one to a hundred pixels wide. The network
therefore runs at several scales, coarsest first, and each scale gets the result of the previous one as an input. The scales share their
weights, because a wide crack looks like a thin one in a reduced picture (Wan 2020 detects scratches with a U-Net at a single scale).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.core.damage_specs import DAMAGE_KINDS
from aedesk.core.errors import ModelError
from aedesk.models.descriptor import Descriptor
from aedesk.models.restoration.damage_architecture import DamageDetectionConfig
from aedesk.models.restoration.trunk import UNSHUFFLE, Trunk

KINDS = len(DAMAGE_KINDS)


class DamageDetection(nn.Module):
    """Probabilities of the kinds of damage in ``DAMAGE_KINDS``.

    ::

        half size:  picture ─┬─ trunk ─ logits ─ softmax ─┐
                     nothing ┘                            │ enlarged
        full size:  picture ─┬─ trunk ─ logits ─ softmax ─ probabilities
                             └────────────────────────────┘

    Always the same trunk, whose last class is a sound pixel. Input: (B, 3, H, W) in [0, 1], H and W multiples of
    ``descriptor.size_multiple``. Output: (B, 3, H, W) in [0, 1]; the rest up to 1 is the probability of a sound pixel.
    """

    def __init__(self, config: DamageDetectionConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(3 + KINDS, KINDS + 1, config.widths, config.blocks, batchnorm=True)

    @property
    def descriptor(self) -> Descriptor:
        multiple = self.trunk.size_multiple * 2 ** (self.config.scales - 1)
        reach = self.trunk.receptive_radius_px * (2**self.config.scales - 1)
        return Descriptor(
            purpose="find-damage",
            channels=3,
            size_multiple=multiple,
            halo_px=-(-reach // multiple) * multiple,
            kmac_per_px=self.trunk.macs_per_px / 1000 * sum(4.0**-scale for scale in range(self.config.scales)),
        )

    def forward(self, picture: Tensor) -> Tensor:
        *_, logits = self.logits_at_scales(picture)
        return probabilities(logits)

    def logits(self, picture: Tensor, prior: Tensor | None = None) -> Tensor:
        """(B, 4, H, W) float32 at one scale.

        Args:
            picture: H and W multiples of the trunk's.
            prior: (B, 3, H, W), the probabilities found at the next coarser scale, enlarged; None if there is none.
        """
        if prior is None:
            prior = picture.new_zeros((len(picture), KINDS, *picture.shape[2:]))
        raw: Tensor = self.trunk(torch.cat((picture * 2 - 1, prior.to(picture)), 1)).float()
        return raw + raw.new_tensor([0.0] * KINDS + [3.0]).view(1, -1, 1, 1)  # most pixels are sound

    def logits_at_scales(self, picture: Tensor) -> Iterator[Tensor]:
        """Yields the logits at each scale, coarsest first. No gradient flows between scales: each is trained on its own mask."""
        pyramid = [picture]
        for _ in range(self.config.scales - 1):
            pyramid.append(F.avg_pool2d(pyramid[-1], 2))
        prior = None
        while pyramid:
            logits = self.logits(pyramid.pop(), prior)
            yield logits
            prior = enlarged(probabilities(logits).detach())

    def start_as(self, other: nn.Module) -> None:
        """Copies the weights of a trunk of the same widths and blocks, except those of its output layer and of inputs beside the picture.

        Raises :class:`ModelError` if there is no such trunk in it.
        """
        mine = self.trunk
        trunks = [module for module in other.modules() if isinstance(module, Trunk)]
        theirs = next((trunk for trunk in trunks if (trunk.widths, trunk.blocks) == (mine.widths, mine.blocks)), None)
        if theirs is None or theirs.state_dict().keys() != mine.state_dict().keys():
            hint = "Give [model] the widths and blocks of that network, or start from another."
            raise ModelError(f"That network has no part of widths {list(mine.widths)} and blocks {list(mine.blocks)}.", hint)
        kept = {name: weights for name, weights in theirs.state_dict().items() if not name.startswith(("head.weight", "tail."))}
        mine.load_state_dict(kept, strict=False)
        seen = 3 * UNSHUFFLE**2
        with torch.no_grad():
            mine.head.weight.zero_()  # the coarser scale's result has no influence yet
            mine.head.weight[:, :seen] = theirs.head.weight[:, :seen]


def probabilities(logits: Tensor) -> Tensor:
    """(B, 4, H, W) logits to the probabilities of the kinds of damage."""
    return logits.softmax(1)[:, :KINDS]


def enlarged(found: Tensor) -> Tensor:
    """Probabilities of one scale for the next finer one, of twice the height and width."""
    return F.interpolate(found, scale_factor=2, mode="bilinear")
