"""Distances between a reconstruction and its target, in float32 whatever the network computed in.

Each takes the reconstruction and the target, (B, C, H, W) in [0, 1] (or any one shape, for those that look at single values), and
optionally ``weight``, broadcastable to them: where the loss counts (the blind spots of Noise2Void). Each returns a scalar that is at
least 0, and stays finite and differentiable for a network that has saturated or left the range.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.core.registry import Registry

SSIM_ALPHA = 0.84
"""Share of the structural term in "ssim-mix" (Zhao 2017)."""
LOG_FLOOR = 1e-5
"""Where "log-mse" stops to reward: 50 dB."""

_WINDOW_PX, _WINDOW_SIGMA = 11, 1.5
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of MS-SSIM's scales, finest first (Wang 2003)
_C1, _C2 = 0.01**2, 0.03**2


class Loss(Protocol):
    def __call__(self, reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor: ...


def l1(reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean absolute error."""
    if weight is None:
        return F.l1_loss(reconstruction.float(), target.float())
    return _mean((reconstruction.float() - target.float()).abs(), weight)


def mse(reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean squared error."""
    if weight is None:
        return F.mse_loss(reconstruction.float(), target.float())
    return _mean((reconstruction.float() - target.float()).square(), weight)


def bce(reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy in nats per value, the target being a probability.

    The reconstruction is drawn in from 0 and 1 by 1e-6, so that a sigmoid that has rounded to 1 gives a large loss and no infinity.
    """
    chance = reconstruction.float().clamp(0, 1) * (1 - 2e-6) + 1e-6
    truth = target.float().clamp(0, 1)
    return _mean(-(truth * chance.log() + (1 - truth) * (1 - chance).log()), weight)


def charbonnier(reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """L1 that is smooth at zero (Lai 2017)."""
    return _mean(torch.sqrt((reconstruction.float() - target.float()).square() + 1e-6), weight)


def log_mse(reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """log(1 + MSE / 1e-5) of each picture, averaged: decibels but for a factor, so that an easy picture counts as much as a hard one.

    A picture on which nothing counts gives 0.
    """
    errors = (reconstruction.float() - target.float()).square()
    shares = torch.ones_like(errors) if weight is None else weight.to(errors).expand_as(errors)
    rest = tuple(range(1, errors.ndim))
    mean = (errors * shares).sum(rest) / shares.sum(rest).clamp(min=1e-12)
    return torch.log1p(mean / LOG_FLOOR).mean()


def ssim_mix(reconstruction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """0.84 (1 - MS-SSIM) + 0.16 L1 (Zhao 2017). Raises :class:`SpecError` with a ``weight``: structure has no single pixels."""
    if weight is not None:
        raise SpecError('loss = "ssim-mix" looks at neighbourhoods, and these targets at single pixels.', "Choose l1 or mse.")
    return SSIM_ALPHA * (1 - ms_ssim(reconstruction, target)) + (1 - SSIM_ALPHA) * l1(reconstruction, target)


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean multi-scale structural similarity of (B, C, H, W) pictures in [0, 1] (Wang 2003): a scalar in [0, 1].

    Has as many of its five scales as the window of 11 pixels fits into; below 22 pixels that is one: SSIM (Wang 2004).
    """
    with torch.autocast(a.device.type, enabled=False):
        a, b = a.float(), b.float()
        scales = max(1, min(len(_SCALE_WEIGHTS), int(math.log2(max(1, min(a.shape[-2:]) / _WINDOW_PX))) + 1))
        exponents = [w / sum(_SCALE_WEIGHTS[:scales]) for w in _SCALE_WEIGHTS[:scales]]
        result = a.new_ones(a.shape[:2])
        for scale, exponent in enumerate(exponents):
            if scale:
                a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
            luminance, structure = _ssim_parts(a, b)
            part = luminance * structure if scale == scales - 1 else structure
            # A negative likeness has no root, and the slope of a root at zero is infinite.
            result = result * part.mean((2, 3)).clamp(min=1e-4) ** exponent
        return result.mean()


def _ssim_parts(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Maps of the luminance and of the contrast-structure term of SSIM."""
    channels, size = a.shape[1], min(_WINDOW_PX, *a.shape[-2:])
    span = torch.arange(size, device=a.device) - (size - 1) / 2
    line = torch.exp(-0.5 * (span / _WINDOW_SIGMA) ** 2)
    line = line / line.sum()

    def blur(x: Tensor) -> Tensor:
        x = F.conv2d(x, line.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
        return F.conv2d(x, line.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)

    mean_a, mean_b = blur(a), blur(b)
    variances = (blur(a * a) - mean_a**2).clamp(min=0) + (blur(b * b) - mean_b**2).clamp(min=0)
    covariance = blur(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    return luminance, (2 * covariance + _C2) / (variances + _C2)


def _mean(values: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return values.mean()
    weight = weight.to(values).expand_as(values)
    return (values * weight).sum() / weight.sum().clamp(min=1e-12)


LOSSES: Registry[Loss] = Registry("loss")
LOSSES.add("l1", l1)
LOSSES.add("mse", mse)
LOSSES.add("bce", bce)
LOSSES.add("charbonnier", charbonnier)
LOSSES.add("log-mse", log_mse)
LOSSES.add("ssim-mix", ssim_mix)
