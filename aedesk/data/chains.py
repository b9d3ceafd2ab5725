"""Degradation chains: random damage for training, one draw per sample.

A chain takes clean (B, 3, H, W) pictures, its ranges from the recipe and a generator, and returns the noisy pictures, the targets
(which may differ from what came in, by brightness or colour) and the noise level (B, 1, 1, 1) in 8-bit units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.registry import Registry
from aedesk.data.degradations import gaussian, luminance, normal_like, to_encoded, to_linear, uniform
from aedesk.data.jpeg import jpeg

Ranges = Mapping[str, Any]
LARGEST = 2.5
Chain = Callable[[Tensor, Ranges, torch.Generator], tuple[Tensor, Tensor, Tensor]]


def chance(probability: float, count: int, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) bool, True with ``probability``."""
    return uniform(0, 1, count, generator) < probability


def log_uniform(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) numbers in [low, high], every octave as likely as any other."""
    return low * (high / low) ** uniform(0, 1, count, generator)


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


def photo_chain(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """What happens to real photographs: sensor, demosaicing, processing, film, JPEG (CBDNet, Guo 2019; SCUNet, Zhang 2022).

    The sensor comes first. Colour blotches, grain and white noise follow in random order, and JPEG last or, now and then, before
    them.

    Args:
        ranges: ``gray`` and ``clean``, fractions of gray and of undamaged samples; ``soft``, of samples that are enlarged first: a
            camera's own pictures are softer, pixel by pixel, than the reduced ones that one trains on, and a network that has never
            seen a soft picture keeps noise for the sake of texture that is not there; ``shot`` and ``read`` [low, high], variance per
            unit of light and standard deviation of the read-out, in linear light; ``blotch``, ``grain``, ``white``, largest
            amplitudes in 8-bit units; ``jpeg`` [low, high] quality.
    """
    count = len(picture)
    gray = chance(ranges["gray"], count, generator)
    picture = torch.where(gray, luminance(picture), picture)
    picture = torch.where(chance(ranges["soft"], count, generator), _enlarged(picture, generator), picture)
    dark = torch.where(chance(0.4, count, generator), log_uniform(0.15, 1.0, count, generator), 1.0)
    target = to_encoded(to_linear(picture) * dark)
    noisy = _sensor(target, ranges, generator)
    steps = [_blotches, _grain, _white]
    order = [steps[i] for i in torch.randperm(3, generator=generator, device=generator.device).tolist()]
    late = bool(uniform(0, 1, 1, generator) < 0.8)
    for step in (*order, _jpeg) if late else (_jpeg, *order):
        noisy = step(noisy, ranges, generator)
    # A gray scan's channels are one and the same; a file holds 8 bit.
    noisy = torch.where(gray, noisy.mean(1, keepdim=True), noisy).clamp(0, 1)
    noisy = torch.where(chance(ranges["clean"], count, generator), target, noisy)
    level = (noisy - target).square().mean((1, 2, 3), keepdim=True).sqrt() * 255
    return noisy, target, level


def _enlarged(picture: Tensor, generator: torch.Generator) -> Tensor:
    """A part of each picture, bicubically made one to ``LARGEST`` times as large."""
    count = len(picture)
    share = 1 / uniform(1, LARGEST, count, generator)
    corner = (1 - share.view(-1, 1)) * (2 * torch.rand((count, 2), generator=generator, device=generator.device) - 1)
    about = torch.cat((share.view(-1, 1, 1) * torch.eye(2, device=share.device), corner[:, :, None]), 2)
    grid = F.affine_grid(about, list(picture.shape), align_corners=False)
    return F.grid_sample(picture, grid, mode="bicubic", padding_mode="reflection", align_corners=False).clamp(0, 1)


def _sensor(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """Shot and read-out noise in linear light, and what a camera's own processing makes of it.

    Measured in flat places of pictures of several cameras: noise in the luminance is correlated with the next pixel (0.3 to 0.7), hardly
    with the second (0 to 0.2) and not with the third; noise in the chrominance over one to six (0.9, 0.8 and 0.5 at lags 1, 2 and 4 where
    the camera smooths it), and it is the weaker one. Raw conversions are nearer to white. So luminance and chrominance are made coarser
    apart. Luminance noise that is coarser than a camera's teaches to take texture for noise.
    """
    count = len(picture)
    light = to_linear(picture)
    gains = 0.7 + 1.3 * torch.rand((count, 3, 1, 1), generator=generator, device=generator.device)
    gains[:, 1] = 1.0  # white balance amplifies red and blue
    shot, read = (log_uniform(low, high, count, generator) for low, high in (ranges["shot"], ranges["read"]))
    spread = (shot * light * gains + (read * gains) ** 2).sqrt()
    white = normal_like(picture, generator)
    kind = uniform(0, 1, count, generator)
    grain = torch.where(kind < 0.3, _demosaic(white), torch.where(kind < 0.85, _smooth(white, 0.35, 0.9, 4, generator), white))
    luma = luminance(grain)
    slow = _smooth(normal_like(luma, generator), 1.5, 5.0, 10, generator)
    luma = luma + 0.3 * chance(0.2, count, generator) * uniform(0, 1, count, generator) * slow
    chroma = grain - luminance(grain)
    coarse = _smooth(chroma, 0.6, 3.5, 10, generator)
    chroma = torch.where(chance(0.7, count, generator), coarse, chroma) * uniform(0.15, 0.8, count, generator)
    return to_encoded(light + spread * (luma + chroma))


def _demosaic(noise: Tensor) -> Tensor:
    """Bilinear demosaicing of the noise of an RGGB sensor: linear, so the noise can be taken alone."""
    height, width = noise.shape[2:]
    rows = torch.arange(height, device=noise.device).view(-1, 1) % 2
    columns = torch.arange(width, device=noise.device).view(1, -1) % 2
    mask = torch.stack(((rows + columns) * 0 + (rows == 0) * (columns == 0), rows != columns, (rows == 1) * (columns == 1)))
    corner = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]], device=noise.device) / 4
    cross = torch.tensor([[0.0, 1.0, 0.0], [1.0, 4.0, 1.0], [0.0, 1.0, 0.0]], device=noise.device) / 4
    kernel = torch.stack((corner, cross, corner)).unsqueeze(1)
    return F.conv2d(noise * mask.to(noise.dtype), kernel, padding=1, groups=3)


def _smooth(noise: Tensor, low: float, high: float, reach: int, generator: torch.Generator) -> Tensor:
    """Gaussian blur of ``low`` to ``high`` pixels, cut at ``reach``, that keeps the variance of white noise.

    Wraps around: white noise has no edges, and the blurred noise should not have any either.
    """
    count, channels, height, width = noise.shape
    reach = min(reach, height - 1, width - 1)
    radius = uniform(low, high, count, generator).view(count, 1)
    span = torch.arange(-reach, reach + 1, device=noise.device)
    line = torch.exp(-0.5 * (span / radius) ** 2)
    line = (line / line.square().sum(1, keepdim=True).sqrt()).repeat_interleave(channels, 0)
    flat = F.pad(noise.reshape(1, count * channels, height, width), (reach,) * 4, mode="circular")
    flat = F.conv2d(flat, line.view(-1, 1, 1, 2 * reach + 1), groups=count * channels)
    return F.conv2d(flat, line.view(-1, 1, 2 * reach + 1, 1), groups=count * channels).view_as(noise)


def _blotches(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """Colour noise of 4 or 8 pixels, as in-camera denoising leaves behind."""
    count, _, height, width = picture.shape
    size = 4 if bool(uniform(0, 1, 1, generator) < 0.5) else 8
    coarse = picture.new_empty((count, 3, height // size + 1, width // size + 1))
    coarse = F.interpolate(normal_like(coarse, generator), size=(height, width), mode="bilinear")
    amplitude = chance(0.25, count, generator) * uniform(0, ranges["blotch"], count, generator) / 255
    return picture + amplitude * (coarse - luminance(coarse))


def _grain(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """Film grain: soft luminance noise, strongest in the middle tones."""
    count = len(picture)
    noise = _smooth(normal_like(picture[:, :1], generator), 0.5, 1.6, 5, generator)
    amplitude = chance(0.2, count, generator) * uniform(0, ranges["grain"], count, generator) / 255
    tone = luminance(picture).clamp(0, 1)
    return picture + amplitude * noise * (0.4 + 2.4 * tone * (1 - tone))


def _white(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> Tensor:
    count = len(picture)
    return gaussian(picture, chance(0.2, count, generator) * uniform(0, ranges["white"], count, generator), generator)


def _jpeg(picture: Tensor, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """JPEG, on a grid that starts anywhere in one step of three: pictures get cropped after they were compressed."""
    count = len(picture)
    low, high = ranges["jpeg"]
    quality = high - (high - low) * uniform(0, 1, count, generator) ** 2  # good qualities are the common ones
    half = chance(0.6, count, generator)
    shift = torch.randint(0, 24, (2,), generator=generator, device=generator.device).tolist()
    shift = [v if v < 8 else 0 for v in shift]
    coded = jpeg(picture.roll(shift, (2, 3)), quality, half).roll((-shift[0], -shift[1]), (2, 3))
    return torch.where(chance(0.75, count, generator), coded, picture)


CHAINS: Registry[Chain] = Registry("degradation chain")
CHAINS.add("gaussian", gaussian_chain)
CHAINS.add("photo", photo_chain)

DEFAULTS: Mapping[str, Ranges] = {
    "gaussian": {"sigma": (0, 50), "gray": 0.0},
    "photo": {
        "gray": 0.1, "clean": 0.05, "soft": 0.0, "shot": (4e-5, 1e-2), "read": (2e-4, 7e-3), "blotch": 8, "grain": 14, "white": 18,
        "jpeg": (50, 98),
    },
}  # fmt: skip
"""Ranges of each chain, where a recipe says nothing else."""
