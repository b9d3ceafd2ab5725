"""Losses agree with their definitions, and stay finite where a network has saturated or computes in half precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.imaging.metrics import ssim
from aedesk.training.objectives.losses import LOG_FLOOR, LOSSES, SSIM_ALPHA, ms_ssim
from aedesk.training.recipes.recipe import LOSS_NAMES, PARTS, STAGE_LOSSES


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    target = F.interpolate(torch.rand((2, 3, 8, 8), generator=generator), 64, mode="bicubic").clamp(0, 1)
    return (target + 0.1 * torch.randn(target.shape, generator=generator)).clamp(0, 1), target


def test_every_loss_that_a_recipe_may_name_is_there() -> None:
    assert set(LOSSES) == set(LOSS_NAMES)
    assert set(STAGE_LOSSES) - set(LOSSES) == set(PARTS)  # which are measured on no picture


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_a_loss_is_least_for_the_target_itself(name: str, pair: tuple[Tensor, Tensor]) -> None:
    noisy, target = pair
    assert 0 <= float(LOSSES[name](target, target)) < float(LOSSES[name](noisy, target))


@pytest.mark.parametrize("name", LOSS_NAMES)
@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 40.0])
def test_a_saturated_network_gets_a_finite_loss_and_gradient(name: str, value: float) -> None:
    target = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(1, 3, 12, 2)
    for dtype in (torch.float32, torch.bfloat16):
        output = torch.full(target.shape, value, dtype=dtype, requires_grad=True)
        loss = LOSSES[name](output, target)
        loss.backward()
        assert loss.dtype == torch.float32
        assert output.grad is not None
        assert bool(torch.isfinite(output.grad).all())
        assert bool(torch.isfinite(loss))


def test_a_loss_does_not_change_under_autocast(pair: tuple[Tensor, Tensor]) -> None:
    for name in LOSS_NAMES:
        with torch.autocast("cpu", torch.bfloat16):
            inside = LOSSES[name](*pair)
        assert torch.equal(inside, LOSSES[name](*pair)), name


@pytest.mark.parametrize("name", ["l1", "mse", "bce", "charbonnier"])
def test_a_weight_says_where_a_loss_counts(name: str, pair: tuple[Tensor, Tensor]) -> None:
    noisy, target = pair
    weight = torch.zeros(2, 1, 64, 64)
    weight[:, :, :16] = 1
    whole = LOSSES[name](noisy, target, torch.ones_like(weight))
    assert float(whole) == pytest.approx(float(LOSSES[name](noisy, target)), rel=1e-5)
    part = LOSSES[name](noisy[:, :, :16], target[:, :, :16])
    assert float(LOSSES[name](noisy, target, weight)) == pytest.approx(float(part), rel=1e-5)


def test_the_logarithm_counts_pictures_alike_and_those_without_weight_not_at_all(pair: tuple[Tensor, Tensor]) -> None:
    target = pair[1]
    difference = torch.tensor([0.1, 0.01]).view(2, 1, 1, 1)
    both = float(LOSSES["log-mse"](target + difference, target))
    assert both == pytest.approx(math.log(1 + 1e-2 / LOG_FLOOR) / 2 + math.log(1 + 1e-4 / LOG_FLOOR) / 2, rel=1e-3)
    weight = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    weighted = (target + difference).requires_grad_()
    loss = LOSSES["log-mse"](weighted, target, weight)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(math.log(1 + 1e-2 / LOG_FLOOR) / 2, rel=1e-3)
    assert weighted.grad is not None
    assert float(weighted.grad[0].abs().min()) > 0
    assert not bool(weighted.grad[1].any())


def test_structure_has_no_single_pixels(pair: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(SpecError, match="neighbourhoods"):
        LOSSES["ssim-mix"](*pair, torch.ones(2, 1, 64, 64))


def test_cross_entropy_is_the_textbooks(pair: tuple[Tensor, Tensor]) -> None:
    noisy, target = pair
    inner = noisy * 0.9 + 0.05
    assert float(LOSSES["bce"](inner, target)) == pytest.approx(float(F.binary_cross_entropy(inner, target)), rel=1e-4)


def test_one_scale_is_the_ssim_that_pictures_are_measured_by(pair: tuple[Tensor, Tensor]) -> None:
    a, b = (picture[:1, :1, :20, :20] for picture in pair)
    ours = float(ms_ssim(a, b))
    theirs = ssim(*(np.asarray(p[0].permute(1, 2, 0)) for p in (a, b)), 1.0)
    assert ours == pytest.approx(theirs, abs=0.02)


def test_the_mix_is_made_of_structure_and_difference(pair: tuple[Tensor, Tensor]) -> None:
    expected = SSIM_ALPHA * (1 - float(ms_ssim(*pair))) + (1 - SSIM_ALPHA) * float(F.l1_loss(*pair))
    assert float(LOSSES["ssim-mix"](*pair)) == pytest.approx(expected)


def test_blur_costs_more_structure_than_a_brighter_picture(pair: tuple[Tensor, Tensor]) -> None:
    target = pair[1]
    blurred = F.avg_pool2d(F.pad(pair[0], (2,) * 4, mode="reflect"), 5, 1)
    brighter = target + (blurred - target).abs().mean()
    assert float(ms_ssim(blurred, target)) < float(ms_ssim(brighter, target))
