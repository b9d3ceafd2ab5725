"""Lossy compression of batches of pictures, as photographs meet it: JPEG at any quality and grid, WebP.

Pictures are (B, 3, H, W) float32, sRGB-encoded in [0, 1].
"""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aedesk.data.degradation.jpeg import jpeg
from aedesk.data.degradation.operations import chance


def shifted_jpeg(picture: Tensor, quality: Tensor, generator: torch.Generator) -> Tensor:
    """JPEG in 4:2:0 or 4:4:4 on a block grid that starts anywhere, because pictures are cropped after they were compressed.

    Args:
        quality: (B, 1, 1, 1), 1 to 100 as libjpeg counts.
    """
    half = chance(0.65, len(picture), generator)
    down, right = torch.randint(0, 16, (2,), generator=generator, device=generator.device).tolist()
    return jpeg(picture.roll((down, right), (2, 3)), quality, half).roll((-down, -right), (2, 3))


def webp(picture: Tensor, quality: Tensor, chosen: Tensor) -> Tensor:
    """WebP (libwebp through Pillow) of the chosen samples; the others are returned unchanged.

    Args:
        quality: (B, 1, 1, 1), 1 to 100.
        chosen: (B, 1, 1, 1) bool.
    """
    numbers = chosen.flatten().nonzero().flatten().tolist()
    if not numbers:
        return picture
    result = picture.clone()
    for number in numbers:
        pixels = picture[number].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels)).save(file, "WEBP", quality=round(float(quality[number])), method=2)
        decoded = np.asarray(Image.open(file).convert("RGB"))
        result[number] = torch.from_numpy(decoded.copy()).permute(2, 0, 1).to(picture.device) / 255
    return result
