"""Arithmetic with the same bits on every machine.

Whatever selects a probability table must be equal in encoder and decoder, or the rest of the bitstream decodes to garbage. The result of a
floating-point sum depends on its order, which depends on the device, the number of threads and the library. Here every number is a
multiple of a power of two held in float64, so that all products and sums are exact and no order matters (integer networks: Ballé 2019;
with wide numbers no quantisation-aware training is needed).

Layers work in two modes: as ordinary ones in training, and in fixed point after :func:`make_exact`. The functions here are the identity on
tensors that are not float64.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn

from aedesk.core.errors import ModelError

WEIGHT_BITS = 12
VALUE_BITS = 10
LARGEST = 2.0**12
"""Values are clamped to +-LARGEST."""
EXACT_BELOW = 2.0 ** (53 - WEIGHT_BITS - VALUE_BITS)
"""A sum of products is exact if the sum of their magnitudes is below this."""
_TO_BITS = 1.5 * 2.0 ** (52 - VALUE_BITS)
"""At this magnitude a float64 has VALUE_BITS fractional bits: adding and subtracting it rounds, ties to even."""

N = TypeVar("N", bound=nn.Module)


def settle_(x: Tensor) -> Tensor:
    """Rounds float64 to multiples of 2**-VALUE_BITS within +-LARGEST, in place; returns tensors of other types unchanged."""
    if x.dtype != torch.float64:
        return x
    return x.add_(_TO_BITS).sub_(_TO_BITS).clamp_(-LARGEST, LARGEST)


class FixedConv2d(nn.Conv2d):
    """A 3x3 convolution with zero padding that keeps the size."""

    def __init__(self, inputs: int, outputs: int, groups: int = 1) -> None:
        super().__init__(inputs, outputs, 3, padding=1, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float64:
            return super().forward(x)
        # Not a library's convolution, which may transform its inputs (Winograd, FFT) and round. The left and right neighbours become
        # channels; the rows above and below are reached by an offset into the flattened picture.
        assert self.bias is not None
        batch, _, height, width = x.shape
        x = x.unflatten(1, (self.groups, -1))
        near = x.new_zeros(batch, self.groups, 3, x.shape[2], height + 2, width)
        near[:, :, 0, :, 1:-1, 1:] = x[..., :-1]
        near[:, :, 1, :, 1:-1] = x
        near[:, :, 2, :, 1:-1, :-1] = x[..., 1:]
        flat = near.flatten(4).flatten(2, 3).flatten(0, 1)
        rows = self.weight.permute(2, 0, 3, 1).flatten(2).unflatten(1, (1, self.groups, -1))
        rows = rows.expand(-1, batch, -1, -1, -1).flatten(1, 2)
        total = torch.bmm(rows[0], flat[..., : height * width])
        for dy in (1, 2):
            total.baddbmm_(rows[dy], flat[..., dy * width : (dy + height) * width])
        return settle_(total.view(batch, -1, height, width).add_(self.bias[:, None, None]))


class FixedGroups(nn.Module):
    """A matrix for each of four channel groups: 1x1 convolutions of the corners of a latent (``models.codec.context``)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(4, outputs, inputs).uniform_(-bound, bound))

    def forward(self, x: Tensor, flip: int) -> Tensor:
        """(4, inputs, ...) to (4, outputs, ...), not settled: corner k is multiplied by the matrix of group k ^ flip."""
        weight = self.weight[[corner ^ flip for corner in range(4)]]
        return torch.bmm(weight, x.flatten(2)).unflatten(2, x.shape[2:])


def make_exact(network: N) -> N:
    """Returns a copy of ``network`` in float64 on the CPU, with parameters rounded to multiples of 2**-WEIGHT_BITS.

    Raises :class:`ModelError` if the weights of a layer are so large that a sum might not be exact.
    """
    exact = copy.deepcopy(network).to("cpu", torch.float64).eval()
    exact.to(memory_format=torch.channels_last)  # the layout that FixedConv2d multiplies in
    with torch.no_grad():
        for parameter in exact.parameters():
            parameter.copy_((parameter * 2.0**WEIGHT_BITS).round() * 2.0**-WEIGHT_BITS).requires_grad_(False)
        for name, layer in exact.named_modules():
            if isinstance(layer, FixedConv2d | FixedGroups):
                rows = layer.weight if isinstance(layer, FixedGroups) else layer.weight.flatten(1)
                # The input may be the sum of two settled tensors, and up to three layers are added up before they are settled.
                if not 3 * float(rows.abs().sum(-1).max()) * 2 * LARGEST < EXACT_BELOW:
                    raise ModelError(f"The weights of {name} are too large for exact arithmetic.", "Train with more weight decay.")
    return exact
