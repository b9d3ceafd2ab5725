"""The slow preset: optimises the latent of one picture by analysis through synthesis.

The analysis is linear, the synthesis is not: its output from the quantised latent is closer to the picture than the latent's own error
suggests. A few damped Newton steps on the error of the decoded picture, each followed by quantisation, find a better latent. Optimising
latents per picture follows Campos 2019. Rejected: gradient descent on rate and error through the quantiser, which does not converge.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aedesk.imaging.tiling import Box
from aedesk.models.codec.network import Codec
from aedesk.models.codec.transforms import STRIDE
from aedesk.models.layers import poll

STEPS = 8
DAMPING = 0.6
"""Fraction of each Newton step that is taken, against oscillation."""


def refine(network: Codec, latent: Tensor, inner: Box, target: Tensor, quality: int, on_progress: Callable[[float], None]) -> Tensor:
    """Returns a better latent of one tile, (latent, tile's h, tile's w) float32.

    Args:
        latent: (latent, h, w) float32: the tile and its surroundings within the halo of the synthesis, which stay fixed.
        inner: the tile in positions of ``latent``.
        target: (3, 16 * tile's h, 16 * tile's w) float32 in [0, 1], the original pixels of the tile.
        on_progress: called with the fraction of the steps done.
    """
    qualities = torch.tensor([quality], device=latent.device)
    rows, columns = inner.slices
    surroundings = latent[None].clone()  # a normal tensor, where ``latent`` may come from inference mode
    tile = surroundings[:, :, rows, columns].clone()
    for step in range(STEPS):
        poll()
        on_progress(step / STEPS)
        with torch.no_grad():
            y_hat = network.entropy(tile, qualities)[0]
        with torch.enable_grad():
            y_hat.requires_grad_()
            whole = surroundings.clone()
            whole[:, :, rows, columns] = y_hat
            picture = network.synthesise(whole, qualities)[0]
            decoded = picture[:, STRIDE * inner.top : STRIDE * inner.bottom, STRIDE * inner.left : STRIDE * inner.right]
            (gradient,) = torch.autograd.grad((decoded - target).square().sum(), [y_hat])
        # The linear transforms are nearly orthonormal, so half of the gradient is the error in units of the latent.
        tile += DAMPING * (y_hat.detach() - gradient / 2 - tile)
    return tile[0]
