"""What watermarks lie on: gray, sepia and dark pictures, and lettering that belongs to the scene.

Lettering of a scene (signs, packages, clothes) is opaque, seen in perspective, lit like its surroundings, slightly out of focus, and was
compressed with the picture. It stays in the target, so that lettering is taken for a watermark only where the picture shows through it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradation.jpeg import jpeg
from aedesk.data.degradation.operations import chance, luminance, uniform
from aedesk.data.watermarks.bank import ShapeBank
from aedesk.data.watermarks.sampling import WatermarkRanges, place_shape

SEPIA = (1.07, 1.0, 0.82)
"""Mean tint of a sepia picture, relative to its brightness; each has its own."""
MAX_LETTERINGS = 4


def scene(clean: Tensor, bank: ShapeBank, ranges: WatermarkRanges, generator: torch.Generator) -> Tensor:
    """(B, 3, H, W): each picture with lettering, gray, sepia or darker with the probabilities of ``ranges``; most stay as they are."""
    count = len(clean)
    lettered = chance(ranges.lettering, count, generator).flatten()
    if bool(lettered.any()):
        clean = clean.clone()
        for number in lettered.nonzero().flatten().tolist():
            clean[number] = _with_lettering(clean[number], bank, generator)
        quality, half = uniform(45, 96, count, generator), chance(0.6, count, generator)
        clean[lettered] = jpeg(clean[lettered], quality[lettered], half[lettered])
    toned, darkened = uniform(0, 1, count, generator), chance(ranges.dark, count, generator)
    gray, sepia = toned < ranges.gray, (toned >= ranges.gray) & (toned < ranges.gray + ranges.sepia)
    tint = torch.as_tensor(SEPIA, device=clean.device).view(1, 3, 1, 1) * torch.cat(
        [uniform(0.92, 1.08, count, generator) for _ in range(3)], 1
    )
    clean = torch.where(gray, luminance(clean), torch.where(sepia, (luminance(clean) * tint).clamp(0, 1), clean))
    factor, power = uniform(0.25, 0.8, count, generator), uniform(1.0, 2.0, count, generator)
    return torch.where(darkened, factor * clean**power, clean)


def _with_lettering(picture: Tensor, bank: ShapeBank, generator: torch.Generator) -> Tensor:
    """(3, H, W) with one or some opaque shapes, most of them text, in perspective."""
    height, width = picture.shape[1:]
    light = F.avg_pool2d(luminance(picture[None]), 17, stride=1, padding=8, count_include_pad=False)[0]
    for _ in range(1 + int(uniform(0, MAX_LETTERINGS, 1, generator))):
        u = uniform(0, 1, 14, generator).flatten().tolist()
        number = int(u[0] * len(bank))
        if u[1] < 0.8:
            number = next((n for n in (*range(number, len(bank)), *range(number)) if bank[n].lines), number)
        shape = bank[number]
        size = 16 * (1.2 * min(height, width) / 16) ** u[2] if min(height, width) > 16 else 16.0
        tilt = (1.2 * (u[3] - 0.5), 1.2 * (u[4] - 0.5))
        placed = place_shape(
            shape.planes(size), height, width, (u[5] * width, u[6] * height), size, 0.9 * (u[7] - 0.5), tilt=tilt
        )  # fmt: skip
        paint = placed[:3] if shape.has_colour else picture.new_tensor(u[8:11] if u[11] < 0.5 else [float(u[11] < 0.75)] * 3).view(3, 1, 1)
        shaded = paint * (0.25 + 0.75 * light / light.max().clamp(min=0.1)) + 0.05 * (u[12] - 0.5)
        cover = placed[3:]
        if u[13] < 0.6:  # a little out of focus
            cover = F.avg_pool2d(cover[None], 3, stride=1, padding=1)[0]
        picture = (cover * shaded + (1 - cover) * picture).clamp(0, 1)
    return picture
