"""Layers that the families share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn

BAND_MACS = 1.5e9  # some 30 ms of one convolution on two cores in float32

_poll: ContextVar[Callable[[], None] | None] = ContextVar("poll", default=None)


@contextmanager
def interruptible(poll: Callable[[], None]) -> Iterator[None]:
    """Inside, a forward pass calls ``poll`` every few tens of milliseconds; what it raises ends the pass.

    A large tile takes seconds on a laptop. Smaller tiles would answer sooner, but pay for their halos.
    """
    token = _poll.set(poll)
    try:
        yield
    finally:
        _poll.reset(token)


def poll() -> None:
    """Inside :func:`interruptible`, ask whether the pass should end: for what computes long outside of :class:`Conv3x3`."""
    ask = _poll.get()
    if ask is not None:
        ask()


class Conv3x3(nn.Conv2d):
    """A 3x3 convolution with zero padding, computed in bands of rows inside :func:`interruptible`."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool = False) -> None:
        super().__init__(inputs, outputs, 3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if _poll.get() is None or torch.is_grad_enabled():
            return super().forward(x)
        poll()
        height = x.shape[2]
        row_macs = x.shape[0] * x.shape[3] * self.weight.numel()
        rows = max(8, int(BAND_MACS / row_macs))
        if x.device.type != "cpu" or rows >= height:
            return super().forward(x)
        result: Tensor | None = None
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            first, last = max(top - 1, 0), min(bottom + 1, height)
            band = super().forward(x[:, :, first:last])[:, :, top - first : bottom - first]
            if result is None:
                shape = (x.shape[0], band.shape[1], height, x.shape[3])
                result = torch.empty(shape, dtype=band.dtype, device=band.device, memory_format=torch.channels_last)
            result[:, :, top:bottom] = band
            poll()
        assert result is not None  # a height of at least one band
        return result
