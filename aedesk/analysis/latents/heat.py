"""Where a reconstruction is wrong, as a picture."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PEAK = 64.0
"""Gray levels of error that are shown brightest: one fixed scale, so that pictures can be compared."""

_STOPS = ((0, 0, 4), (58, 16, 110), (150, 40, 105), (225, 85, 50), (250, 165, 40), (255, 250, 165))


def _table() -> Tensor:
    at = np.linspace(0, len(_STOPS) - 1, 256)
    columns = [np.interp(at, range(len(_STOPS)), channel) for channel in zip(*_STOPS, strict=True)]
    return torch.from_numpy(np.stack(columns, 1).round().astype(np.uint8))


_COLOURS = _table()


def heat_maps(original: Tensor, reconstruction: Tensor) -> NDArray[np.uint8]:
    """Mean absolute error over the channels of (B, C, H, W) in [0, 1], as (B, H, W, 3): black is none, yellow ``PEAK`` and more."""
    error = (original - reconstruction).abs().mean(1).mul(255 / PEAK).clamp(0, 1)
    return np.ascontiguousarray(_COLOURS[error.mul(255).round().long()].numpy())


def rms(original: Tensor, reconstruction: Tensor) -> Tensor:
    """Root mean square error of each picture in gray levels: (B,)."""
    return (original - reconstruction).square().mean((1, 2, 3)).sqrt() * 255


def psnr(original: Tensor, reconstruction: Tensor) -> float:
    """PSNR in dB over all of both; infinite if they are equal."""
    mse = float((original - reconstruction).square().mean())
    return float("inf") if mse == 0 else -10 * float(np.log10(mse))
