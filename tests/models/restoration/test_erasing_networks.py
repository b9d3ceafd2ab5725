"""The watermark and inpainting networks: what influences their output, and what they leave unchanged."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.families import FAMILIES
from aedesk.models.restoration.inpainting import push_pull_fill
from aedesk.models.restoration.trunk import fold_batchnorm

SMALL = {"widths": [8, 8, 8], "blocks": [1, 1, 1]}


def picture_and_hole(seed: int, height: int = 32, width: int = 48) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(seed)
    picture = torch.rand(2, 3, height, width, generator=random)
    hole = (torch.rand(2, 1, height, width, generator=random) < 0.4).float()
    return picture, hole


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(1, 40), width=st.integers(1, 40))
def test_push_pull_keeps_known_pixels_and_stays_in_their_range(seed: int, height: int, width: int) -> None:
    picture, hole = picture_and_hole(seed, height, width)
    filled = push_pull_fill(picture, hole)
    known = (hole == 0).expand_as(picture)
    assert torch.equal(filled[known], picture[known])
    for each, where, result in zip(picture, known, filled, strict=True):
        if where.any():
            assert float(result.min()) >= float(each[where].min()) - 1e-5
            assert float(result.max()) <= float(each[where].max()) + 1e-5


def test_a_uniform_picture_is_filled_uniformly() -> None:
    _, hole = picture_and_hole(1)
    assert torch.allclose(push_pull_fill(torch.full((2, 3, 32, 48), 0.3), hole), torch.tensor(0.3), atol=1e-6)


@pytest.mark.parametrize("arguments", [{}, {"scales": 3, "rounds": 3}])
@torch.inference_mode()
def test_values_in_holes_have_no_influence_and_other_pixels_are_unchanged(arguments: dict[str, int]) -> None:
    torch.manual_seed(0)
    network = FAMILIES["inpainting"].build({**SMALL, **arguments}).eval()
    picture, hole = picture_and_hole(2, 64, 96)
    filled = network(picture, hole)
    known = (hole == 0).expand_as(picture)
    assert torch.equal(filled[known], picture[known])
    assert torch.equal(filled, network(torch.where(known, picture, torch.rand_like(picture)), hole))


def test_holes_are_filled_at_every_scale_and_for_the_requested_number_of_rounds() -> None:
    torch.manual_seed(0)
    picture, hole = picture_and_hole(3, 64, 96)
    networks: list[Any] = [FAMILIES["inpainting"].build({**SMALL, "scales": 3, "rounds": rounds}).eval() for rounds in (1, 3)]
    networks[1].load_state_dict(networks[0].state_dict())
    *coarser, (filled, _) = networks[1].fill_scales(picture, hole, torch.tensor([1, 3]))
    assert [tuple(smaller.shape[2:]) for smaller, _ in coarser] == [(16, 24), (32, 48)]
    once, thrice = (network(picture, hole) for network in networks)
    assert torch.allclose(filled[0], once[0], atol=1e-6)
    assert torch.allclose(filled[1], thrice[1], atol=1e-6)
    assert not torch.allclose(once[1], thrice[1], atol=1e-4)


def test_no_gradient_flows_between_passes() -> None:
    torch.manual_seed(0)
    network: Any = FAMILIES["inpainting"].build({**SMALL, "scales": 2, "rounds": 2})
    picture, hole = picture_and_hole(4)
    seen: list[Tensor] = []
    network.trunk.register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    (_, _), (filled, _) = network.fill_scales(picture, hole)
    assert len(seen) == 3
    assert not any(given.requires_grad for given in seen)
    assert filled.requires_grad


@torch.inference_mode()
def test_initialised_from_a_denoiser_it_treats_holes_as_noise() -> None:
    torch.manual_seed(0)
    denoiser: Any = FAMILIES["unet"].build({**SMALL, "unshuffle": 2}).eval()
    network: Any = FAMILIES["inpainting"].build({**SMALL, "blocks": [1, 1, 2]}).eval()
    extra = network.trunk.encoder[2][1].conv1.weight.clone()
    network.init_from_denoiser(denoiser)
    assert torch.equal(network.trunk.encoder[2][1].conv1.weight, extra)
    network.trunk.encoder[2][1].conv2.weight.zero_()  # the block that the denoiser lacks then adds nothing
    noisy = picture_and_hole(5, 64, 64)[0]
    everywhere = torch.ones_like(noisy[:, :1])
    *_, (filled, _) = network.fill_scales(noisy, torch.zeros_like(everywhere))
    assert torch.equal(filled, noisy)
    ours, theirs = network.trunk(torch.cat((noisy * 2 - 1, everywhere), 1)), denoiser(noisy, torch.full((1, 1, 1, 1), 50.0)) - noisy
    inner = (..., slice(16, -16), slice(16, -16))  # zero padding means gray here and black in the denoiser
    assert float(theirs.std()) > 1e-3
    assert torch.allclose(ours[inner], theirs[inner], atol=0.1 * float(theirs.std()))


def test_a_denoiser_of_other_widths_is_rejected() -> None:
    network: Any = FAMILIES["inpainting"].build(SMALL)
    with pytest.raises(ModelError, match=r"\[8, 8, 16\]"):
        network.init_from_denoiser(FAMILIES["unet"].build({**SMALL, "unshuffle": 2, "widths": [8, 8, 16]}))
    with pytest.raises(ModelError, match="unshuffle = 1"):
        network.init_from_denoiser(FAMILIES["unet"].build({**SMALL, "unshuffle": 1}))


@torch.inference_mode()
def test_pictures_without_a_detected_watermark_are_unchanged() -> None:
    torch.manual_seed(0)
    network = FAMILIES["unblending"].build({**SMALL, "mend_widths": [8, 8], "mend_blocks": [1, 1]}).eval()
    picture, _ = picture_and_hole(3)
    network.finder.tail.bias[:4] = -20  # the log-odds of the mask
    assert torch.equal(network(picture, torch.zeros(1, 1, 1, 1)), picture)
    network.finder.tail.bias[:4] = 20
    assert not torch.isclose(network(picture, torch.zeros(1, 1, 1, 1)), picture).all()


@torch.inference_mode()
def test_predictions_are_valid_overlays() -> None:
    torch.manual_seed(0)
    network = FAMILIES["unblending"].build(SMALL).eval()
    with torch.no_grad():
        network.finder.tail.weight.mul_(100)
    picture, hint = picture_and_hole(4)
    prediction = network.predict(picture, hint)
    assert bool(((prediction.alpha >= 0) & (prediction.alpha <= 1)).all())
    assert bool(((prediction.premultiplied >= 0) & (prediction.premultiplied <= prediction.alpha)).all())


@torch.inference_mode()
def test_the_two_scale_prediction_keeps_the_higher_logit() -> None:
    torch.manual_seed(0)
    network: Any = FAMILIES["unblending"].build(SMALL).eval()
    picture, hint = picture_and_hole(5, 64, 96)
    overlay = torch.tensor([0.4, 0.4, 0.2, 0.4]).view(1, 4, 1, 1)
    full, both = network.predict(picture, hint, overlay), network.predict_two_scales(picture, hint, overlay)
    assert both.logit.shape == full.logit.shape
    assert both.premultiplied.shape == full.premultiplied.shape
    assert bool((both.logit >= full.logit).all())
    same = both.logit == full.logit
    assert 0 < int(same.sum()) < same.numel()
    assert torch.equal(both.alpha[same], full.alpha[same])
    assert not torch.equal(both.alpha[~same], full.alpha[~same])


@torch.inference_mode()
def test_folding_batch_normalisation_keeps_the_function() -> None:
    torch.manual_seed(0)
    network = FAMILIES["unblending"].build({**SMALL, "mend_widths": [8, 8], "mend_blocks": [1, 1]})
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.running_mean, module.running_var, module.weight, module.bias):
                assert values is not None
                nn.init.uniform_(values, 0.5, 1.5)
    network.eval()
    marked, hint = picture_and_hole(4)
    before = network.predict(marked, hint).logit
    fold_batchnorm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert float(before.std()) > 1e-3
    assert torch.allclose(network.predict(marked, hint).logit, before, atol=1e-4)
