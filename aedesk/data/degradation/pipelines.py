"""Degradation chains: random damage for training, one draw per sample.

A chain takes clean (B, 3, H, W) pictures, its ranges from the recipe and a generator, and returns the noisy pictures, the targets
(which may differ from what came in, by brightness or colour) and the noise level (B, 1, 1, 1) in 8-bit units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from aedesk.core.registry import Registry
from aedesk.data.degradation.operations import chance, luminance, normal_like, uniform
from aedesk.data.degradation.photo import SOURCE_SCALE, photo_pipeline

Ranges = Mapping[str, Any]
Chain = Callable[[Tensor, Ranges, torch.Generator], tuple[Tensor, Tensor, Tensor]]


def gaussian_chain(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """The benchmark's training pairs.

    Args:
        ranges: ``sigma`` [low, high]; ``gray``, the fraction of gray samples, whose three channels share picture and noise.
    """
    low, high = ranges["sigma"]
    sigma = uniform(low, high, len(picture), generator)
    noise = normal_like(picture, generator)
    gray = chance(ranges.get("gray", 0.0), len(picture), generator)
    picture = torch.where(gray, luminance(picture), picture)
    noise = torch.where(gray, noise[:, :1], noise)
    return picture + noise * (sigma / 255), picture, sigma


CHAINS: Registry[Chain] = Registry("degradation chain")
CHAINS.add("gaussian", gaussian_chain)
CHAINS.add("photo", photo_pipeline)

DEFAULTS: Mapping[str, Ranges] = {
    "gaussian": {"sigma": (0, 50), "gray": 0.0},
    "photo": {
        "camera": 0.42, "compressed": 0.25, "film": 0.13, "white": 0.2, "dithered": 0.02, "gray": 0.12, "sepia": 0.05, "clean": 0.04,
        "soft": 0.55, "resized": 0.3, "shot": (4e-5, 2e-2), "read": (2e-4, 1e-2), "blotch": 10, "grain": 22, "noise": 55, "jpeg": (5, 98),
        "webp": 0.06,
    },
}  # fmt: skip
"""Ranges of each chain, where a recipe says nothing else."""

SOURCE_SCALES: Mapping[str, int] = {"photo": SOURCE_SCALE}
"""Chains that take larger pictures than they return, and how many times larger."""
