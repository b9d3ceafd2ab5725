"""The slow preset: the latent of one picture is improved for that picture, by analysis through synthesis.

The analysis is linear, the synthesis is not: what it makes of the quantised latent is nearer to the picture, and errs elsewhere than
the latent does. A few Newton steps from the decoded picture's error, each followed by the quantiser, find a latent for it. To improve
latents picture by picture is Campos 2019's idea; gradient steps through a quantiser that minds the rate do not converge.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aedesk.codec.loading import LoadedCodec
from aedesk.imaging.tiling import Box
from aedesk.models.codec.transforms import STRIDE
from aedesk.models.layers import poll

STEPS = 8
PART = 0.6
"""Of a Newton step, against going back and forth."""


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
    around = latent[None].clone()  # outside of inference mode, so that gradients may flow
    tile = around[:, :, rows, columns].clone()
    for step in range(STEPS):
        poll()
        tick(step / STEPS)
        with torch.no_grad():
            y_hat = network.entropy(tile, level)[0]
        with torch.enable_grad():
            y_hat.requires_grad_()
            seen = around.clone()
            seen[:, :, rows, columns] = y_hat
            picture = network.synthesise(seen, level)[0]
            inside = picture[:, STRIDE * inner.top : STRIDE * inner.bottom, STRIDE * inner.left : STRIDE * inner.right]
            (slope,) = torch.autograd.grad((inside - target).square().sum(), [y_hat])
        # The linear transforms nearly keep energies, so half of the slope is the error in units of the latent.
        tile += PART * (y_hat.detach() - slope / 2 - tile)
    return tile[0]
