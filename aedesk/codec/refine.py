"""The slow preset: the latent of one picture is improved for that picture (Campos 2019).

The network that made the latent has learned for all pictures; a few dozen gradient steps on the very numbers that are coded find a
smaller or a closer file of the same format.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aedesk.codec.loading import LoadedCodec
from aedesk.imaging.tiling import Box
from aedesk.models.codec import lmbda_of
from aedesk.models.codec_transforms import STRIDE
from aedesk.models.layers import poll

STEPS = 60
RATE = 0.06
"""Of Adam, in steps of the quantiser."""


def refine(codec: LoadedCodec, latent: Tensor, inner: Box, target: Tensor, quality: int, tick: Callable[[float], None]) -> Tensor:
    """A better latent of one tile.

    Args:
        latent: (latent, h, w) float32, the tile and what lies around it within reach of the synthesis, which stays as it is.
        inner: the tile's box in positions of ``latent``.
        tick: called with the part of the steps that is done.
        target: (3, 16 * tile's h, 16 * tile's w) float32 in [0, 1], what the tile shall look like.

    Returns:
        (latent, tile's h, tile's w) float32.
    """
    network, level = codec.network, torch.tensor([quality], device=latent.device)
    rows, columns = slice(inner.top, inner.bottom), slice(inner.left, inner.right)
    with torch.no_grad():
        gain = network.entropy.gain(level)
    start = latent[None].clone()  # outside of inference mode, so that gradients may flow
    tile = start[:, :, rows, columns]
    change = torch.zeros_like(tile, requires_grad=True)
    optimizer = torch.optim.Adam([change], lr=RATE)
    generator_state = torch.random.get_rng_state()
    torch.manual_seed(0)  # the same picture gives the same file
    try:
        with torch.enable_grad():
            for step in range(STEPS):
                poll()
                tick(step / STEPS)
                for group in optimizer.param_groups:
                    group["lr"] = RATE * (1 - step / STEPS)
                y_hat, y_bits, z_bits = network.entropy(tile + change / gain, level)
                around = start.clone()
                around[:, :, rows, columns] = y_hat
                picture = network.synthesise(around, level)[0]
                inside = picture[:, STRIDE * inner.top : STRIDE * inner.bottom, STRIDE * inner.left : STRIDE * inner.right]
                error = (inside - target).square().mean() * 255**2
                cost = (y_bits + z_bits).sum() / (target.shape[1] * target.shape[2]) + lmbda_of(level)[0] * error
                (gradient,) = torch.autograd.grad(cost, [change])
                change.grad = gradient
                optimizer.step()
    finally:
        torch.random.set_rng_state(generator_state)
    result: Tensor = (tile + change / gain).detach()[0]
    return result
