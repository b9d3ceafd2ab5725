"""The four coding steps of the latent: the order of its symbols, and the prediction of each step from those before.

In each step a quarter of the channels (a group) is coded at every position, a different group at each corner of a 2x2 square of positions.
In a group's second step its diagonal neighbours are known, in the third those left and right as well, in the fourth all eight (four-step
context: Li 2023). Tensors of one step have the shape (4, channels / 4, B, h / 2, w / 2): corner by corner (upper left, upper right, lower
left, lower right), each with the channels of its group, so that nothing is computed for symbols of other steps.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.codec.fixed_point import FixedConv2d, FixedGroups, settle_

STEPS = 4
HYPER_STRIDE = 4
FLIPS = (0, 3, 1, 2)
"""In step s, corner k codes the channels c with c % 4 == k ^ FLIPS[s]."""
MIX_GROUPS = 4
"""Groups of the 3x3 convolution of a step, which without groups would take half of the coding time."""


class ContextStep(nn.Module):
    """Predicts mean and scale index of the symbols of one step from the features of the side information and the steps before.

    ::

        features ─────── + ─ relu ─ conv 3x3 ─ relu ─ 1x1 ─ + ─ mean, scale index
        decoded ─┬─ 1x1 ─┘                                  │
                 └─────────── depthwise, neighbours ────────┘

    The ``context`` channels carry information between latent channels; the depthwise kernel carries that within a channel.
    """

    # The names of layers are part of the file format (SPEC.md, section 4.3).

    def __init__(self, step: int, latent: int, context: int) -> None:
        super().__init__()
        self.step = step
        count = 2 * latent // STEPS
        self.enter = nn.ModuleList(FixedGroups(count, context) for _ in range(step))
        self.mix = FixedConv2d(context, context, MIX_GROUPS)
        self.leave = FixedGroups(context, count)
        self.around = nn.ParameterList(torch.zeros(len(neighbour_offsets(step, earlier)), STEPS, count) for earlier in range(step))
        with torch.no_grad():
            self.leave.weight.zero_()

    def forward(self, features: Tensor, decoded: list[Tensor], padded: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Returns the mean, relative to the channel's unit, and the scale index before its gain and offset.

        Args:
            features: (B, context, h, w).
            decoded: (4, latent / 2, B, h / 2, w / 2) of every earlier step.
            padded: the same after :func:`pad_frame`.

        Returns:
            two tensors (4, latent / 4, B, h / 2, w / 2).
        """
        if decoded:
            entering = [enter(x, flip) for enter, x, flip in zip(self.enter, decoded, FLIPS, strict=False)]
            features = features + settle_(join_corners(functools.reduce(torch.add, entering)))
        x = F.relu(self.mix(F.relu(features)), inplace=True)
        with torch.autocast(x.device.type, enabled=False):  # a quantiser step is a thousandth of a large mean
            flip = FLIPS[self.step]
            total = self.leave(corners(x.to(features.dtype)), flip)
            sums, training = list(total.unbind()), torch.is_grad_enabled()
            add = torch.addcmul if training else torch.Tensor.addcmul_
            for earlier, (kernel, frame) in enumerate(zip(self.around, padded, strict=True)):
                for weight, (dy, dx) in zip(kernel, neighbour_offsets(self.step, earlier), strict=True):
                    for corner, group in enumerate(groups_of(flip)):
                        values = neighbour(frame, corner, dy, dx)
                        sums[corner] = add(sums[corner], values, weight[group, :, None, None, None])
            mean, scale_index = settle_(torch.stack(sums) if training else total).chunk(2, 1)
        return mean, scale_index


def pad_to_grid(latent: Tensor) -> Tensor:
    """Pads (B, C, h, w) with zeros below and to the right, to multiples of 4."""
    height, width = (-edge % HYPER_STRIDE for edge in latent.shape[2:])
    return F.pad(latent, (0, width, 0, height))


def corners(x: Tensor) -> Tensor:
    """(B, C, h, w) to (4, C, B, h / 2, w / 2)."""
    return x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).permute(3, 5, 1, 0, 2, 4).flatten(0, 1)


def join_corners(x: Tensor) -> Tensor:
    """The inverse of :func:`corners`."""
    return x.unflatten(0, (2, 2)).permute(3, 2, 4, 0, 5, 1).flatten(4, 5).flatten(2, 3)


def split_steps(latent: Tensor) -> list[Tensor]:
    """(B, C, h, w) to the parts of the four steps, each (4, C / 4, B, h / 2, w / 2)."""
    groups = corners(latent).unflatten(1, (-1, STEPS))
    return [torch.stack([groups[corner, :, corner ^ flip] for corner in range(4)]) for flip in FLIPS]


def join_steps(steps: Sequence[Tensor]) -> Tensor:
    """The inverse of :func:`split_steps`."""
    groups = [torch.stack([steps[FLIPS.index(corner ^ group)][corner] for group in range(STEPS)], 1) for corner in range(4)]
    return join_corners(torch.stack(groups).flatten(1, 2))


def by_group(table: Tensor) -> Tensor:
    """(B, C, 1, 1) to (4 groups, C / 4, B, 1, 1)."""
    return table.unflatten(1, (-1, STEPS)).permute(2, 1, 0, 3, 4)


def pad_frame(values: Tensor) -> Tensor:
    """Pads the last two axes with one zero on each side, for :func:`neighbour`."""
    return F.pad(values, (1, 1, 1, 1))


def neighbour(frame: Tensor, corner: int, dy: int, dx: int) -> Tensor:
    """Returns a view of the values ``dy`` rows below and ``dx`` columns right of each ``corner``.

    ``frame`` is (4, C, B, h / 2 + 2, w / 2 + 2), from :func:`pad_frame`; the result is (C, B, h / 2, w / 2).
    """
    height, width = (edge - 2 for edge in frame.shape[3:])
    row, column = corner // 2 + dy, corner % 2 + dx
    top, left = 1 + row // 2, 1 + column // 2
    return frame[2 * (row % 2) + column % 2, :, :, top : top + height, left : left + width]


def neighbour_offsets(step: int, earlier: int) -> tuple[tuple[int, int], ...]:
    """Returns (rows down, columns right) of the neighbours whose channels of the same group were coded in the step ``earlier``."""
    flip = FLIPS[step] ^ FLIPS[earlier]
    return tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if 2 * abs(dy) + abs(dx) == flip)


def groups_of(flip: int) -> list[int]:
    """Returns the group of each corner."""
    return [corner ^ flip for corner in range(4)]
