"""JPEG's loss on batches of tensors: what baseline JPEG at a quality does to a picture, without writing a file.

Standard tables (ITU-T T.81, Annex K) scaled as libjpeg does, chroma at full or half resolution. Entropy coding is lossless and so
left out.
"""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor

_LUMA = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
_CHROMA = """17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99"""
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))


@functools.lru_cache(maxsize=8)
def _constants(device: torch.device) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    n = torch.arange(8, dtype=torch.float32)
    dct = torch.cos((2 * n[None] + 1) * n[:, None] * math.pi / 16) / 2
    dct[0] /= math.sqrt(2)
    tables = torch.tensor([[float(v) for v in table.split()] for table in (_LUMA, _CHROMA, _CHROMA)]).view(1, 3, 8, 8)
    return dct.to(device), tables.to(device), torch.tensor(_TO_YCC, device=device), torch.tensor(_TO_RGB, device=device)


def _mix(picture: Tensor, matrix: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", matrix, picture)


def jpeg(picture: Tensor, quality: Tensor, half_chroma: Tensor) -> Tensor:
    """What remains of a picture after JPEG.

    Args:
        picture: (B, 3, H, W) in [0, 1]; clipped and rounded to 8 bit first, as a file would.
        quality: (B, 1, 1, 1), 1..100 as in libjpeg.
        half_chroma: (B, 1, 1, 1) bool: chroma at half resolution (4:2:0) or at full (4:4:4).

    Returns:
        (B, 3, H, W) in [0, 1], multiples of 1/255.
    """
    dct, tables, to_ycc, to_rgb = _constants(picture.device)
    height, width = picture.shape[2:]
    padded = F.pad(picture, (0, -width % 16, 0, -height % 16), mode="replicate")
    ycc = _mix(padded.clamp(0, 1).mul(255).round() - 128, to_ycc)  # the offset moves luma only: the chroma rows sum to zero
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    table = ((tables * scale + 50) / 100).floor().clamp(1, 255)
    full = _code(ycc, table, dct)
    if bool(half_chroma.any()):
        half = F.avg_pool2d(ycc[:, 1:], 2)
        # libjpeg's "fancy" upsampling is the same triangle filter.
        half = F.interpolate(_code(half, table[:, 1:], dct), scale_factor=2, mode="bilinear")
        full = torch.where(half_chroma, torch.cat((full[:, :1], half), 1), full)
    return (_mix(full, to_rgb) + 128).round().clamp(0, 255)[:, :, :height, :width] / 255


def _code(planes: Tensor, table: Tensor, dct: Tensor) -> Tensor:
    batch, channels, height, width = planes.shape
    # A half-size plane may not be a multiple of 8; 16-pixel padding makes it one.
    blocks = planes.view(batch, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    step = table.view(*table.shape[:2], 1, 1, 8, 8)
    coded = (dct @ blocks @ dct.T).div(step).round() * step
    return (dct.T @ coded @ dct).transpose(3, 4).reshape(batch, channels, height, width)
