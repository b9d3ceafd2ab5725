"""Learning-rate schedules, and the judgement over validations that plateau, early stopping and *best* rest on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from aedesk.training.recipes.recipe import Stage, Train


@dataclass(frozen=True)
class Course:
    """Steps under one curve of the learning rate: ``steps`` of them from step ``first`` on, with the peak ``lr``, None for the recipe's."""

    first: int
    steps: int
    lr: float | None = None


def course(stages: Sequence[Stage], step: int) -> Course:
    """The course of a step (counted from 0): a stage with a rate of its own is one, and so are all stages between two such."""
    first = 0
    for _, group in groupby(enumerate(stages), key=lambda each: (each[1].lr, each[0] if each[1].lr else None)):
        together = [stage for _, stage in group]
        found = Course(first, sum(stage.steps for stage in together), together[0].lr)
        first += found.steps
        if step < first:
            break
    return found


def rate(step: int, steps: int, train: Train) -> float:
    """Factor on the peak learning rate at ``step`` of the ``steps`` of a course: a linear warm-up, then the recipe's schedule.

    Of "plateau" only the warm-up: the rest is :attr:`Standing.factor`, which depends on what validation found.
    """
    if step < train.warmup_steps:
        return (step + 1) / train.warmup_steps
    after = step - train.warmup_steps
    if train.schedule == "cosine":
        progress = after / max(1, steps - train.warmup_steps)
        return train.final_lr_ratio + (1 - train.final_lr_ratio) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    if train.schedule == "step":
        return train.decay_factor ** (after // train.decay_every)
    return 1.0


@dataclass
class Standing:
    """How a run stands after its validations. Part of the checkpoint.

    Args:
        best: lowest validation loss so far; ``best_step`` where that was.
        stale: validations since the best one, within the stage.
        waited: the same, since the rate was last lowered.
        factor: what plateaus have made of the learning rate.
        yardstick: training loss at the first look of the stage; ``wild`` looks in a row were far beyond it.
    """

    best: float = math.inf
    best_step: int = 0
    stale: int = 0
    waited: int = 0
    factor: float = 1.0
    yardstick: float = 0.0
    wild: int = 0

    def runs_away(self, loss: float) -> bool:
        """Whether the training loss has left for good: three looks in a row at a hundred times of what the stage began with."""
        self.yardstick = self.yardstick or max(loss, 0.01)
        self.wild = self.wild + 1 if loss > 100 * self.yardstick else 0
        return self.wild >= 3

    def judge(self, step: int, loss: float, train: Train) -> bool:
        """Take in one validation; True if it is the best so far."""
        if loss < self.best:
            self.best, self.best_step, self.stale, self.waited = loss, step, 0, 0
            return True
        self.stale += 1
        self.waited += 1
        if train.schedule == "plateau" and self.waited >= train.patience:
            self.factor *= train.decay_factor
            self.waited = 0
        return False

    def new_stage(self, comparable: bool = True, new_rate: bool = False) -> None:
        """Another loss or patch size deserves new patience.

        Args:
            new_rate: true if another curve of the learning rate begins, which earlier plateaus have not lowered.
            comparable: false if another part of the network takes part, as in a stack that grows: a half-built one reconstructs
                better than the whole, whose code is smaller, and must not be kept in its place.
        """
        self.stale = self.waited = self.wild = 0
        self.yardstick = 0.0
        if new_rate:
            self.factor = 1.0
        if not comparable:
            self.best = math.inf

    def state(self) -> dict[str, Any]:
        return asdict(self)
