"""Seeded noise and damage, batched on tensors, on any device.

The one implementation that training, evaluation and the *add noise* tool use. Pictures are (B, 3, H, W) float32, sRGB-encoded
in [0, 1]; levels are in 8-bit units, one number or (B, 1, 1, 1). Random numbers come from the given generator, which lives on the
pictures' device. Results are neither clipped nor rounded unless the function says so.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aedesk.core.registry import Registry
from aedesk.data.degradation.jpeg import jpeg

Level = Tensor | float


def uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) numbers in [low, high]."""
    return low + (high - low) * torch.rand((count, 1, 1, 1), generator=generator, device=generator.device)


def chance(probability: float | Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) bool, True with ``probability``."""
    return uniform(0, 1, count, generator) < probability


def log_uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) numbers in [low, high], every octave as likely as any other."""
    return low * (high / low) ** uniform(0, 1, count, generator)


def normal_like(picture: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(picture.shape, generator=generator, device=picture.device, dtype=picture.dtype)


def luminance(picture: Tensor) -> Tensor:
    """BT.601 luma, (B, 1, H, W)."""
    weights = picture.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (picture * weights).sum(1, keepdim=True)


def to_linear(picture: Tensor) -> Tensor:
    """sRGB-encoded to linear light (IEC 61966-2-1); the input is clipped to [0, 1]."""
    x = picture.clamp(0, 1)
    return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def to_encoded(light: Tensor) -> Tensor:
    """Linear light to sRGB-encoded; the input is clipped to [0, 1]."""
    x = light.clamp(0, 1)
    return torch.where(x <= 0.0031308, x * 12.92, 1.055 * x.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def gaussian(picture: Tensor, sigma: Level, generator: torch.Generator) -> Tensor:
    """White Gaussian noise of standard deviation ``sigma``, the benchmark's degradation."""
    return picture + normal_like(picture, generator) * (sigma / 255)


def poisson_gaussian(picture: Tensor, sigma: Level, generator: torch.Generator) -> Tensor:
    """A sensor's noise, injected in linear light: variance a * x + b (Foi 2008), in its normal approximation.

    ``sigma`` is the standard deviation at middle gray (encoded 0.5), of which a tenth of the variance is read-out noise. Clipped.
    """
    light = to_linear(picture)
    gray, slope = 0.2140, 0.9255  # encoded 0.5 in linear light, and d light / d encoded there
    variance = (sigma / 255 * slope) ** 2
    noise = normal_like(picture, generator) * (variance * (0.9 * light / gray + 0.1)) ** 0.5
    return to_encoded(light + noise)


def salt_pepper(picture: Tensor, per_cent: Level, generator: torch.Generator) -> Tensor:
    """``per_cent`` of the pixels become black or white, all channels together."""
    draw = torch.rand(picture[:, :1].shape, generator=generator, device=picture.device, dtype=picture.dtype)
    share = per_cent / 200
    return torch.where(draw < share, 0.0, torch.where(draw > 1 - share, 1.0, picture))


def speckle(picture: Tensor, sigma: Level, generator: torch.Generator) -> Tensor:
    """Multiplicative noise x + x n, as in radar and ultrasound; ``sigma`` / 255 is the standard deviation of n."""
    return picture + picture * normal_like(picture, generator) * (sigma / 255)


def jpeg_quality(picture: Tensor, quality: Level, generator: torch.Generator) -> Tensor:
    """JPEG 4:2:0 at ``quality`` 1..100. Rounded to 8 bit; uses no random numbers."""
    one = picture.new_ones((len(picture), 1, 1, 1))
    return jpeg(picture, (one * quality).clamp(1, 100), one.bool())


Degradation = Callable[[Tensor, Level, torch.Generator], Tensor]

DEGRADATIONS: Registry[Degradation] = Registry("degradation")
DEGRADATIONS.add("gaussian", gaussian)
DEGRADATIONS.add("poisson-gaussian", poisson_gaussian)
DEGRADATIONS.add("salt-pepper", salt_pepper)
DEGRADATIONS.add("speckle", speckle)
DEGRADATIONS.add("jpeg", jpeg_quality)
