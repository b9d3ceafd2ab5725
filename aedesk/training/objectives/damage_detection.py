"""The objective of the network that finds damage: classify every pixel, at every scale."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.examples.example import Example
from aedesk.models.restoration.damage_detection import KINDS, probabilities
from aedesk.training.objectives.base import Objective, arguments_of
from aedesk.training.objectives.reconstruction import NoArguments
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.recipes.tables import require

COARSER = 0.5
"""Weight of a scale against the next finer one."""
WEIGHTS = (4.0, 4.0, 1.0, 1.0)
"""Of a pixel of lines, specks, stains and a sound area in the cross-entropy: generated lines cover a fourth of the area of stains."""
TOLERANCE_PX = 1
"""How far a mask may be off without being wrong: the edge of a crack has no exact place."""


class Detection(Objective):
    """Cross-entropy plus 1 - Dice of each kind of damage and of all together, at every scale.

    Only a small share of the pixels is damaged, least of all by dust, and cross-entropy alone would favour calling every pixel sound. Dice
    (Milletari 2016) of each kind that occurs in the batch balances the kinds, however few pixels they have. Sound pixels next to damage
    have no weight.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments_of(NoArguments, recipe)
        multiple = network.descriptor.size_multiple
        for stage in recipe.stages:
            fits = stage.patch_px % multiple == 0
            require(fits, f"[stage] patch_px is {stage.patch_px}.", f"Choose a multiple of {multiple}: the network halves it so often.")
            require(stage.loss == "bce", f'The loss "{stage.loss}" is for pictures, not for masks.', 'Write loss = "bce".')

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        found = list(self.network.logits_at_scales(example.noisy))
        mask, weight = example.target, 1.0
        total = mask.new_zeros(())
        terms: dict[str, Tensor] = {}
        for logits in reversed(found):
            entropy, overlap = _entropy(logits, mask), _dice_loss(logits, mask)
            total = total + weight * (entropy + overlap)
            terms = terms or {"loss": entropy.detach(), "dice": overlap.detach(), "f1": tolerant_f1(logits.detach(), mask)}
            mask, weight = F.max_pool2d(mask, 2), weight * COARSER
            mask = mask * (mask.cumsum(1) <= 1)  # pixels that now have several kinds take the first
        return total, terms

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        found: Tensor = network(example.noisy)
        return found

    @staticmethod
    def figures(network: Any, example: Example) -> dict[str, Tensor]:
        """F1 of all damage with a tolerance of one pixel."""
        *_, logits = network.logits_at_scales(example.noisy)
        return {"f1": tolerant_f1(logits, example.target)}


def tolerant_f1(logits: Tensor, mask: Tensor) -> Tensor:
    """F1 of (B, 4, H, W) logits as a mask of any damage against (B, 3, H, W); right within ``TOLERANCE_PX``; 1 if both are empty."""
    truth = mask.amax(1, keepdim=True)
    guess = (probabilities(logits).sum(1, keepdim=True) > 0.5).to(truth)
    precise = (guess * _grown(truth)).sum() / guess.sum().clamp(min=1)
    complete = (truth * _grown(guess)).sum() / truth.sum().clamp(min=1)
    if not bool(truth.any()):
        return 1 - guess.amax()
    return 2 * precise * complete / (precise + complete).clamp(min=1e-6)


def _grown(mask: Tensor) -> Tensor:
    return F.max_pool2d(mask, 2 * TOLERANCE_PX + 1, stride=1, padding=TOLERANCE_PX)


def _counted(mask: Tensor) -> Tensor:
    """(B, H, W), 0 for sound pixels beside damage and 1 elsewhere."""
    damaged = mask.amax(1, keepdim=True)
    return (1 - (_grown(damaged) - damaged))[:, 0]


def _entropy(logits: Tensor, mask: Tensor) -> Tensor:
    classes = torch.where(mask.amax(1) > 0, mask.argmax(1), KINDS)
    weight = _counted(mask) * logits.new_tensor(WEIGHTS)[classes]
    return (F.cross_entropy(logits, classes, reduction="none") * weight).sum() / weight.sum().clamp(min=1)


def _dice_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """Mean of 1 - Dice over the kinds that occur and all damage together; 0 for a batch without damage."""
    chance, truth = (torch.cat((each, each.sum(1, keepdim=True)), 1) for each in (probabilities(logits), mask))
    chance = chance * _counted(mask)[:, None]
    areas = truth.sum((0, 2, 3))
    dice = 2 * (chance * truth).sum((0, 2, 3)) / (chance.sum((0, 2, 3)) + areas).clamp(min=1)
    occurs = (areas > 0).to(dice)
    return ((1 - dice) * occurs).sum() / occurs.sum().clamp(min=1)
