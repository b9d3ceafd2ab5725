"""Seeded noise and damage, batched on tensors, on any device.

The one implementation that training, evaluation and the *add noise* tool use. Pictures are (B, 3, H, W) float32, sRGB-encoded
in [0, 1]; levels are in 8-bit units. Random numbers come from the given generator, which lives on the pictures' device.
Results are neither clipped nor rounded unless the function says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from aedesk.core.registry import Registry


def uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) numbers in [low, high]."""
    return low + (high - low) * torch.rand((count, 1, 1, 1), generator=generator, device=generator.device)


def normal_like(picture: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(picture.shape, generator=generator, device=picture.device, dtype=picture.dtype)


def gaussian(picture: Tensor, sigma: Tensor | float, generator: torch.Generator) -> Tensor:
    """White Gaussian noise of standard deviation ``sigma``, the benchmark's degradation."""
    return picture + normal_like(picture, generator) * (sigma / 255)


def gray_some(picture: Tensor, fraction: float, generator: torch.Generator) -> Tensor:
    """Which samples to make gray: (B, 1, 1, 1) bool."""
    return uniform(0, 1, len(picture), generator) < fraction


def gaussian_chain(picture: Tensor, ranges: Mapping[str, Any], generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The benchmark's training pairs.

    Args:
        ranges: ``sigma`` [low, high]; ``gray`` fraction of gray samples: the three channels then share picture and noise.

    Returns:
        noisy, clean, sigma (B, 1, 1, 1).
    """
    low, high = ranges["sigma"]
    sigma = uniform(low, high, len(picture), generator)
    noise = normal_like(picture, generator)
    gray = gray_some(picture, ranges.get("gray", 0.0), generator)
    picture = torch.where(gray, luminance(picture), picture)
    noise = torch.where(gray, noise[:, :1], noise)
    return picture + noise * (sigma / 255), picture, sigma


def luminance(picture: Tensor) -> Tensor:
    """BT.601 luma, (B, 1, H, W)."""
    weights = picture.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    return (picture * weights).sum(1, keepdim=True)


Chain = Callable[[Tensor, Mapping[str, Any], torch.Generator], tuple[Tensor, Tensor, Tensor]]
CHAINS: Registry[Chain] = Registry("degradation chain")
CHAINS.add("gaussian", gaussian_chain)
