"""Dithering of batches of pictures to few colours, as in 1-bit scans, GIF files and old printers' output."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from aedesk.data.degradation.operations import chance

COLOURS = (8, 16, 64, 256)


def dither(picture: Tensor, generator: torch.Generator) -> Tensor:
    """Reduces each sample to few colours: by an 8 x 8 threshold matrix (Bayer 1973) or by error diffusion (Floyd and Steinberg 1976).

    Args:
        picture: (B, 3, H, W) in [0, 1]. Samples with equal channels become black and white or one of a few grays.

    Returns:
        As ``picture``; the mean brightness of an area is kept.
    """
    ordered = chance(0.5, len(picture), generator)
    steps = 2 ** torch.randint(1, 4, (len(picture), 1, 1, 1), generator=generator, device=generator.device) - 1
    threshold = _bayer(picture.shape[2], picture.shape[3]).to(picture)
    result = torch.where(ordered, (picture * steps + threshold).floor().clamp(max=steps) / steps, picture)
    colours = torch.randint(0, len(COLOURS), (len(picture),), generator=generator, device=generator.device).tolist()
    for number in (~ordered).flatten().nonzero().flatten().tolist():
        result[number] = _diffused(picture[number], COLOURS[colours[number]])
    return result


def _bayer(height: int, width: int) -> Tensor:
    """(height, width) thresholds in (0, 1), the 8 x 8 matrix repeated."""
    matrix = torch.zeros((1, 1))
    for _ in range(3):
        matrix = torch.cat((torch.cat((4 * matrix, 4 * matrix + 2), 1), torch.cat((4 * matrix + 3, 4 * matrix + 1), 1)))
    return ((matrix + 0.5) / 64).repeat(-(-height // 8), -(-width // 8))[:height, :width]


def _diffused(sample: Tensor, colours: int) -> Tensor:
    """A (3, H, W) sample as Pillow makes it black and white, or reduces it to a palette of so many colours."""
    pixels = sample.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if bool((sample == sample[:1]).all()):
        image = image.convert("L").convert("1")
    else:
        image = image.quantize(colours).convert("RGB") if colours == 256 else image.quantize(palette=image.quantize(colours))
    reduced = np.asarray(image.convert("RGB"))
    return torch.from_numpy(reduced.copy()).permute(2, 0, 1).to(sample.device) / 255
