"""Figures on the held-out pictures during a run: the recipe's own degradation with a fixed seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from aedesk.core.cancel import CancelToken
from aedesk.data.chains import CHAINS
from aedesk.training.recipe import Recipe

CROP_PX = 256


@torch.inference_mode()
def validate(
    network: Any, pictures: Sequence[np.ndarray], recipe: Recipe, device: torch.device, dtype: torch.dtype, cancel: CancelToken
) -> dict[str, float]:
    """Mean PSNR in dB of the central crops, all damaged, noisy (``val_noisy``) and restored in *auto* (``val_psnr``)."""
    noisy_db, restored_db = [], []
    for number, picture in enumerate(pictures):
        cancel.check()
        height, width = picture.shape[:2]
        side = min(CROP_PX, height // 8 * 8, width // 8 * 8)
        top, left = (height - side) // 2, (width - side) // 2
        pixels = torch.from_numpy(picture[top : top + side, left : left + side].copy()).to(device)
        clean = pixels.permute(2, 0, 1)[None].float() / 255
        noisy, clean, _ = CHAINS[recipe.chain](clean, {**recipe.ranges, "clean": 0.0}, torch.Generator(device).manual_seed(number))
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            restored = network(noisy, network.auto_level(noisy)).float().clamp(0, 1)
        noisy_db.append(float(-10 * torch.log10((noisy - clean).square().mean().clamp(min=1e-10))))
        restored_db.append(float(-10 * torch.log10((restored - clean).square().mean().clamp(min=1e-10))))
    return {"val_noisy": float(np.mean(noisy_db)), "val_psnr": float(np.mean(restored_db))}
