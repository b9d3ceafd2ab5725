"""A stage that trains the noise estimator of a U-Net alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from aedesk.core.cancel import CancelToken, JobCancelled
from aedesk.core.errors import SpecError, TrainingError
from aedesk.core.events import Event, Preview, StepDone
from aedesk.core.specs import TrainSpec
from aedesk.models.files.card import read_card
from aedesk.models.restoration.unet import UNet
from aedesk.training.distributed import Ranks
from aedesk.training.fit import fit
from aedesk.training.optim import Muon, learning, make_optimizers
from aedesk.training.recipes.recipe import Train, parse
from aedesk.training.run.state import Run

LEVEL = {"loss": "level", "steps": 6, "patch_px": 16, "batch": 4, "lr": 5e-3}
WHOLE = {"loss": "l1", "steps": 4, "patch_px": 16, "batch": 4}


class AfterLines:
    """A cancel event that is set once the run has logged so many lines."""

    def __init__(self, folder: Path, lines: int) -> None:
        self.log, self.lines = folder / "metrics.jsonl", lines

    def is_set(self) -> bool:
        return self.log.exists() and len(self.log.read_text().splitlines()) >= self.lines


def events_of(recipe: dict[str, Any], folder: Path, *, resume: bool = False, stop: int | None = None) -> list[Event]:
    cancel = CancelToken() if stop is None else CancelToken(AfterLines(folder, stop))
    return list(fit(TrainSpec(recipe, str(folder), resume, "cpu"), cancel))


def checkpoint(folder: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
    return {**state, "seconds": 0.0}  # the one thing that may differ


def parted(weights: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The estimator's weights and the others."""
    inside = {name: value for name, value in weights.items() if name.startswith("estimator.")}
    return inside, {name: value for name, value in weights.items() if name not in inside}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


@pytest.mark.parametrize("estimate", ["local", "global"])
def test_everything_but_the_estimator_stays_as_it_was_to_the_bit(recipe: dict[str, Any], tmp_path: Path, estimate: str) -> None:
    recipe["model"]["estimate"] = estimate
    recipe["train"] |= {"weight_decay": 0.1, "l1_weights": 1e-4}
    recipe["stage"] = [LEVEL]
    before = {name: value.clone() for name, value in Run(parse(recipe), Ranks(torch.device("cpu"))).network.state_dict().items()}
    events_of(recipe, tmp_path)
    state = checkpoint(tmp_path)
    for after in (state["network"], state["average"]):
        assert same(parted(after)[1], parted(before)[1])
        assert not any(torch.equal(value, before[name]) for name, value in parted(after)[0].items())
    (_, main), (_, muon) = state["optimizers"]
    assert len(main["state"]) == len(parted(before)[0])
    assert muon["state"] == {}


