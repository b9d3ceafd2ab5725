"""Figures and previews on the held-out pictures during a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.data.examples.example import Example
from aedesk.training.objectives.base import Objective, decibels
from aedesk.training.objectives.losses import LOSSES

COLUMNS = 6
CELL_PX = 160
_GAP_PX = 2
_GROUND = 40  # dark gray between the cells


@torch.no_grad()
def validate(
    objective: type[Objective], network: Any, examples: Sequence[Example], loss: str, dtype: torch.dtype, cancel: CancelToken
) -> dict[str, float]:
    """Means over the examples: ``val_loss``, the PSNR in dB of the restored (``val_psnr``) and the noisy (``val_noisy``) pictures, and
    what :func:`validate_part` measures."""
    figures = []
    for example in examples:
        cancel.check()
        restored = _restore(objective, network, example, dtype)
        loss_value = LOSSES[loss](restored, example.target, example.weight)
        restored_db, noisy_db = decibels(restored.clamp(0, 1), example.target), decibels(example.noisy, example.target)
        figures.append((float(loss_value), float(restored_db), float(noisy_db)))
    means = dict(zip(("val_loss", "val_psnr", "val_noisy"), np.mean(figures, axis=0).tolist(), strict=True))
    return means | validate_part(objective, network, examples, dtype, cancel)


@torch.no_grad()
def validate_part(
    objective: type[Objective], network: Any, examples: Sequence[Example], dtype: torch.dtype, cancel: CancelToken
) -> dict[str, float]:
    """Means over the examples of the objective's own figures, for which the whole network is not run: ``val_estimator`` of a U-Net, the
    relative error of the noise levels that it estimates; nothing for most objectives."""
    rows = []
    for example in examples:
        cancel.check()
        with torch.autocast(example.noisy.device.type, dtype, enabled=dtype != torch.float32):
            rows.append({f"val_{name}": float(value) for name, value in objective.figures(network, example).items()})
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


@torch.no_grad()
def preview(objective: type[Objective], network: Any, examples: Sequence[Example], dtype: torch.dtype) -> np.ndarray:
    """One (H, W, 3) uint8 sheet: a column per example (at most six), and in it the original, what was done to it, and the reconstruction.

    Large pictures show their middle, small ones are enlarged by a whole number.
    """
    columns = []
    for example in examples[:COLUMNS]:
        shown = (example.target, example.noisy, _restore(objective, network, example, dtype))
        columns.append([_cell(picture) for picture in shown])
    height, width = (max(column[0].shape[axis] for column in columns) for axis in (0, 1))
    sheet = np.full((3 * height + 2 * _GAP_PX, len(columns) * (width + _GAP_PX) - _GAP_PX, 3), _GROUND, np.uint8)
    for x, column in enumerate(columns):
        for y, cell in enumerate(column):
            top = y * (height + _GAP_PX) + (height - cell.shape[0]) // 2
            left = x * (width + _GAP_PX) + (width - cell.shape[1]) // 2
            sheet[top : top + cell.shape[0], left : left + cell.shape[1]] = cell
    return sheet


def _restore(objective: type[Objective], network: Any, example: Example, dtype: torch.dtype) -> Tensor:
    with torch.autocast(example.noisy.device.type, dtype, enabled=dtype != torch.float32):
        return objective.reconstruct(network, example).float()


def _cell(picture: Tensor) -> np.ndarray:
    height, width = picture.shape[2:]
    top, left = max(0, (height - CELL_PX) // 2), max(0, (width - CELL_PX) // 2)
    part = picture[:1, :, top : top + CELL_PX, left : left + CELL_PX].float()
    times = max(1, CELL_PX // max(part.shape[2:]))
    part = F.interpolate(part, scale_factor=times, mode="nearest") if times > 1 else part
    pixels = (part[0].clamp(0, 1) * 255).round().byte().cpu().permute(1, 2, 0).numpy()
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels[:, :, :3]
