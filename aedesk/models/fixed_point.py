"""Arithmetic that gives the same bits on every machine.

Whatever selects a probability table must come out the same in the encoder and in the decoder, or the rest of the bitstream is
garbage. Floating-point sums depend on their order, which depends on the device, the number of threads and the library. Here every
number is a multiple of a power of two and held in float64, so that every product and every sum is exact and no order matters
(integer networks: Ballé 2019, with wide numbers, so that no training for quantisation is needed).

Layers work twice: as ordinary ones while training, and after :func:`make_exact` in fixed point. Functions here are the identity
on tensors that are not float64.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.core.errors import ModelError

WEIGHT_BITS = 12
VALUE_BITS = 10
LARGEST = 2.0**12
"""Values are kept within +-LARGEST."""
EXACT_BELOW = 2.0 ** (53 - WEIGHT_BITS - VALUE_BITS)
"""A sum of products whose absolute values stay below this is exact."""

N = TypeVar("N", bound=nn.Module)


def settle(x: Tensor) -> Tensor:
    """Round to a multiple of 2**-VALUE_BITS within +-LARGEST, in float64; in other types return ``x`` as it is."""
    if x.dtype != torch.float64:
        return x
    return (x * 2.0**VALUE_BITS).round_().mul_(2.0**-VALUE_BITS).clamp_(-LARGEST, LARGEST)


class FixedConv2d(nn.Conv2d):
    """A convolution with zero padding that keeps the size: kernel 1 or 3, dense or depthwise."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.float64:
            return super().forward(x)
        # Not a library's convolution, which may transform its inputs (Winograd, Fourier) and then round.
        assert self.bias is not None
        if self.groups > 1:
            height, width = x.shape[2:]
            wide = F.pad(x, (1, 1, 1, 1))
            total = self.bias[:, None, None].expand(x.shape).clone()
            for dy in range(3):
                for dx in range(3):
                    total.addcmul_(wide[:, :, dy : dy + height, dx : dx + width], self.weight[:, 0, dy, dx, None, None])
            return settle(total)
        columns = x.flatten(2) if self.kernel_size[0] == 1 else F.unfold(x, 3, padding=1)
        return settle((self.weight.flatten(1) @ columns + self.bias[:, None]).unflatten(2, x.shape[2:]))


def make_exact(network: N) -> N:
    """A copy of ``network`` in float64 on the CPU whose parameters are multiples of 2**-WEIGHT_BITS.

    Raises :class:`ModelError` if a sum in a layer could be too long to be exact.
    """
    exact = copy.deepcopy(network).to("cpu", torch.float64).eval()
    with torch.no_grad():
        for parameter in exact.parameters():
            parameter.copy_((parameter * 2.0**WEIGHT_BITS).round() * 2.0**-WEIGHT_BITS).requires_grad_(False)
        for name, layer in exact.named_modules():
            if isinstance(layer, FixedConv2d):
                assert layer.bias is not None
                most = float((layer.weight.abs().sum((1, 2, 3)) * 2 * LARGEST + layer.bias.abs()).max())  # a layer may be fed a sum of two
                if not most < EXACT_BELOW:
                    raise ModelError(f"The weights of {name} are too large for exact arithmetic.", "Train with more weight decay.")
    return exact
