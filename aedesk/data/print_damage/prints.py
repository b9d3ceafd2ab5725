"""Old prints before any damage: tones, fading, grain, vignetting, halftone. Batched on tensors.

Pictures are (B, 3, H, W) float32, sRGB-encoded in [0, 1]; random numbers come from a generator on their device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from aedesk.data.degradation.operations import chance, luminance, uniform
from aedesk.data.degradation.sensor_noise import film_grain

GRAY, TONED, FADED, COLOUR = range(4)
WEIGHTS = (0.38, 0.32, 0.18, 0.12)
"""Relative frequency of gray, toned (sepia and others), faded colour and fresh colour prints."""
LARGEST_GRAIN = 20.0


def aged_print(picture: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Clean photographs as prints of any age.

    Returns:
        The prints, as ``picture``, and (B, 1, 1, 1) bool: which are gray.
    """
    count = len(picture)
    kind = torch.multinomial(torch.tensor(WEIGHTS, device=picture.device), count, replacement=True, generator=generator).view(-1, 1, 1, 1)
    gray = kind == GRAY
    picture = torch.where(chance(0.5, count, generator) & (kind < FADED), _hard(picture, generator), picture)
    picture = torch.where(kind == COLOUR, picture, _faded(picture, kind, generator))
    picture = picture * _vignette(picture, generator)
    picture = torch.where(chance(0.75, count, generator), film_grain(picture, LARGEST_GRAIN, generator), picture)
    picture = torch.where(chance(0.06, count, generator), _halftone(picture, generator), picture).clamp(0, 1)
    return torch.where(gray, luminance(picture), picture), gray


def _hard(picture: Tensor, generator: torch.Generator) -> Tensor:
    """More contrast, with whites or blacks without detail, as in portraits on plain backdrops and much copied prints."""
    count = len(picture)
    return ((picture - uniform(0.25, 0.75, count, generator)) * uniform(1.2, 2.6, count, generator) + 0.5).clamp(0, 1)


def _faded(picture: Tensor, kind: Tensor, generator: torch.Generator) -> Tensor:
    """Gray and toned prints run from a shadow to a highlight colour; colour prints lose contrast and shift."""
    count = len(picture)
    gamma = 2 ** uniform(-0.6, 0.6, count, generator)
    tone = luminance(picture).clamp(0, 1) ** gamma
    black, white = uniform(0, 0.3, count, generator), uniform(0.65, 1.0, count, generator)
    warmth = torch.where(kind == TONED, uniform(0.1, 1.0, count, generator), 0.0)
    hue = picture.new_tensor([0.0, 0.45, 1.0]).view(1, 3, 1, 1)
    # One toned print in ten is blue, green or purple (cyanotypes, selenium, bad scans).
    odd = torch.rand((count, 3, 1, 1), generator=generator, device=generator.device)
    hue = torch.where(chance(0.1, count, generator), odd, hue)
    shadow, light = black * (1 - 0.6 * warmth * hue), white * (1 - 0.4 * warmth * hue)
    mono = shadow + (light - shadow) * tone
    cast = 1 - 0.35 * torch.rand((count, 3, 1, 1), generator=generator, device=generator.device)
    dull = torch.lerp(luminance(picture), picture, uniform(0.2, 0.9, count, generator)) ** gamma
    colour = black + (white - black) * dull * cast
    return torch.where(kind == FADED, colour, mono).clamp(0, 1)


def _vignette(picture: Tensor, generator: torch.Generator) -> Tensor:
    """(B, 1, H, W) factors: darker or, seldom, lighter towards the corners, about any centre, and slowly varying across the print."""
    count, _, height, width = picture.shape
    y = torch.linspace(-1, 1, height, device=picture.device).view(1, 1, -1, 1) - uniform(-0.7, 0.7, count, generator)
    x = torch.linspace(-1, 1, width, device=picture.device).view(1, 1, 1, -1) - uniform(-0.7, 0.7, count, generator)
    strength = torch.where(chance(0.5, count, generator), uniform(-0.1, 0.3, count, generator), 0.0)
    slope = uniform(-0.1, 0.1, count, generator) * x + uniform(-0.1, 0.1, count, generator) * y
    return (1 - strength * (x**2 + y**2) / 2 + slope).clamp(0.3, 1.3)


def _halftone(picture: Tensor, generator: torch.Generator) -> Tensor:
    """A printing screen: dots whose size stands for the tone, softened by paper and scanner."""
    count, _, height, width = picture.shape
    angle, pitch = uniform(0, math.pi / 2, count, generator), uniform(2.5, 6, count, generator)
    y = torch.arange(height, device=picture.device).view(1, 1, -1, 1)
    x = torch.arange(width, device=picture.device).view(1, 1, 1, -1)
    u = (x * angle.cos() + y * angle.sin()) * math.pi / pitch
    v = (y * angle.cos() - x * angle.sin()) * math.pi / pitch
    screen = 0.5 + 0.5 * u.cos() * v.cos()
    dots = torch.sigmoid((picture - screen) * uniform(4, 12, count, generator))
    return torch.lerp(picture, dots, uniform(0.3, 0.8, count, generator))
