"""A network that fills holes in a picture from their surroundings.

A push-pull pyramid (Gortler 1996) first fills a hole smoothly, coarse scales first. At the finest scales a U-Net then adds what a smooth
fill lacks (continued edges, texture, lines), and the next scale starts from its result. A hole that is wide at full resolution is narrow
at a quarter of it, so a small network reaches across large holes; LaMa (Suvorov 2021) uses Fourier convolutions for that, which are slow
on CPUs. At full resolution the network runs several times on its own output, each time correcting it (recycling, Jumper 2021).
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
from aedesk.models.restoration.trunk import UNSHUFFLE, Trunk
from aedesk.models.restoration.unet import UNet

PYRAMID_LEVELS = 8
HOLE_DECAY = 0.5
"""Factor of the hole input from one round to the next: it tells the network how good the current fill is."""
DENOISER_SIGMA = 50 / 255
"""Noise level, as a fraction of full scale, that a denoiser used as the starting point sees in a hole."""


def push_pull_fill(picture: Tensor, hole: Tensor) -> Tensor:
    """Returns ``picture`` with its holes filled by averages of their surroundings, nearer pixels counting more.

    Args:
        picture: (B, C, H, W) float32; values in holes have no influence.
        hole: (B, 1, H, W), 1 in holes and 0 elsewhere.
    """
    pyramid = _pull(picture, hole)
    filled = None
    while pyramid:
        filled = _push(*pyramid.pop(), filled)
    assert filled is not None
    return filled


def _pull(picture: Tensor, hole: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Known colours (0 where unknown) and where they are known (0 or 1) at every scale, finest first."""
    known = 1 - hole
    pyramid = [(picture * known, known)]
    for _ in range(PYRAMID_LEVELS):
        colour, weight = pyramid[-1]
        if max(colour.shape[2:]) == 1:
            break
        padding = (0, colour.shape[3] % 2, 0, colour.shape[2] % 2)
        colour, weight = (F.avg_pool2d(F.pad(x, padding, mode="replicate"), 2) for x in (colour, weight))
        # A cell with any known pixel counts as known, so that gaps close quickly on the way down.
        divisor = weight.clamp(min=1e-6)
        pyramid.append((colour / divisor * (weight > 0), (weight > 0).to(weight)))
    return pyramid


def _push(colour: Tensor, known: Tensor, coarser: Tensor | None) -> Tensor:
    """The filled picture of one scale, from that of the next coarser scale."""
    if coarser is None:
        return torch.where(known > 0, colour, torch.full_like(colour, 0.5))
    up = F.interpolate(coarser, size=colour.shape[2:], mode="bilinear", align_corners=False)
    return colour + (1 - known) * up


