"""The state of one training run: everything that a checkpoint holds, and the step that advances it."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import TrainingError
from aedesk.data.examples.example import Example
from aedesk.data.sources import make_examples
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import find_model
from aedesk.models.inference.devices import choose_precision
from aedesk.models.restoration.damage_detection import DamageDetection
from aedesk.models.restoration.inpainting import Inpainting
from aedesk.models.restoration.unet import UNet
from aedesk.training import optim
from aedesk.training.distributed import Ranks
from aedesk.training.objectives.registry import objective_class
from aedesk.training.recipes.recipe import Recipe, Stage
from aedesk.training.schedules import Standing, course, rate


class Run:
    """Network, moving average, optimizers, data, and the step at which they stand.

    Args:
        ranks: this process among those that train together.
    """

    def __init__(self, recipe: Recipe, ranks: Ranks) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.ranks, self.device = recipe, ranks, ranks.device
        self.stages = recipe.stages
        self.step, self.seconds = 0, 0.0
        self.saved_step: int | None = None
        """The step of the last checkpoint, None before the first."""
        self.looked = 0
        """The last step whose log, validation and preview are done."""
        self.standing, self.scores = Standing(), dict[str, float]()
        self.rate = 0.0
        network = FAMILIES[recipe.family].build(recipe.architecture)
        self.start = _start_from(network, recipe.start) if recipe.start else ""
        self.network: Any = network.to(self.device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.average: Any = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.objective = objective_class(recipe)(self.network, recipe)
        self.dtype = choose_precision(recipe.train.precision, self.device)
        self.optimizers = optim.make_optimizers(self.network, recipe.train, self.dtype)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self._module: Any = self.objective

    def connect(self) -> None:
        """Average the gradients over the processes from here on. All of them must have come so far, with data."""
        if self.ranks.world > 1:
            some = not all(self._all_learn(stage) for stage in self.stages)
            self._module = DistributedDataParallel(self.objective, find_unused_parameters=some)

    def loss_of(self, module: Any, example: Example, stage: Stage, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The objective's answer in the run's precision."""
        generator = torch.Generator(self.device).manual_seed(seed)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            loss, terms = module(example, stage, generator)
        return loss, terms

    def _all_learn(self, stage: Stage) -> bool:
        """Whether a step of ``stage`` gives every parameter a gradient; in stacked training only one layer gets some."""
        objective = copy.deepcopy(self.objective)
        loss, _ = self.loss_of(objective, self.examples.draw(2, stage.patch_px, 0), stage, 0)
        learning = [p for p in objective.parameters() if p.requires_grad]
        return all(g is not None for g in torch.autograd.grad(loss, learning, allow_unused=True))

    def load_data(self, cancel: CancelToken) -> None:
        recipe, about = self.recipe, self.network.descriptor
        self.examples = make_examples(
            recipe.table.get("data", {}),
            recipe.degradation,
            about.channels,
            self.device,
            cancel,
            patch_px=max(stage.patch_px for stage in recipe.stages),
            validation_px=about.fixed_px,
            size_multiple=about.size_multiple,
        )
        self.validation = self.examples.validation()

    @property
    def over(self) -> bool:
        """All steps are done, or the last stage no longer gets better."""
        patience = self.recipe.train.early_stop
        in_last = self.step > self.recipe.steps - self.stages[-1].steps
        return self.step >= self.recipe.steps or bool(patience and in_last and self.standing.stale >= patience)

    def stage(self, step: int) -> tuple[int, Stage]:
        """Number and settings of the stage to which a step (counted from 0) belongs."""
        for number, stage in enumerate(self.stages):
            if step < stage.steps:
                return number, stage
            step -= stage.steps
        return len(self.stages) - 1, self.stages[-1]

    def set_batches(self, batches: list[int]) -> None:
        """Replace "auto" by what was measured. Raises :class:`SpecError` for a batch that the processes cannot share."""
        for batch in batches:
            self.ranks.share(batch)
        self.stages = tuple(replace(stage, batch=batch) for stage, batch in zip(self.stages, batches, strict=True))

    def example_of(self, step: int) -> Example:
        """The whole batch of a step (counted from 0). Seeded by the step, so that a resumed run draws what it would have drawn."""
        _, stage = self.stage(step)
        return self.examples.draw(stage.count, stage.patch_px, self._seed(step))

    def _seed(self, step: int) -> int:
        return self.recipe.seed * 1_000_003 + step

    def train_step(self, example: Example | None = None) -> dict[str, Tensor]:
        """One step; the terms of its loss, detached, of this process's share of the batch.

        Args:
            example: :meth:`example_of` the step, if it has been drawn already.

        Raises :class:`TrainingError` on a CPU if the loss is no longer a number; a GPU would have to be waited for, so there the
        loop looks now and then.
        """
        train, (number, stage) = self.recipe.train, self.stage(self.step)
        before, last = self.stage(self.step - 1)
        if before != number:
            alone = last.lr is not None or stage.lr is not None
            self.standing.new_stage(comparable=last.layer == stage.layer, new_rate=alone)
        seed = self._seed(self.step)
        example = self._share(self.example_of(self.step) if example is None else example)
        torch.manual_seed(seed + 2 + self.ranks.rank)  # dropout
        curve = course(self.stages, self.step)
        factor = rate(self.step - curve.first, curve.steps, train) * self.standing.factor
        self.rate = optim.set_rate(self.optimizers, train, factor, curve.lr)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss, terms = self.loss_of(self._module, example, stage, seed + 1)
        if self.device.type == "cpu" and self.ranks.world == 1:
            self.check(float(loss.detach()), self.step + 1)
        self.scaler.scale(loss).backward()
        learning = optim.learning(self.optimizers)
        for optimizer in learning:
            self.scaler.unscale_(optimizer)
        if train.l1_weights:
            optim.add_l1_gradient(self.network, train.l1_weights)
            terms = {**terms, "l1_weights": train.l1_weights * optim.l1_of_weights(self.network).detach()}
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), train.clip_norm or math.inf)
        for optimizer in learning:
            self.scaler.step(optimizer)
        self.scaler.update()
        self.step += 1
        if train.ema:
            decay = min(train.ema, self.step / (self.step + 10))
            # What rests keeps its average: pulled towards the last weights it would lose what averaging has won.
            mean, now = (network.get_submodule(stage.part) for network in (self.average, self.network))
            with torch.no_grad():
                torch._foreach_lerp_(list(mean.parameters()), list(now.parameters()), 1 - decay)
        return {**terms, "grad_norm": norm.detach()}

    def check(self, loss: float, step: int) -> None:
        """Raise :class:`TrainingError` if ``loss`` is no number, naming it, the step and what to try."""
        if not math.isfinite(loss):
            raise self._diverged(f"the loss is {loss} at step {step}", step)

    def watch(self, loss: float) -> None:
        """The same for the training loss of the step that was done, also if it only grows and grows."""
        begun = self.standing.yardstick
        if not math.isfinite(loss) or self.standing.runs_away(loss):
            raise self._diverged(
                f"the loss is {loss:.4g} at step {self.step}" + (f", and was {begun:.4g} at first" if begun else ""), self.step
            )

    def _diverged(self, what: str, step: int) -> TrainingError:
        train, (number, stage) = self.recipe.train, self.stage(step - 1)
        own = f"stage.{number}.lr (now {stage.lr:g})" if stage.lr is not None else ""
        shared = f"train.lr (now {train.lr:g}{f', and muon_lr {train.muon_lr:g}' if train.muon_lr else ''})"
        hints = [f"Lower {own or shared} to a third"]
        if not train.clip_norm:
            hints.append("set train.clip_norm = 1")
        if self.dtype != torch.float32:
            hints.append('set train.precision = "float32"')
        if self.saved_step is None:
            message = f"The run has diverged before its first checkpoint: {what}. No weights are kept."
            return TrainingError(message, f"{', or '.join(hints)}, and start again.")
        return TrainingError(
            f"The run has diverged: {what}. The weights of step {self.saved_step} are kept.",
            f"{', or '.join(hints)}, and go on with --resume.",
        )

    def judge(self, scores: dict[str, float]) -> bool:
        """Take in a validation; True if it is the best so far."""
        best = self.standing.judge(self.step, scores["val_loss"], self.recipe.train)
        if best:
            self.scores = scores
        return best

    def settle(self) -> Any:
        """The network to look at and to keep: the moving average, with the buffers of now. They are no weights, so no average."""
        with torch.no_grad():
            for mean, now in zip(self.average.buffers(), self.network.buffers(), strict=True):
                mean.copy_(now)
            if not self.recipe.train.ema:
                for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                    mean.copy_(now)
        return self.average

    def state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "looked": self.looked,
            "seconds": self.seconds,
            "batches": [stage.batch for stage in self.stages],
            "standing": self.standing.state(),
            "scores": dict(self.scores),
            "network": self.network.state_dict(),
            "average": self.settle().state_dict(),
            "optimizers": [(type(optimizer).__name__, optimizer.state_dict()) for optimizer in self.optimizers],
            "scaler": self.scaler.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over a checkpoint. Raises :class:`TrainingError` if its optimizers are others than the recipe's."""
        self.step, self.looked, self.seconds = state["step"], state["looked"], state["seconds"]
        self.saved_step = self.step
        self.standing, self.scores = Standing(**state["standing"]), dict(state["scores"])
        batches = state["batches"][: len(self.stages)]
        self.set_batches(batches + [stage.count for stage in self.stages[len(batches) :]])  # a run may be given another stage
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.scaler.load_state_dict(state["scaler"])
        before, now = [name for name, _ in state["optimizers"]], [type(optimizer).__name__ for optimizer in self.optimizers]
        if before != now:
            message = f"The run was started with {' and '.join(before)}, and the recipe asks for {' and '.join(now)}."
            raise TrainingError(message, "Resume it with its own recipe.")
        for optimizer, (_, saved) in zip(self.optimizers, state["optimizers"], strict=True):
            optim.restore(optimizer, saved)

    def _share(self, example: Example) -> Example:
        if self.ranks.world == 1:
            return example
        part = self.ranks.share(len(example.noisy))
        tensors = {name: value[part] for name, value in vars(example).items() if value is not None}
        return replace(example, **tensors)


def _start_from(network: torch.nn.Module, start: str) -> str:
    """Load the weights of a model into ``network``, or those of a related network into what fills holes or finds damage; its name."""
    model, card = load_model(find_model(start))
    if isinstance(network, Inpainting) and isinstance(model, UNet):
        network.init_from_denoiser(model)
        return str(card["name"])
    if isinstance(network, DamageDetection) and not isinstance(model, DamageDetection):
        network.start_as(model)
        return str(card["name"])
    try:
        network.load_state_dict(model.state_dict())
    except RuntimeError as error:
        raise TrainingError(f"The weights of {start} do not fit the recipe's [model].", "Give it that model's architecture.") from error
    return str(card["name"])