def test_the_network_around_the_estimator_is_not_run(recipe: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe["data"]["held_out"] = 0
    recipe["stage"] = [LEVEL | {"batch": "auto"}]

    def fail(self: UNet, noisy: Tensor, sigma: Tensor) -> Tensor:
        raise AssertionError

    monkeypatch.setattr(UNet, "forward", fail)
    assert any(isinstance(event, StepDone) and event.step == 6 for event in events_of(recipe, tmp_path))


@pytest.mark.parametrize("estimate", ["local", "global"])
def test_a_run_of_both_kinds_of_stages_goes_on_with_the_same_bits(recipe: dict[str, Any], tmp_path: Path, estimate: str) -> None:
    recipe["model"]["estimate"] = estimate
    recipe["train"] |= {"validate_every": 2, "preview_every": 0}
    recipe["stage"] = [LEVEL, WHOLE, LEVEL | {"steps": 3, "lr": 1e-3}]
    straight, halting = tmp_path / "straight", tmp_path / "halting"
    events_of(recipe, straight)
    for number, stop in enumerate((3, 9, 13, 17)):
        with pytest.raises(JobCancelled):
            events_of(recipe, halting, resume=number > 0, stop=stop)
    events_of(recipe, halting, resume=True)
    assert same(checkpoint(halting), checkpoint(straight))
    assert (halting / "metrics.jsonl").read_bytes() == (straight / "metrics.jsonl").read_bytes()


def test_averages_of_earlier_stages_rest_while_the_estimator_learns(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["stage"] = [WHOLE, LEVEL]
    with pytest.raises(JobCancelled):
        events_of(recipe, tmp_path, stop=4)
    between = checkpoint(tmp_path)
    assert between["step"] == 4
    events_of(recipe, tmp_path, resume=True)
    after = checkpoint(tmp_path)
    assert same(parted(after["average"])[1], parted(between["average"])[1])
    assert not same(parted(after["average"])[0], parted(between["average"])[0])
    assert not same(between["average"], between["network"])  # and there was something to lose
    momenta = [state["optimizers"][1][1]["state"] for state in (between, after)]
    assert momenta[0]
    assert same(*momenta)


def test_only_the_estimator_is_measured_until_its_stage_ends(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["train"] |= {"validate_every": 2, "preview_every": 2}
    recipe["stage"] = [LEVEL | {"steps": 5}, WHOLE | {"steps": 1}, LEVEL | {"steps": 3}]
    events = events_of(recipe, tmp_path)
    looks = {event.step: set(event.metrics) for event in events if isinstance(event, StepDone) and "loss" not in event.metrics}
    part, whole = {"val_estimator"}, {"val_estimator", "val_loss", "val_psnr", "val_noisy"}
    assert looks == {2: part, 4: part, 5: whole, 6: whole, 8: part, 9: whole}
    assert [event.label for event in events if isinstance(event, Preview)] == ["step 5", "step 6", "step 9"]
    assert set(read_card(tmp_path / "best.safetensors")["metrics"]) == whole
    terms = [event.metrics for event in events if isinstance(event, StepDone) and "loss" in event.metrics]
    assert all(each["loss"] == each["estimator"] and "psnr" not in each for each in terms[:5])


@pytest.mark.parametrize("estimate", ["local", "global"])
def test_the_estimator_learns(recipe: dict[str, Any], tmp_path: Path, estimate: str) -> None:
    recipe["model"]["estimate"] = estimate
    recipe["train"] |= {"validate_every": 20, "ema": 0.9}
    recipe["stage"] = [LEVEL | {"steps": 120, "batch": 8}]
    events = events_of(recipe, tmp_path)
    errors = [event.metrics["val_estimator"] for event in events if isinstance(event, StepDone) and "val_estimator" in event.metrics]
    assert errors[-1] < 0.5 * errors[0]
    assert errors[-1] < 0.35


def test_a_rate_of_its_own_can_be_lowered_after_it_was_too_high(recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe["stage"] = [WHOLE, LEVEL]
    with pytest.raises(JobCancelled):
        events_of(recipe, tmp_path, stop=5)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    broken = {**state, "network": {name: value * float("nan") for name, value in state["network"].items()}}
    torch.save(broken, tmp_path / "checkpoint.pt")
    with pytest.raises(TrainingError, match=r"Lower stage\.1\.lr \(now 0\.005\)"):
        events_of(recipe, tmp_path, resume=True)
    torch.save(state, tmp_path / "checkpoint.pt")
    recipe["stage"][1] = LEVEL | {"lr": 1e-3}
    events = events_of(recipe, tmp_path, resume=True)
    rates = [event.metrics["lr"] for event in events if isinstance(event, StepDone) and "lr" in event.metrics]
    assert len(rates) == 5
    assert max(rates) == pytest.approx(1e-3)
    recipe["stage"][1] = LEVEL | {"patch_px": 8}
    with pytest.raises(TrainingError, match="another stage"):
        events_of(recipe, tmp_path, resume=True)


def test_it_is_refused_where_nothing_estimates_or_nobody_knows_the_noise(recipe: dict[str, Any]) -> None:
    recipe["stage"] = [WHOLE, LEVEL]
    with pytest.raises(SpecError, match=r"\[stage\] loss.*convolutional has none"):
        parse({**recipe, "model": {"family": "convolutional"}})
    for targets in ("own-noise", "neighbor2neighbor", "noise2void"):
        with pytest.raises(SpecError, match=f"{targets}.*do not tell the noise"):
            parse({**recipe, "data": {**recipe["data"], "targets": targets}})
    with pytest.raises(SpecError, match=r"\[stage\].*lr is 0"):
        parse({**recipe, "stage": [LEVEL | {"lr": 0}]})


def test_validations_are_compared_by_the_last_loss_of_the_whole_network(recipe: dict[str, Any]) -> None:
    mse = WHOLE | {"loss": "mse"}
    assert parse({**recipe, "stage": [WHOLE, mse, LEVEL]}).measure == "mse"
    assert parse({**recipe, "stage": [LEVEL, mse, WHOLE]}).measure == "l1"
    assert parse({**recipe, "stage": [LEVEL]}).measure == "l1"


def test_a_step_in_float16_scales_what_has_a_gradient_only(recipe: dict[str, Any]) -> None:
    recipe["stage"] = [LEVEL]
    run = Run(parse(recipe), Ranks(torch.device("cpu")))
    run.load_data(CancelToken())
    run.scaler = torch.amp.GradScaler("cpu", init_scale=64.0)  # which float16 on a GPU needs, and which refuses to step without a gradient
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    run.train_step()
    inside, outside = parted(run.network.state_dict())
    assert same(outside, parted(before)[1])
    assert not any(torch.equal(value, before[name]) for name, value in inside.items())


def test_optimizers_without_a_gradient_rest() -> None:
    network = torch.nn.Sequential(*(torch.nn.Linear(4, 4) for _ in range(3)))
    main, muon = make_optimizers(network, Train(muon_lr=1e-3))
    assert isinstance(muon, Muon)
    assert learning([main, muon]) == []
    network[0](torch.ones(1, 4)).sum().backward()
    assert learning([main, muon]) == [main]
    network(torch.ones(1, 4)).sum().backward()
    assert learning([main, muon]) == [main, muon]
