"""What a training step minimises, by the purpose of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.registry import Registry
from aedesk.data.chains import CHAINS
from aedesk.data.degradations import uniform
from aedesk.models.noise_estimator import CELL_PX
from aedesk.models.unet import UNet

Loss = Callable[[Tensor, Tensor], Tensor]

LOSSES: Registry[Loss] = Registry("loss")
LOSSES.add("l1", F.l1_loss)
LOSSES.add("mse", F.mse_loss)
# Charbonnier (Lai 2017): L1 that is smooth at zero.
LOSSES.add("charbonnier", lambda a, b: torch.sqrt((a - b).square() + 1e-6).mean())


def local_level(noise: Tensor) -> Tensor:
    """Root mean square of ``noise`` (B, C, H, W) around each cell of 8x8 pixels, in 8-bit units: (B, 1, H/8, W/8).

    Averaged over 3x3 cells: below that the level cannot be told from the noise itself.
    """
    power = F.avg_pool2d(noise.float().square().mean(1, keepdim=True), CELL_PX)
    return F.avg_pool2d(power, 3, stride=1, padding=1, count_include_pad=False).clamp(min=1e-12).sqrt() * 255


def denoise_objective(
    network: UNet, clean: Tensor, chain: str, ranges: Mapping[str, Any], loss: str, estimator_weight: float, generator: torch.Generator
) -> tuple[Tensor, dict[str, Tensor]]:
    """One step's loss: restoration given the noise level, plus the estimate of that level.

    With a "local" estimate the network is told the true local level in half of the samples, its own estimate in a quarter, and
    one number for the whole patch in the rest: what *auto* and *set* give it later.

    Args:
        clean: (B, 3, P, P) uint8.
        chain: name of a degradation chain; ``ranges`` its arguments.
    """
    target = clean.float() / 255
    noisy, target, level = CHAINS[chain](target, ranges, generator)
    estimate = network.estimator(noisy)
    if network.config.estimate == "global":
        goal, condition = level.expand_as(estimate), level
    else:
        goal = local_level(noisy - target)
        one = goal.square().mean((1, 2, 3), keepdim=True).sqrt().expand_as(goal)
        choice = uniform(0, 1, len(clean), generator)
        condition = torch.where(choice < 0.5, goal, torch.where(choice < 0.75, estimate.detach(), one))
        condition = F.interpolate(condition, scale_factor=CELL_PX, mode="bilinear")
    restored = network(noisy, condition).float()
    fidelity = LOSSES[loss](restored, target)
    # Relative, so that an error of one level counts at sigma 5 and not at 50.
    estimation = (estimate - goal).abs().div(goal + 2).mean()
    mse = (restored.detach() - target).square().mean()
    metrics = {"loss": fidelity.detach(), "psnr": -10 * torch.log10(mse), "estimator": estimation.detach()}
    return fidelity + estimator_weight * estimation, metrics
