"""Distances between a reconstruction and its target."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.registry import Registry

Loss = Callable[[Tensor, Tensor], Tensor]

LOSSES: Registry[Loss] = Registry("loss")
LOSSES.add("l1", F.l1_loss)
LOSSES.add("mse", F.mse_loss)
# Charbonnier (Lai 2017): L1 that is smooth at zero.
LOSSES.add("charbonnier", lambda a, b: torch.sqrt((a - b).square() + 1e-6).mean())
