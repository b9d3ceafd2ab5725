"""Quantiser steps for the latent of an autoencoder, from the wanted quality.

The quality sets the PSNR between the pictures decoded from the quantised and from the unquantised latent, because no quantiser can do
better than the autoencoder itself. The step of each channel is inversely proportional to the decoder's sensitivity to it, so that all
channels contribute the same error: the high-rate rule of transform coding (Gray & Neuhoff 1998).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.codec.autoencoder.latent_grid import LatentGrid

LOWEST_PSNR_DB, DB_PER_QUALITY = 24.0, 0.26
"""24 dB at quality 0, 37 dB at 50, 50 dB at 100."""
_DRAWS = 4
_MAX_ITERATIONS = 5
_MIN_SENSITIVITY = 1e-4  # relative to the mean: a channel that the decoder ignores gets a step of at most a hundred times the usual
_SAMPLE_POSITIONS = 1024


class StepSearch:
    """Finds quantiser steps for the latent of one picture. Safe for several threads at once.

    Args:
        latent: (channels, rows, columns) float32 on the CPU.
    """

    def __init__(self, grid: LatentGrid, latent: Tensor) -> None:
        self._grid = grid
        self._sample = _sample(grid, latent)
        self._reference = self._decode(self._sample)
        power = self._sensitivity()
        self._relative_step = (power / power.mean().clamp(min=1e-30)).clamp(min=_MIN_SENSITIVITY).rsqrt()
        # A step s adds an error of s * s / 12 to a channel, which the decoder multiplies by the channel's sensitivity.
        self._error_per_squared_scale = float((self._relative_step.square() * power).sum()) / 12

    def steps(self, quality: int) -> NDArray[np.float32]:
        """Returns (channels,) steps that meet the PSNR of ``quality`` on a sample of the picture, within about 0.1 dB."""
        target = 10 ** (-(LOWEST_PSNR_DB + DB_PER_QUALITY * quality) / 10)
        scale = (target / max(self._error_per_squared_scale, 1e-30)) ** 0.5
        for _ in range(_MAX_ITERATIONS):
            step = (scale * self._relative_step).view(self._shape)
            error = float((self._decode((self._sample / step).round() * step) - self._reference).square().mean())
            change = (target / max(error, 1e-12)) ** 0.5
            scale *= min(max(change, 0.25), 4.0)
            if 0.97 < change < 1.03:
                break
        steps: NDArray[np.float32] = (scale * self._relative_step).numpy()
        return steps

    @property
    def _shape(self) -> tuple[int, ...]:
        return (1, -1, *(1,) * (self._sample.ndim - 2))

    @torch.no_grad()
    def _decode(self, codes: Tensor) -> Tensor:
        return self._grid.network.decode(codes.to(self._grid.device)).float().cpu()

    def _sensitivity(self) -> Tensor:
        """(channels,): increase of the picture's squared error per unit of a channel's squared error.

        The squared gradient along random signs is on average the sum of squares of all derivatives (Hutchinson 1990).
        """
        codes = self._sample.to(self._grid.device).requires_grad_()
        generator = torch.Generator().manual_seed(0)
        with torch.enable_grad():
            picture = self._grid.network.decode(codes)
            total = torch.zeros(codes.shape[1])
            for _ in range(_DRAWS):
                signs = (torch.randint(0, 2, picture.shape, generator=generator) * 2 - 1).to(picture)
                (gradient,) = torch.autograd.grad(picture, [codes], signs, retain_graph=True)
                total += gradient.float().square().transpose(0, 1).flatten(1).sum(1).cpu()
        return total / _DRAWS / picture.numel()


def _sample(grid: LatentGrid, latent: Tensor) -> Tensor:
    """A batch of codes: squares spread over the picture, or one crop of its centre."""
    codes = grid.split(latent)
    if codes.shape[0] > 1 or codes.ndim == 2:
        wanted = max(1, _SAMPLE_POSITIONS * grid.stride_px**2 // (16 * grid.unit_px**2))
        return codes[:: -(-codes.shape[0] // wanted)].clone()
    edge = round(_SAMPLE_POSITIONS**0.5)
    rows, columns = (slice((size - min(size, edge)) // 2, (size + min(size, edge)) // 2) for size in codes.shape[2:])
    return codes[:, :, rows, columns].clone()
