"""The objective of the learned codec: rate and distortion, at every quality."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.examples.example import Example
from aedesk.models.codec.network import Codec, Coded
from aedesk.models.codec.quality import MAX_QUALITY, lmbda_of
from aedesk.models.codec.tables import fit_tables
from aedesk.training.distributed import draw_for_batch
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.recipes.recipe import RATE, Recipe, Stage

VALIDATION_QUALITIES = (20, 45, 70)
"""Qualities at which validation measures."""
TABLE_BATCHES = 6
"""Batches that the probability tables are fitted to."""
TYPICAL_COST = (7.55, 0.42)
"""Typical cost of a photograph (bpp + lambda * MSE): the first times lambda to the power of the second."""


@dataclass(frozen=True)
class RateDistortionArguments:
    """[objective] of a codec.

    Args:
        qualities: lowest and highest quality; that of every patch is drawn between them.
    """

    qualities: tuple[int, ...] = (0, MAX_QUALITY)

    def __post_init__(self) -> None:
        if len(self.qualities) != 2 or not 0 <= self.qualities[0] <= self.qualities[1] <= MAX_QUALITY:
            raise SpecError(f"qualities is {list(self.qualities)}.", f"Choose the lowest and the highest, from 0 to {MAX_QUALITY}.")


class RateDistortion(Objective):
    """Bits per pixel plus lambda times the mean squared error in 8-bit levels (Ballé 2017), at a random quality per patch (Cui 2021).

    The loss is the logarithm of the sum of this cost and its typical value at the quality. A saving of one per cent then counts the same at
    every quality, as in BD-rates, and a bit counts about the same in all patches except the busiest. Without the logarithm, patches at the
    highest qualities, whose costs are twenty times the others', would dominate the gradient.

    A stage with the loss "rate" trains only the entropy model.
    """

    def __init__(self, network: Codec, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        self.arguments = arguments_of(RateDistortionArguments, recipe)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        low, high = self.arguments.qualities
        count, device = len(example.target), example.target.device
        quality = draw_for_batch(lambda rows: torch.randint(low, high + 1, (rows,), device=device, generator=generator), count)
        if stage.loss == RATE:
            with torch.no_grad():
                y = self.network.analyse(example.target)
            _, y_bits, z_bits = self.network.entropy(y, quality, rate_alone=True)
            bpp = (y_bits + z_bits).mean() / (example.target.shape[2] * example.target.shape[3])
            return bpp, {"loss": bpp.detach(), "bpp": bpp.detach()}
        coded = self.network.coded(example.target, quality)
        cost, bpp = rate_distortion(coded, example.target, quality)
        terms = {"loss": cost.mean().detach(), "bpp": bpp.mean().detach(), "psnr": decibels(coded.picture, example.target)}
        factor, power = TYPICAL_COST
        return (cost + factor * lmbda_of(quality) ** power).log().mean(), terms

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        quality = torch.full((len(example.target),), VALIDATION_QUALITIES[1], device=example.target.device)
        picture: Tensor = network.coded(example.target, quality).picture
        return picture

    @staticmethod
    def complete(network: Any, draw: Callable[[int], Example]) -> None:
        """Fits the probability tables to the symbols of some training patches, at qualities over the whole range."""
        batches = []
        for number in range(TABLE_BATCHES):
            pictures = draw(number).target
            spread = torch.linspace(0, MAX_QUALITY, TABLE_BATCHES * len(pictures), device=pictures.device).round().long()
            batches.append((pictures, spread[number::TABLE_BATCHES]))
        network.entropy.tables.copy_(torch.from_numpy(fit_tables(network, batches).frequencies.copy()))

    @staticmethod
    def figures(network: Any, example: Example) -> dict[str, Tensor]:
        """Returns bits per pixel and PSNR at the validation qualities, and the geometric mean of their costs as the loss."""
        found: dict[str, Tensor] = {}
        costs = []
        for value in VALIDATION_QUALITIES:
            quality = torch.full((len(example.target),), value, device=example.target.device)
            coded = network.coded(example.target, quality)
            cost, bpp = rate_distortion(coded, example.target, quality)
            costs.append(cost.mean())
            found |= {f"bpp_{value}": bpp.mean(), f"psnr_{value}": decibels(coded.picture.clamp(0, 1), example.target)}
        return {"loss": torch.stack(costs).log().mean().exp(), **found}


def rate_distortion(coded: Coded, target: Tensor, quality: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the cost bpp + lambda * MSE (B,), MSE in squared 8-bit levels, and the bits per pixel (B,)."""
    error = (coded.picture.float() - target).square().mean((1, 2, 3)) * 255**2
    bpp = (coded.y_bits + coded.z_bits) / (target.shape[2] * target.shape[3])
    return bpp + lmbda_of(quality) * error, bpp
