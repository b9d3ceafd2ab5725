"""The objectives of the erasing networks: find marks and take them off; fill holes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.examples import Example
from aedesk.data.watermarks.sampling import VISIBLE, blend_over
from aedesk.models.unblending import Found, Unblending
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.objectives.reconstruction import NoArguments
from aedesk.training.recipe import FIND, MEND, SETTLED, Recipe, Stage

FINAL = 4.0
"""Weight of the restored picture beside what the finder is told."""
INK_COLOUR, INK_ALPHA = 0.25, 0.3
"""How far in colour, and as a share in alpha, a mark may be from an ink and still be of it."""
ELSEWHERE = 0.05
"""What a pixel outside of all marks counts in the restored picture: it is thrown away there, but edges of masks are never exact."""
COARSER = 0.5
"""Weight of a filling at half the size."""


class Unmarking(Objective):
    """The finder learns where marks are, their alpha and light; the mender learns fidelity where they were.

    Errors of alpha and light count half near marks and half over the whole picture. Near marks alone there always is one, so a finder
    that is asked nowhere else learns to guess its opacity from the brightness, and to find nothing. The mender's error is kept from the
    finder: where little shines through, it would be multiplied by up to 1 / ``LEAST_LIGHT`` and drown all else.

    A stage with the loss "find" trains the finder alone, one with "mend" the mender, while the finder rests with its running means; with
    "find-settled" it learns with them.
    """

    def __init__(self, network: Unblending, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments_of(NoArguments, recipe)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        light, alpha, mask = asked(example)
        self.network.finder.train(stage.loss not in (SETTLED, MEND))
        with torch.set_grad_enabled(stage.loss != MEND):
            found = self.network.find(example.noisy, example.hint, example.ink)
        near = F.max_pool2d(mask, 5, stride=1, padding=2)
        with torch.autocast(example.noisy.device.type, enabled=False):
            blended, marked = (blend_over(example.target, *each) for each in ((found.light, found.alpha), (light, alpha)))
            pairs = ((found.alpha, alpha), (found.light, light), (blended, marked))
            mark = torch.stack([LOSSES["l1"](guess, truth, near) + LOSSES["l1"](guess, truth) for guess, truth in pairs]).sum()
            sure = F.binary_cross_entropy_with_logits(found.logit, mask) + _dice(found.logit, mask)
        terms = {"mark": mark.detach(), "mask": sure.detach()}
        if stage.loss in (FIND, SETTLED):
            return mark + sure, {"loss": (mark + sure).detach(), **terms}
        restored = self.network.mend(example.noisy, Found(found.logit.detach(), found.alpha.detach(), found.light.detach()))
        fidelity = LOSSES["l1" if stage.loss == MEND else stage.loss](restored, example.target, near + ELSEWHERE)
        psnr = decibels(torch.where(near > 0, restored, example.noisy), example.target)
        whole = fidelity if stage.loss == MEND else FINAL * fidelity + mark + sure
        return whole, {"loss": fidelity.detach(), "psnr": psnr, **terms}

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        restored: Tensor = network(example.noisy, torch.zeros_like(example.noisy[:, :1]))
        return restored

    @staticmethod
    def figures(network: Any, example: Example) -> dict[str, Tensor]:
        """F1 of the mask, of all marks and of one ink; PSNR inside the true mask of what is restored."""
        _, _, mask = _truth(example)
        nowhere = torch.zeros_like(mask)
        found, told = (network.find(example.noisy, nowhere, ink) for ink in (None, example.ink))
        restored = network.mend(example.noisy, found).clamp(0, 1)
        return {"f1": _f1(found, mask), "f1_ink": _f1(told, asked(example)[2]), "inside": _inside(restored, example.target, mask)}


class Filling(Objective):
    """Fidelity inside of the holes, at every scale that the network has a turn at.

    At full size each picture of a batch is in another round, and the earlier ones are gone over without a gradient (recycling, Jumper
    2021): it learns to correct what it has filled itself.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments_of(NoArguments, recipe)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        hole = _hole(example)
        count = self.network.config.rounds
        first = int(torch.randint(count, (1,), generator=generator, device=generator.device))
        rounds = (torch.arange(len(hole), device=hole.device) + first) % count + 1
        *coarser, (filled, hole) = self.network.fill_at_scales(example.noisy, hole, rounds)
        loss = LOSSES[stage.loss](filled, example.target, hole)
        terms = {"loss": loss.detach(), "psnr": _inside(filled.detach(), example.target, hole)}
        goal, weight = example.target, 1.0
        for smaller, gaps in reversed(coarser):
            goal, weight = F.avg_pool2d(goal, 2), weight * COARSER
            loss = loss + weight * LOSSES[stage.loss](smaller, goal, gaps)
        return loss, terms

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        filled: Tensor = network(example.noisy, _hole(example))
        return filled

    @staticmethod
    def figures(network: Any, example: Example) -> dict[str, Tensor]:
        """PSNR inside of the holes."""
        hole = _hole(example)
        return {"inside": _inside(network(example.noisy, hole).clamp(0, 1), example.target, hole)}


def _truth(example: Example) -> tuple[Tensor, Tensor, Tensor]:
    """Light, alpha and mask. Raises :class:`SpecError` for examples without marks."""
    if example.mark is None:
        raise SpecError("This network learns from marked pictures.", 'Write chain = "marks" into [degradation].')
    light, alpha = example.mark[:, :3], example.mark[:, 3:]
    return light, alpha, (alpha > VISIBLE).float()


def asked(example: Example) -> tuple[Tensor, Tensor, Tensor]:
    """Light, alpha and mask of what was asked for: all marks, or where an ink is given that ink alone. Raises as those of all do."""
    light, alpha, mask = _truth(example)
    if example.ink is None:
        return light, alpha, mask
    ink_light, ink_alpha = example.ink[:, :3], example.ink[:, 3:]
    differs = (light / alpha.clamp(min=VISIBLE) - ink_light / ink_alpha.clamp(min=VISIBLE)).abs().amax(1, keepdim=True)
    alike = mask * (differs < INK_COLOUR)
    strongest = (alpha * alike).amax((2, 3), keepdim=True)
    alike = alike * ((strongest / ink_alpha.clamp(min=VISIBLE) - 1).abs() < INK_ALPHA)
    wanted = torch.where(ink_alpha > 0, alike, torch.ones_like(mask))
    return light * wanted, alpha * wanted, mask * wanted


def _hole(example: Example) -> Tensor:
    if example.weight is None:
        raise SpecError("This network learns from pictures with holes.", 'Write chain = "holes" into [degradation].')
    return example.weight


def _dice(logit: Tensor, mask: Tensor) -> Tensor:
    """1 - the mask's F1 over the batch, in a form that has a slope (Milletari 2016)."""
    chance = torch.sigmoid(logit)
    return 1 - (2 * (chance * mask).sum() + 1) / (chance.sum() + mask.sum() + 1)


def _f1(found: Found, mask: Tensor) -> Tensor:
    guess = (found.logit > 0).float()
    return 2 * (guess * mask).sum() / (guess.sum() + mask.sum()).clamp(min=1)


def _inside(picture: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """PSNR in dB over the pixels of the mask."""
    error = ((picture.float() - target).square() * mask).sum() / (3 * mask.sum()).clamp(min=1)
    return -10 * torch.log10(error.clamp(min=1e-10))
