"""A camera's noise, learnt from noisy pictures: how strong it is, and how it hangs together from pixel to pixel and colour to colour.

Where a picture is flat, what is left after the shading is taken away is noise (GCBD, Chen 2018; noise injection, Ji 2020). Its covariance,
averaged over many such windows, is all that a Gaussian field needs. A network that is trained on such fields meets the coarse noise of
demosaicing, in-camera denoising and JPEG, which Neighbor2Neighbor and Noise2Void take for picture, because they count on noise that is
independent from pixel to pixel.

Rejected: R2R (Pang 2021), which needs the noise of every place and not of flat ones, where JPEG leaves less of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

from aedesk.core.errors import DataError
from aedesk.data.pictures.pixels import Pixels

WINDOW_PX = 32
STEP_PX = 16
FLATTEST = 0.15
"""Share of a picture's windows that are taken for flat."""

MOST_PICTURES = 64
MOST_WINDOWS = 500  # per picture
WEAKEST, STRONGEST = 0.3, 1.3
"""Range of the levels that are drawn, in units of the measured one. Stronger noise teaches to smooth fine texture: with 0.4 to 2.2 the
leather of a chair was lost, 0.8 dB of one picture of the benchmark."""


class CameraNoise:
    """Gaussian noise with a measured covariance.

    Args:
        covariance: (2 W - 1, 2 W - 1, C, C) float32 for lags of -W + 1 to W - 1 pixels down and across; any scale.
        level: its usual standard deviation, in 8-bit units.
    """

    def __init__(self, covariance: Tensor, level: float) -> None:
        middle = covariance.shape[0] // 2
        self.covariance = covariance / covariance[middle, middle].diagonal().mean()
        self.level = level
        self._factors: dict[tuple[int, torch.device], Tensor] = {}

    @classmethod
    def measure(cls, pictures: Sequence[Pixels]) -> CameraNoise:
        """Learn from (H, W, C) uint8 pictures. Raises :class:`DataError` if no picture has a flat, unclipped window."""
        step = -(-len(pictures) // MOST_PICTURES)
        windows = torch.cat([flat_windows(picture) for picture in pictures[::step]])
        power = windows.square().mean((1, 2, 3))
        if not len(windows) or not float(power.max()):
            raise DataError(
                "The noise cannot be learnt: no picture has a flat part with noise in it.",
                "Add pictures with plain walls, sky or paper, neither black nor white.",
            )
        # JPEG rounds weak noise away in places; what is left there says nothing about the camera.
        strong = power > power.median() / 2
        windows = windows[strong]
        return cls(_covariance(windows), float(power[strong].median().sqrt()) * 255)

    def draw(self, count: int, edge: int, generator: torch.Generator) -> Tensor:
        """(count, C, edge, edge) of mean 0 and standard deviation 1 (over channels), on the generator's device."""
        device = generator.device
        size = max(2 * WINDOW_PX, edge)
        factor = self._factor(size, device)
        white = torch.randn((count, factor.shape[2], size, size), generator=generator, device=device)
        shaped = torch.einsum("hwcd,bdhw->bchw", factor, torch.fft.fft2(white))
        return torch.fft.ifft2(shaped).real[:, :, :edge, :edge]

    def _factor(self, size: int, device: torch.device) -> Tensor:
        """(size, size, C, C): the square root of the spectrum."""
        if (size, device) not in self._factors:
            lags = self.covariance.shape[0] // 2
            grid = F.pad(self.covariance.permute(2, 3, 0, 1), (0, size - 2 * lags - 1, 0, size - 2 * lags - 1))
            spectrum = torch.fft.fft2(grid.roll((-lags, -lags), (2, 3))).permute(2, 3, 0, 1)
            channels = spectrum.shape[2]
            # Rounding may leave a colour that is the mix of the others a variance below zero.
            ridge = 1e-5 * torch.eye(channels)
            self._factors[size, device] = torch.linalg.cholesky((spectrum + spectrum.mH) / 2 + ridge).to(device)
        return self._factors[size, device]


def flat_windows(picture: Pixels) -> Tensor:
    """The flattest windows of a (H, W, C) uint8 picture without their shading: (N, C, W, W) float32 in units of [0, 1].

    Flat is what has little structure once it is averaged over 8x8 pixels, where little noise is left.
    """
    channels = picture.shape[2]
    if min(picture.shape[:2]) < WINDOW_PX:
        return torch.empty((0, channels, WINDOW_PX, WINDOW_PX))
    views = sliding_window_view(picture, (WINDOW_PX, WINDOW_PX), axis=(0, 1))[::STEP_PX, ::STEP_PX]
    rows, columns = np.divmod(np.arange(views.shape[0] * views.shape[1]), views.shape[1])
    step = -(-len(rows) // MOST_WINDOWS)
    windows = torch.from_numpy(views[rows[::step], columns[::step]]).float() / 255
    mean = windows.mean((2, 3))
    windows = windows[(mean.amin(1) > 8 / 255) & (mean.amax(1) < 245 / 255)]
    if not len(windows):
        return windows
    windows = _without_shading(windows)
    structure = F.avg_pool2d(windows, 8).square().mean((1, 2, 3))
    return windows[structure.topk(max(1, int(FLATTEST * len(windows))), largest=False).indices]


def _without_shading(windows: Tensor) -> Tensor:
    """(N, C, W, W) less the quadratic surface that fits best."""
    line = torch.linspace(-1, 1, WINDOW_PX)
    y, x = line.view(-1, 1).expand(WINDOW_PX, WINDOW_PX).flatten(), line.repeat(WINDOW_PX)
    surfaces = torch.linalg.qr(torch.stack((torch.ones_like(x), x, y, x * y, x * x, y * y), 1))[0]
    flat = windows.flatten(2)
    return (flat - flat @ surfaces @ surfaces.T).view_as(windows)


def _covariance(windows: Tensor) -> Tensor:
    """(2 W - 1, 2 W - 1, C, C) of (N, C, W, W), through zero-padded transforms; tapered, so that the spectrum is nowhere negative."""
    taper = torch.hann_window(WINDOW_PX, periodic=False)
    size = 2 * WINDOW_PX
    total = sum((_cross_power(part * taper * taper.view(-1, 1), size) for part in windows.split(256)), torch.zeros(()))
    lags = torch.fft.fftshift(torch.fft.ifft2(total.permute(2, 3, 0, 1)).real, (2, 3))
    return lags[:, :, 1:, 1:].permute(2, 3, 0, 1).contiguous()


def _cross_power(windows: Tensor, size: int) -> Tensor:
    spectra = torch.fft.fft2(windows, (size, size))
    return torch.einsum("nchw,ndhw->hwcd", spectra, spectra.conj())
