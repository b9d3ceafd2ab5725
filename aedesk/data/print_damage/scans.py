"""The effects of scanners, cameras and web sites: resampling, sharpening, noise, JPEG. Batched on tensors."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradation.compression import shifted_jpeg
from aedesk.data.degradation.operations import chance, luminance, uniform
from aedesk.data.degradation.sensor_noise import gaussian_field

LARGEST_NOISE = 8.0
JPEG_QUALITY = (35, 98)


def scanned(picture: Tensor, size: tuple[int, int], gray: Tensor, seed: int) -> Tensor:
    """A scan of a print. The same seed does the same to another picture of that size.

    Args:
        picture: (B, 3, h, w) in [0, 1].
        size: height and width of the result.
        gray: (B, 1, 1, 1) bool, whose channels are made equal.

    Returns:
        (B, 3, *size), multiples of 1/255.
    """
    generator = torch.Generator(picture.device).manual_seed(seed)
    count = len(picture)
    if picture.shape[2:] != size:
        picture = F.interpolate(picture, size=size, mode="bicubic", antialias=True).clamp(0, 1)
    soft = F.avg_pool2d(F.pad(picture, (1,) * 4, mode="replicate"), 3, 1)
    picture = torch.where(chance(0.25, count, generator), picture + uniform(0.2, 1.2, count, generator) * (picture - soft), picture)
    picture = torch.where(chance(0.6, count, generator), gaussian_field(picture, LARGEST_NOISE, generator), picture).clamp(0, 1)
    picture = torch.where(gray, luminance(picture), picture)
    low, high = JPEG_QUALITY
    quality = high - (high - low) * uniform(0, 1, count, generator) ** 1.5
    coded = shifted_jpeg(picture, quality, generator)
    picture = torch.where(chance(0.75, count, generator), coded, (picture * 255).round() / 255)
    return torch.where(gray, (luminance(picture) * 255).round() / 255, picture)
