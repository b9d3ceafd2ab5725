"""The objective of the restoration U-Nets: restore, given the noise level, and estimate that level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.data.degradation.operations import uniform
from aedesk.data.examples.example import Example
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.models.restoration.noise_estimator import CELL_PX
from aedesk.training.distributed import draw_for_batch
from aedesk.training.objectives.base import Objective, arguments_of
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.recipes.recipe import LEVEL, Recipe, Stage
from aedesk.training.recipes.tables import require


def local_level(noise: Tensor) -> Tensor:
    """Root mean square of ``noise`` (B, C, H, W) around each cell of 8x8 pixels, in 8-bit units: (B, 1, H/8, W/8).

    Averaged over 3x3 cells: below that the level cannot be told from the noise itself.
    """
    power = F.avg_pool2d(noise.float().square().mean(1, keepdim=True), CELL_PX)
    return F.avg_pool2d(power, 3, stride=1, padding=1, count_include_pad=False).clamp(min=1e-12).sqrt() * 255


def level_goal(network: Any, example: Example, estimate: Tensor) -> Tensor:
    """What ``network.estimator`` should say of ``example.noisy``, in the shape of its ``estimate``."""
    if network.config.estimate == "global":
        return example.level.expand_as(estimate)
    return local_level(example.noisy - example.target)


def relative_error(estimate: Tensor, goal: Tensor) -> Tensor:
    """Mean error of noise levels, as the logarithm of their ratio, so that an error of one level counts at sigma 5 and not at 50.

    Divided by the goal instead, half of it would weigh less than its double, and an estimator in doubt would always say too little.
    """
    return torch.log((estimate + 2) / (goal + 2)).abs().mean()


@dataclass(frozen=True)
class RestorationArguments:
    """[objective] of a restoration U-Net.

    Args:
        teacher: name or file of a larger denoiser to learn from (distillation, Hinton 2015); empty for none.
        teacher_weight: share of the teacher's result in what the network should answer, 0 to 1; the rest is the clean picture.
    """

    teacher: str = ""
    teacher_weight: float = 0.5

    def __post_init__(self) -> None:
        require(0 <= self.teacher_weight <= 1, f"teacher_weight is {self.teacher_weight}.", "Choose a share from 0 to 1.")


def load_teacher(name: str, student: nn.Module) -> nn.Module:
    """A denoiser of the student's channels, on its device and without gradients.

    Raises :class:`SpecError` if the model takes another input than the student, ModelError if there is none.
    """
    teacher: Any = load_model(find_model(name), next(student.parameters()).device)[0]
    ours: Any = student
    contracts = (teacher.descriptor, ours.descriptor)
    kinds = {(about.purpose, about.channels, about.conditions) for about in contracts}
    require(len(kinds) == 1, f"The teacher {name} is another kind of model.", "Choose a denoising U-Net with as many channels.")
    return teacher.requires_grad_(False).eval()


class Restoration(Objective):
    """Fidelity plus ``estimator_weight`` times the relative error of the estimated noise level.

    With a "local" estimate the network is given its own estimate in half of the samples, as *auto* does later, the true local level in a
    quarter, and one number for the whole patch in the rest, as a manual level does.

    A stage with the loss "level" minimises that relative error alone. The estimator is small and sees neither the restored picture nor
    the rest of the network, which is left out of such a step.
    """

    def __init__(self, network: Any, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments = arguments_of(RestorationArguments, recipe)
        self.teacher_weight = arguments.teacher_weight
        # In a list, because a submodule would be trained, averaged and saved with the network.
        self._teachers = [load_teacher(arguments.teacher, network)] if arguments.teacher else []

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        noisy, target, network = example.noisy, example.target, self.network
        estimate = network.estimator(noisy)
        goal = level_goal(network, example, estimate)
        estimation = relative_error(estimate, goal)
        if stage.loss == LEVEL:
            return estimation, {"loss": estimation.detach(), "estimator": estimation.detach()}
        if network.config.estimate == "global":
            condition = example.level
        else:
            one = goal.square().mean((1, 2, 3), keepdim=True).sqrt().expand_as(goal)
            choice = draw_for_batch(lambda rows: uniform(0, 1, rows, generator), len(noisy))
            condition = torch.where(choice < 0.25, goal, torch.where(choice < 0.75, estimate.detach(), one))
            condition = F.interpolate(condition, scale_factor=CELL_PX, mode="bilinear")
        restored = network(noisy, condition).float()
        fidelity = LOSSES[stage.loss](restored, self._answer(noisy, condition, target))
        mse = (restored.detach() - target).square().mean()
        terms = {"loss": fidelity.detach(), "psnr": -10 * torch.log10(mse), "estimator": estimation.detach()}
        return fidelity + self.recipe.train.estimator_weight * estimation, terms

    def _answer(self, noisy: Tensor, condition: Tensor, target: Tensor) -> Tensor:
        """What the network should give: the clean picture, mixed with what a teacher would give."""
        for teacher in self._teachers:
            with torch.no_grad():
                target = torch.lerp(target, teacher(noisy, condition).float().clamp(0, 1), self.teacher_weight)
        return target

    @staticmethod
    def reconstruct(network: Any, example: Example) -> Tensor:
        restored: Tensor = network(example.noisy, network.auto_level(example.noisy))
        return restored

    @staticmethod
    def figures(network: Any, example: Example) -> dict[str, Tensor]:
        estimate = network.estimator(example.noisy)
        return {"estimator": relative_error(estimate, level_goal(network, example, estimate))}
