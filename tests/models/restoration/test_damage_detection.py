"""The network that finds damage: several scales, each told of the one before."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from aedesk.core.errors import ModelError
from aedesk.models.families import FAMILIES
from aedesk.models.restoration.damage_detection import enlarged, probabilities
from aedesk.models.restoration.trunk import fold_batchnorm

SMALL = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}


def network(**arguments: Any) -> Any:
    torch.manual_seed(0)
    return FAMILIES["damage-detection"].build({**SMALL, **arguments})


def test_the_network_that_ships_has_at_most_three_million_weights() -> None:
    assert sum(p.numel() for p in FAMILIES["damage-detection"].build({}).parameters()) <= 3_000_000


@torch.inference_mode()
def test_probabilities_leave_room_for_sound_pixels() -> None:
    found = network().eval()(torch.rand(2, 3, 32, 48))
    assert found.shape == (2, 3, 32, 48)
    assert float(found.min()) >= 0
    assert float(found.sum(1).max()) <= 1 + 1e-6


@torch.inference_mode()
def test_every_scale_has_its_turn_and_is_told_of_the_one_before() -> None:
    model = network(scales=3).eval()
    picture = torch.rand(1, 3, 64, 96)
    scales = list(model.logits_at_scales(picture))
    assert [tuple(logits.shape[2:]) for logits in scales] == [(16, 24), (32, 48), (64, 96)]
    assert model.descriptor.size_multiple == 32
    prior = enlarged(probabilities(scales[1]))
    assert torch.allclose(scales[2], model.logits(picture, prior), atol=1e-5)
    assert not torch.allclose(scales[2], model.logits(picture), atol=1e-5)


def test_each_scale_learns_from_its_own_mask() -> None:
    model = network()
    coarse, fine = model.logits_at_scales(torch.rand(2, 3, 32, 32))
    fine.sum().backward(retain_graph=True)
    assert all(p.grad is not None for p in model.parameters())
    assert torch.autograd.grad(fine.sum(), coarse, allow_unused=True) == (None,)


@torch.inference_mode()
def test_started_as_another_network_it_sees_pictures_as_that_one_does() -> None:
    torch.manual_seed(1)
    other: Any = FAMILIES["unblending"].build(SMALL).eval()
    model = network().eval()
    model.start_as(other)
    model.trunk.tail.weight.copy_(other.finder.tail.weight[:16])
    model.trunk.tail.bias.copy_(other.finder.tail.bias[:16])
    picture = torch.rand(1, 3, 32, 32)
    theirs = other.finder(torch.cat((picture * 2 - 1, torch.zeros(1, 5, 32, 32)), 1))[:, :4]
    ours = model.logits(picture, torch.rand(1, 3, 32, 32)) - torch.tensor([0.0, 0, 0, 3]).view(1, -1, 1, 1)
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_network_of_other_widths_is_no_start() -> None:
    for other in (FAMILIES["unblending"].build({"widths": [8, 8], "blocks": [1, 1]}), FAMILIES["inpainting"].build(SMALL)):
        with pytest.raises(ModelError, match=r"widths \[8, 8, 8\]"):
            network().start_as(other)


@torch.inference_mode()
def test_an_output_pixel_looks_no_further_than_declared() -> None:
    model = network(scales=1).eval()
    reach = model.trunk.receptive_radius_px
    picture = torch.rand(1, 3, 8, 8 * (reach // 4))
    changed = picture.clone()
    changed[:, :, :, -8:] = 0
    same = picture.shape[3] - 8 - reach
    before, after = model(picture), model(changed)
    assert torch.equal(before[..., :same], after[..., :same])
    assert not torch.equal(before, after)


@torch.inference_mode()
def test_with_its_normalisations_folded_it_is_the_same_function() -> None:
    model = network()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.running_var, module.weight, module.bias):
                assert values is not None
                nn.init.uniform_(values, 0.5, 1.5)
    model.eval()
    picture = torch.rand(1, 3, 32, 32)
    before = model.logits(picture)
    fold_batchnorm(model)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    assert torch.allclose(model.logits(picture), before, atol=1e-4)
