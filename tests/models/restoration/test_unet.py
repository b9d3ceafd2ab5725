"""The U-Net keeps the promises of its descriptor."""

from __future__ import annotations

import pytest
import torch

from aedesk.core.cancel import JobCancelled
from aedesk.core.errors import ModelError
from aedesk.models.architectures import UNetConfig
from aedesk.models.families import FAMILIES
from aedesk.models.layers import interruptible
from aedesk.models.restoration.unet import UNet


@pytest.fixture
def network() -> UNet:
    torch.manual_seed(0)
    return UNet(UNetConfig(widths=(8, 12, 16), blocks=(1, 1, 2), estimator_width=8)).eval()


def test_the_output_has_the_shape_of_the_input(network: UNet) -> None:
    noisy = torch.rand(2, 3, 24, 40)
    assert network(noisy, torch.tensor(25.0).view(1, 1, 1, 1)).shape == noisy.shape


def test_one_number_and_a_constant_map_are_the_same_noise_level(network: UNet) -> None:
    noisy = torch.rand(1, 3, 24, 24)
    with torch.inference_mode():
        number = network(noisy, torch.full((1, 1, 1, 1), 25.0))
        as_map = network(noisy, torch.full((1, 1, 24, 24), 25.0))
    assert torch.equal(number, as_map)


@pytest.mark.parametrize(("widths", "blocks", "unshuffle"), [((8, 12, 16), (1, 1, 2), 2), ((8, 8), (2, 1), 1), ((8,), (2,), 4)])
def test_no_pixel_looks_further_than_the_halo(widths: tuple[int, ...], blocks: tuple[int, ...], unshuffle: int) -> None:
    torch.manual_seed(0)
    network = UNet(UNetConfig(widths=widths, blocks=blocks, unshuffle=unshuffle, estimator_width=8)).double()
    halo = network.descriptor.halo_px
    side = 2 * (halo + 32)
    noisy = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
    middle = side // 2
    # Every place on the grid of the coarsest level has a reach of its own.
    for offset in range(network.descriptor.size_multiple):
        restored = network(noisy, torch.full((1, 1, 1, 1), 25.0, dtype=torch.float64))
        (gradient,) = torch.autograd.grad(restored[0, :, middle + offset, middle + offset].sum(), noisy)
        seen = gradient.abs().sum((0, 1)).nonzero()
        assert int((seen - (middle + offset)).abs().max()) <= halo


def test_bands_of_rows_change_nothing(network: UNet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aedesk.models.layers.BAND_MACS", 1.0)
    noisy, sigma = torch.rand(1, 3, 64, 48), torch.full((1, 1, 1, 1), 25.0)
    polls = 0

    def poll() -> None:
        nonlocal polls
        polls += 1

    with torch.inference_mode():
        whole = network(noisy, sigma)
        with interruptible(poll):
            banded = network(noisy, sigma)
    assert polls > 20
    assert float((whole - banded).abs().max()) < 1e-5


def test_a_forward_pass_can_be_stopped_in_the_middle(network: UNet) -> None:
    calls = 0

    def poll() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise JobCancelled

    with torch.inference_mode(), interruptible(poll), pytest.raises(JobCancelled):
        network(torch.rand(1, 3, 32, 32), torch.full((1, 1, 1, 1), 25.0))


@pytest.mark.parametrize(
    "arguments", [{"widths": [8, 16], "blocks": [1]}, {"widths": [], "blocks": []}, {"unshuffle": 3}, {"estimate": "maybe"}, {"colour": 1}]
)
def test_wrong_architecture_arguments_are_named(arguments: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        FAMILIES["unet"].build(arguments)