class Inpainting(nn.Module):
    """Fills the holes of a picture.

    ::

        1/4 resolution:   known pixels ── push-pull ──┬─ trunk ─ + ─┐
                                                      └──────────┘  │
        1/2 resolution:   known pixels ──────── upsampled fill ─┬─ trunk ─ + ─┐
                                                                └──────────┘  │
        full resolution:  known pixels ─────────────── upsampled fill ─┬─ trunk ─ + ─┬─ trunk ─ + ─ ... ─ filled
                                                                       └──────────┘  └──────────┘

    All scales share one trunk. ``config.scales`` is the number of scales at which it runs, ``config.rounds`` the number of rounds at full
    resolution.

    Input: ``picture`` (B, 3, H, W) in [0, 1], whose values in holes have no influence; ``hole`` (B, 1, H, W), 1 in holes; ``rounds`` as
    for :meth:`fill_scales`. H and W are multiples of ``descriptor.size_multiple``. Output: as ``picture``, not clamped, unchanged outside
    of the holes.
    """

    def __init__(self, config: InpaintingConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(4, 3, config.widths, config.blocks)

    @property
    def descriptor(self) -> Descriptor:
        scales, rounds = self.config.scales, self.config.rounds
        multiple = self.trunk.size_multiple * 2 ** (scales - 1)
        receptive_px = self.trunk.receptive_radius_px * (2**scales - 2 + rounds) + 2**PYRAMID_LEVELS
        return Descriptor(
            purpose="inpaint",
            channels=3,
            size_multiple=multiple,
            halo_px=-(-receptive_px // multiple) * multiple,
            conditions=("hole",),
            kmac_per_px=self.trunk.macs_per_px / 1000 * (rounds + sum(4.0**-scale for scale in range(1, scales))),
        )

    def forward(self, picture: Tensor, hole: Tensor, rounds: Tensor | None = None) -> Tensor:
        *_, (filled, _) = self.fill_scales(picture, hole, rounds)
        return torch.where(hole > 0, filled, picture.float())

    def fill_scales(self, picture: Tensor, hole: Tensor, rounds: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields the filled picture (float32) and its holes at each scale at which the trunk runs, coarsest first.

        Gradients do not flow from one pass to the next; each pass is trained on its own target.

        Args:
            rounds: (B,) number of passes over each picture at full resolution, at least 1; None for ``config.rounds``.
        """
        hole = hole.expand(len(picture), 1, *picture.shape[2:]).float()
        with torch.autocast(picture.device.type, enabled=False):
            pyramid = _pull(picture.float(), hole)
        filled = None
        while pyramid:
            colour, known = pyramid.pop()
            with torch.autocast(picture.device.type, enabled=False):
                filled = _push(colour, known, filled)
            if len(pyramid) >= self.config.scales:
                continue
            filled = self._full_resolution(filled, 1 - known, rounds) if not pyramid else self._pass(filled, 1 - known)
            yield filled, 1 - known
            filled = filled.detach()

    def init_from_denoiser(self, denoiser: UNet) -> None:
        """Copies the weights of a denoiser that then treats holes as noise; its convolutions already model pictures.

        Raises :class:`ModelError` if its unshuffling, or the number or widths of its scales, differ from this network's.
        """
        trunk, other = self.trunk, denoiser.config
        if other.unshuffle != UNSHUFFLE:
            raise ModelError(
                f"A denoiser with unshuffle = {other.unshuffle} cannot initialise this network.", f"Start from one with {UNSHUFFLE}."
            )
        if tuple(trunk.widths) != tuple(other.widths) or other.channels != trunk.outputs:
            hint = f"Set [model] widths = {list(other.widths)}, or start from another denoiser."
            raise ModelError(f"A denoiser of widths {list(other.widths)} cannot initialise a network of {list(trunk.widths)}.", hint)
        weights = {re.sub("^middle", f"encoder.{len(trunk.widths) - 1}", name): each for name, each in denoiser.state_dict().items()}
        colours, level = weights["head.weight"].split((trunk.outputs * UNSHUFFLE**2, UNSHUFFLE**2), 1)
        # The trunk takes colours in [-1, 1], the denoiser in [0, 1].
        weights["head.weight"] = torch.cat((colours / 2, level * DENOISER_SIGMA), 1)
        weights["head.bias"] = colours.sum((1, 2, 3)) / 2
        # A denoiser has no other biases; blocks that it lacks keep their initial weights.
        rest = {name: torch.zeros_like(each) if each.ndim == 1 else each for name, each in trunk.state_dict().items()}
        trunk.load_state_dict({name: weights.get(name, each) for name, each in rest.items()})

    def _full_resolution(self, filled: Tensor, hole: Tensor, rounds: Tensor | None) -> Tensor:
        """All rounds at full resolution; only the last round of each picture has a gradient."""
        if rounds is None:
            for number in range(self.config.rounds):
                filled = self._pass(filled.detach(), hole, HOLE_DECAY**number)
            return filled
        with torch.no_grad():
            for number in range(self.config.rounds - 1):
                more = rounds > number + 1
                if bool(more.any()):
                    filled = filled.clone()
                    filled[more] = self._pass(filled[more], hole[more], HOLE_DECAY**number)
        return self._pass(filled, hole, (HOLE_DECAY ** (rounds - 1)).view(-1, 1, 1, 1))

    def _pass(self, filled: Tensor, hole: Tensor, decay: Tensor | float = 1.0) -> Tensor:
        """One pass of the trunk: the fill plus a correction inside of the hole."""
        return filled + hole * self.trunk(torch.cat((filled * 2 - 1, hole * decay), 1)).float()
