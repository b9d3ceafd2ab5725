"""The objective of the masked autoencoder: paint the patches that were hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.training.distributed import draw_for_batch
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require


@dataclass(frozen=True)
class MaskedArguments:
    """How much is hidden and what counts.

    Args:
        ratio: share of the patches that is hidden: one number, or a range from which each step draws. High ratios teach the
            best features (0.75 in the paper); a range suits a network that is to inpaint.
        visible: weight of the patches that were seen. 0 in the paper; a little lets the network reconstruct whole pictures from
            their codes, and paint without seams.
    """

    ratio: float | tuple[float, ...] = 0.75
    visible: float = 0.5

    def __post_init__(self) -> None:
        low, high = self.span
        require(0 < low <= high < 1, f"ratio is {self.ratio}.", "Choose a number between 0 and 1, or two of them, the smaller first.")
        require(0 <= self.visible <= 10, f"visible is {self.visible:g}.", "Choose 0 to 10.")

    @property
    def span(self) -> tuple[float, float]:
        ratio = self.ratio if isinstance(self.ratio, tuple) else (self.ratio, self.ratio)
        require(len(ratio) == 2, f"ratio has {len(ratio)} numbers.", "Give one number, or the ends of a range.")
        return ratio[0], ratio[1]


class MaskedReconstruction(Objective):
    """The stage's loss on the hidden patches, plus a little of it on the seen ones (He 2021).

    Raises :class:`SpecError` for the loss "ssim-mix", which cannot look at some patches only.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(MaskedArguments, recipe)
        for stage in recipe.stages:
            require(stage.loss in ("l1", "mse", "charbonnier"), f"The loss {stage.loss!r} cannot be used here.", "Choose l1 or mse.")

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        network, loss, arguments = self.network, LOSSES[stage.loss], self.arguments
        low, high = arguments.span
        visible = choose(len(example.noisy), network.config.grid**2, low, high, generator)
        painted = network.paint(network.see(example.noisy, visible), visible)
        seen, target = seen_map(network, visible), example.target
        hidden = loss(painted, target, 1 - seen)
        total = hidden + arguments.visible * loss(painted, target, seen) if arguments.visible else hidden
        blind = (seen == 0).expand_as(target)
        return total, {"loss": hidden.detach(), "psnr": decibels(painted[blind], target[blind])}

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        """The picture with three quarters of its patches painted, always the same ones."""
        noisy = example.noisy
        visible = choose(1, network.config.grid**2, 0.75, 0.75, torch.Generator(noisy.device).manual_seed(0)).expand(len(noisy), -1)
        return torch.lerp(network.paint(network.see(noisy, visible), visible), noisy.float(), seen_map(network, visible))


def choose(batch: int, patches: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Numbers (batch, K) of the patches that stay visible, others for each picture; at least one stays and one goes."""
    ratio = low + (high - low) * float(torch.rand((), generator=generator, device=generator.device))
    count = min(max(round(patches * (1 - ratio)), 1), patches - 1)
    order = draw_for_batch(lambda rows: torch.rand(rows, patches, generator=generator, device=generator.device), batch)
    return order.argsort(1)[:, :count]


def seen_map(network: Any, visible: Tensor) -> Tensor:
    """(B, 1, size_px, size_px): 1 where a patch is visible, 0 where it is hidden."""
    config = network.config
    seen = torch.zeros(len(visible), config.grid**2, device=visible.device).scatter(1, visible, 1.0)
    seen = seen.view(-1, 1, config.grid, config.grid)
    return seen.repeat_interleave(config.patch_px, 2).repeat_interleave(config.patch_px, 3)
