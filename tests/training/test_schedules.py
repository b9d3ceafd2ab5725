"""Schedules, and what becomes of a run after its validations."""

from __future__ import annotations

import math
from typing import Any

import pytest

from aedesk.training.recipes.recipe import Stage, Train
from aedesk.training.schedules import Course, Standing, course, rate


def rates(**settings: Any) -> list[float]:
    train = Train(warmup_steps=10, **settings)
    return [rate(step, 100, train) for step in range(100)]


@pytest.mark.parametrize("schedule", ["cosine", "constant", "step", "plateau"])
def test_every_schedule_warms_up_first(schedule: str) -> None:
    assert rates(schedule=schedule)[:10] == [(step + 1) / 10 for step in range(10)]


def test_the_cosine_comes_down_to_its_end() -> None:
    after = rates()[10:]
    assert after == sorted(after, reverse=True)
    assert after[-1] == pytest.approx(0.01, abs=0.01)
    assert after[45] == pytest.approx(0.505, abs=0.01)


def test_constant_stays_and_step_falls_at_intervals() -> None:
    assert set(rates(schedule="constant")[10:]) == {1.0}
    falling = rates(schedule="step", decay_every=30, decay_factor=0.1)[10:]
    assert falling[0] == falling[29] == 1.0
    assert falling[30] == falling[59] == pytest.approx(0.1)
    assert falling[60] == pytest.approx(0.01)


def test_a_plateau_lowers_the_rate_each_time_patience_ends() -> None:
    train, standing = Train(schedule="plateau", patience=2, decay_factor=0.5), Standing()
    factors = []
    for step, loss in enumerate((1.0, 0.8, 0.9, 0.85, 0.81, 0.82, 0.7, 0.75)):
        standing.judge(step, loss, train)
        factors.append(standing.factor)
    assert factors == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert (standing.best, standing.best_step, standing.stale) == (0.7, 6, 1)


def test_stages_share_one_curve_unless_they_have_a_rate_of_their_own() -> None:
    plain = [Stage(10), Stage(20), Stage(5)]
    assert {course(plain, step) for step in range(35)} == {Course(0, 35)}
    mixed = [Stage(10), Stage(20), Stage(5, lr=2e-3), Stage(6, lr=2e-3), Stage(7)]
    courses = [course(mixed, step) for step in range(48)]
    assert courses == [Course(0, 30)] * 30 + [Course(30, 5, 2e-3)] * 5 + [Course(35, 6, 2e-3)] * 6 + [Course(41, 7)] * 7


def test_another_curve_begins_at_its_peak_whatever_plateaus_were_met_before() -> None:
    standing = Standing(factor=0.25)
    standing.new_stage()
    assert standing.factor == 0.25
    standing.new_stage(new_rate=True)
    assert standing.factor == 1.0


def test_only_a_plateau_schedule_lowers_the_rate_by_itself() -> None:
    standing = Standing()
    for step in range(20):
        standing.judge(step, 1.0 + step, Train(patience=1))
    assert standing.factor == 1.0
    assert standing.stale == 19


def test_a_loss_that_leaves_for_good_is_noticed_and_one_that_jumps_is_not() -> None:
    standing = Standing()
    assert not any(standing.runs_away(loss) for loss in (0.3, 50.0, 0.2, 50.0, 50.0, 0.3, 0.1))
    assert [standing.runs_away(loss) for loss in (31.0, 300.0, 3000.0)] == [False, False, True]
    standing.new_stage()
    assert not any(standing.runs_away(loss) for loss in (300.0, 310.0, 320.0))  # another loss has another scale


def test_no_number_is_never_the_best() -> None:
    assert not Standing().judge(1, math.nan, Train())


def test_a_standing_survives_as_plain_values() -> None:
    standing = Standing(0.5, 20, 3, 1, 0.25)
    assert Standing(**standing.state()) == standing
