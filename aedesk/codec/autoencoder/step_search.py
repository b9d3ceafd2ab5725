"""How finely the code of a plain autoencoder must be quantised for a wished quality.

Quality says how near the decoded picture comes to what the autoencoder makes of the code before it is quantised: nobody can ask for
more of a model than it can do. A channel is quantised in proportion to the inverse of what the decoder makes of a change in it, so
that every channel adds the same error: the rule of transform coding at high rates (Gray & Neuhoff 1998).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aedesk.codec.autoencoder.latent_grid import PlainModel

WORST_DB, DB_PER_QUALITY = 24.0, 0.26
"""PSNR between the pictures of the code and of the quantised code: 24 dB at quality 0, 37 at 50, 50 at 100."""
_DRAWS = 4
_TRIALS = 5
_LEAST_SENSITIVITY = 1e-4  # of the mean: a channel that the decoder ignores gets a step of a hundred times
_SAMPLE_POSITIONS = 1024


class StepFinder:
    """Finds steps for one picture's latent (channels, rows, columns), float32 on the CPU."""

    def __init__(self, model: PlainModel, latent: Tensor) -> None:
        self._model = model
        self._sample = _sample(model, latent)
        self._exact = self._decode(self._sample)
        power = self._sensitivity()
        self._relative = (power / power.mean().clamp(min=1e-30)).clamp(min=_LEAST_SENSITIVITY).rsqrt()
        # Quantisation of step s adds s * s / 12 to a channel, and the decoder makes so many times that of it.
        self._gain = float((self._relative.square() * power).sum()) / 12

    def steps(self, quality: int) -> NDArray[np.float32]:
        """(channels,) steps with which the picture is as near to the unquantised one as the quality asks for, on a sample of it."""
        wished = 10 ** (-(WORST_DB + DB_PER_QUALITY * quality) / 10)
        scale = (wished / max(self._gain, 1e-30)) ** 0.5
        for _ in range(_TRIALS):
            step = (scale * self._relative).view(self._shape)
            error = float((self._decode((self._sample / step).round() * step) - self._exact).square().mean())
            change = (wished / max(error, 1e-12)) ** 0.5
            scale *= min(max(change, 0.25), 4.0)
            if 0.97 < change < 1.03:
                break
        found: NDArray[np.float32] = (scale * self._relative).numpy()
        return found

    @property
    def _shape(self) -> tuple[int, ...]:
        return (1, -1, *(1,) * (self._sample.ndim - 2))

    @torch.no_grad()
    def _decode(self, codes: Tensor) -> Tensor:
        return self._model.network.decode(codes.to(self._model.device)).float().cpu()

    def _sensitivity(self) -> Tensor:
        """(channels,): by how much a unit more in the square of a channel's values raises the square of the picture's.

        The square of a gradient along random signs is, on average, the sum of the squares of all derivatives (Hutchinson 1990).
        """
        codes = self._sample.to(self._model.device).requires_grad_()
        generator = torch.Generator().manual_seed(0)
        with torch.enable_grad():
            picture = self._model.network.decode(codes)
            total = torch.zeros(codes.shape[1])
            for _ in range(_DRAWS):
                signs = (torch.randint(0, 2, picture.shape, generator=generator) * 2 - 1).to(picture)
                (gradient,) = torch.autograd.grad(picture, [codes], signs, retain_graph=True)
                total += gradient.float().square().transpose(0, 1).flatten(1).sum(1).cpu()
        return total / _DRAWS / picture.numel()


def _sample(model: PlainModel, latent: Tensor) -> Tensor:
    """Codes from all over the picture: some squares, or one piece of the middle."""
    codes = model.split(latent)
    if codes.shape[0] > 1 or codes.ndim == 2:
        wanted = max(1, _SAMPLE_POSITIONS * model.stride_px**2 // (16 * model.unit_px**2))
        return codes[:: -(-codes.shape[0] // wanted)].clone()
    edge = round(_SAMPLE_POSITIONS**0.5)
    rows, columns = (slice((size - min(size, edge)) // 2, (size + min(size, edge)) // 2) for size in codes.shape[2:])
    return codes[:, :, rows, columns].clone()
