"""The network that fills holes: what is hidden altogether is told from what lies around it.

A pyramid fills a hole smoothly from its surroundings, coarse scales first ("pull-push", Gortler 1996). At its finest scales a U-Net has
its turn: it adds what a smooth filling lacks, edges that go on, texture, lines, and the next scale begins with that. What is wide at full
size is narrow at a quarter of it, so that a small network reaches across large holes (LaMa, Suvorov 2021, does it by Fourier convolutions,
which are slow on CPUs). At full size it goes over its own filling some times more: a second look corrects the first (recycling, Jumper
2021).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.architectures import InpaintingConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.trunk import FOLD, Trunk
from aedesk.models.unet import UNet

LEVELS = 8
SETTLED = 0.5
"""What a hole counts in each round of what it counted in the one before: tells the network how good a filling it was given."""
DENOISER_LEVEL = 50 / 255
"""The noise level that a denoiser, as which the network starts, sees in a hole."""


def smooth_filling(picture: Tensor, hole: Tensor) -> Tensor:
    """``picture`` with its holes filled by averages of what surrounds them, nearer pixels counting more.

    Args:
        picture: (B, C, H, W) float32; what lies in holes has no influence.
        hole: (B, 1, H, W), 1 in holes and 0 elsewhere.
    """
    steps = _pull(picture, hole)
    filled = None
    while steps:
        filled = _push(*steps.pop(), filled)
    assert filled is not None
    return filled


def _pull(picture: Tensor, hole: Tensor) -> list[tuple[Tensor, Tensor]]:
    """What is known at every scale, finest first: colours (0 where nothing is known) and where they are known, 0 or 1."""
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
    return steps


def _push(colour: Tensor, known: Tensor, coarser: Tensor | None) -> Tensor:
    """The picture of one scale, filled from that of the next coarser."""
    if coarser is None:
        return torch.where(known > 0, colour, torch.full_like(colour, 0.5))
    up = F.interpolate(coarser, size=colour.shape[2:], mode="bilinear", align_corners=False)
    return colour + (1 - known) * up


class Inpainting(nn.Module):
    """Fills the holes of a picture.

    ::

        quarter size:  what is known ─ smooth filling ─┬─ trunk ─ + ─┐
                                                       └──────────┘  │
        half size:     what is known ────────── filled from that ─┬─ trunk ─ + ─┐
                                                                  └──────────┘  │
        full size:     what is known ───────────────────── filled from that ─┬─ trunk ─ + ─┬─ trunk ─ + ─ ... ─ filled
                                                                             └──────────┘  └──────────┘

    Always the same trunk; ``config`` says at how many scales and how often at the last. Input: ``picture`` (B, 3, H, W) in [0, 1], what
    lies in holes has no influence; ``hole`` (B, 1, H, W), 1 in holes; ``rounds`` as :meth:`fill_at_scales` takes it. H and W are
    multiples of ``descriptor.size_multiple``. Output: as ``picture``, not clamped, the same outside the holes.
    """

    def __init__(self, config: InpaintingConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(4, 3, config.widths, config.blocks)

    @property
    def descriptor(self) -> Descriptor:
        scales, rounds = self.config.scales, self.config.rounds
        multiple = self.trunk.multiple * 2 ** (scales - 1)
        reach = self.trunk.reach_px * (2**scales - 2 + rounds) + 2**LEVELS
        return Descriptor(
            purpose="inpaint",
            channels=3,
            size_multiple=multiple,
            halo_px=-(-reach // multiple) * multiple,
            conditions=("hole",),
            kmac_per_px=self.trunk.macs_per_px / 1000 * (rounds + sum(4.0**-scale for scale in range(1, scales))),
        )

    def forward(self, picture: Tensor, hole: Tensor, rounds: Tensor | None = None) -> Tensor:
        *_, (filled, _) = self.fill_at_scales(picture, hole, rounds)
        return torch.where(hole > 0, filled, picture.float())

    def fill_at_scales(self, picture: Tensor, hole: Tensor, rounds: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the filled picture, float32, and its holes at each scale that the network has a turn at, coarsest first.

        No gradient goes from one turn to the next: each learns from its own goal.

        Args:
            rounds: (B,) how often to go over each picture at full size, 1 or more; None as often as ``config`` says.
        """
        hole = hole.expand(len(picture), 1, *picture.shape[2:]).float()
        with torch.autocast(picture.device.type, enabled=False):
            steps = _pull(picture.float(), hole)
        filled = None
        while steps:
            colour, known = steps.pop()
            with torch.autocast(picture.device.type, enabled=False):
                filled = _push(colour, known, filled)
            if len(steps) >= self.config.scales:
                continue
            filled = self._go_over(filled, 1 - known, rounds) if not steps else self._turn(filled, 1 - known)
            yield filled, 1 - known
            filled = filled.detach()

    def start_as(self, denoiser: UNet) -> None:
        """Begin as a denoiser that takes holes for noise: its convolutions know pictures already.

        Raises :class:`ModelError` if its levels are not as wide as this network's, or not as many.
        """
        trunk, other = self.trunk, denoiser.config
        if tuple(trunk.widths) != tuple(other.widths) or other.unshuffle != FOLD or other.channels != trunk.outputs:
            hint = f"Give [model] widths = {list(other.widths)}, or start from another."
            raise ModelError(f"A denoiser of widths {list(other.widths)} cannot become a network of {list(trunk.widths)}.", hint)
        weights = {re.sub("^middle", f"encoder.{len(trunk.widths) - 1}", name): each for name, each in denoiser.state_dict().items()}
        colours, level = weights["head.weight"].split((trunk.outputs * FOLD**2, FOLD**2), 1)
        # The trunk sees colours from -1 to 1, the denoiser from 0 to 1.
        weights["head.weight"] = torch.cat((colours / 2, level * DENOISER_LEVEL), 1)
        weights["head.bias"] = colours.sum((1, 2, 3)) / 2
        # A denoiser has no other biases; blocks that it lacks stay as they are.
        rest = {name: torch.zeros_like(each) if each.ndim == 1 else each for name, each in trunk.state_dict().items()}
        trunk.load_state_dict({name: weights.get(name, each) for name, each in rest.items()})

    def _go_over(self, filled: Tensor, hole: Tensor, rounds: Tensor | None) -> Tensor:
        """All turns at full size; a gradient comes from the last of each picture alone."""
        if rounds is None:
            for number in range(self.config.rounds):
                filled = self._turn(filled.detach(), hole, SETTLED**number)
            return filled
        with torch.no_grad():
            for number in range(self.config.rounds - 1):
                more = rounds > number + 1
                if bool(more.any()):
                    filled = filled.clone()
                    filled[more] = self._turn(filled[more], hole[more], SETTLED**number)
        return self._turn(filled, hole, (SETTLED ** (rounds - 1)).view(-1, 1, 1, 1))

    def _turn(self, filled: Tensor, hole: Tensor, settled: Tensor | float = 1.0) -> Tensor:
        """What the network makes of a filling."""
        return filled + hole * self.trunk(torch.cat((filled * 2 - 1, hole * settled), 1)).float()
