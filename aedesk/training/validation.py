"""Figures on the held-out pictures during a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.data.examples import Example
from aedesk.training.objectives.base import Objective


@torch.inference_mode()
def validate(
    objective: type[Objective], network: Any, examples: Sequence[Example], dtype: torch.dtype, cancel: CancelToken
) -> dict[str, float]:
    """Mean PSNR in dB of the examples, noisy (``val_noisy``) and restored (``val_psnr``)."""
    noisy_db, restored_db = [], []
    for example in examples:
        cancel.check()
        with torch.autocast(example.noisy.device.type, dtype, enabled=dtype != torch.float32):
            restored = objective.reconstruct(network, example).float().clamp(0, 1)
        noisy_db.append(_psnr(example.noisy, example.target))
        restored_db.append(_psnr(restored, example.target))
    return {"val_noisy": float(np.mean(noisy_db)), "val_psnr": float(np.mean(restored_db))}


def _psnr(picture: Tensor, target: Tensor) -> float:
    return float(-10 * torch.log10((picture - target).square().mean().clamp(min=1e-10)))
