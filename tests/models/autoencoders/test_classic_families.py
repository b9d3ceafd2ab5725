"""The classic autoencoders keep the promises of their descriptors."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from aedesk.core.errors import ModelError
from aedesk.models.architectures import ConvolutionalConfig, DenoisingConfig
from aedesk.models.autoencoders.convolutional import Convolutional
from aedesk.models.autoencoders.denoising import DenoisingUNet
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import load_model, save_model

SMALL: dict[str, dict[str, Any]] = {
    "undercomplete": {"size_px": 8, "hidden": [24, 16], "code": 6},
    "stacked": {"size_px": 8, "channels": 1, "hidden": [24], "code": 6},
    "sparse": {"size_px": 8, "code": 300},
    "contractive": {"size_px": 8, "code": 20},
    "convolutional": {"widths": [8, 12], "blocks": [0, 1], "code_channels": 5},
    "denoising": {"widths": [8, 12], "blocks": [1, 1]},
}
VARIANTS = [
    *SMALL.items(),
    ("contractive", {"size_px": 8, "hidden": [16], "code": 20, "tied": False}),
    ("convolutional", {"widths": [4, 6, 8], "blocks": [0, 0, 0], "kernel": 5, "up": "resize", "channels": 1, "output": "sigmoid"}),
    ("denoising", {"body": "dense", "size_px": 8, "hidden": [32], "code": 6, "dropout": 0.2}),
    ("denoising", {"widths": [8, 12], "blocks": [0, 1], "skips": False, "code": 7}),
]


def build(family: str, arguments: dict[str, Any]) -> Any:
    torch.manual_seed(0)
    return FAMILIES[family].build(arguments).eval()


@pytest.mark.parametrize(("family", "arguments"), VARIANTS)
def test_reconstructions_have_the_shape_of_the_picture_and_its_range(family: str, arguments: dict[str, Any]) -> None:
    network = build(family, arguments)
    about = network.descriptor
    picture = torch.rand(2, about.channels, *((about.fixed_px,) * 2 if about.fixed_px else (24, 40)))
    reconstruction = network(picture)
    assert reconstruction.shape == picture.shape
    if about.code_channels:
        assert float(reconstruction.detach().min()) >= 0
        assert float(reconstruction.detach().max()) <= 1


@pytest.mark.parametrize(("family", "arguments"), VARIANTS)
def test_codes_have_the_size_that_the_descriptor_tells(family: str, arguments: dict[str, Any]) -> None:
    network = build(family, arguments)
    about = network.descriptor
    if about.code_channels is None:
        assert isinstance(network, DenoisingUNet)
        return
    height, width = (about.fixed_px,) * 2 if about.fixed_px else (24, 40)
    code = network.encode(torch.rand(2, about.channels, height, width))
    assert code[0].numel() == about.code_size(width, height)
    assert network.decode(code).shape == (2, about.channels, height, width)


@pytest.mark.parametrize(("family", "arguments"), VARIANTS)
def test_a_network_comes_back_from_its_file(family: str, arguments: dict[str, Any], tmp_path: Path) -> None:
    network = build(family, arguments)
    card = {"name": "a", "purpose": network.descriptor.purpose, "family": family, "architecture": arguments}
    loaded, _ = load_model(save_model(tmp_path / "a.safetensors", network.state_dict(), card, torch.float32))
    edge = network.descriptor.fixed_px or 16
    picture = torch.rand(1, network.descriptor.channels, edge, edge)
    with torch.inference_mode():
        assert torch.allclose(loaded(picture), network(picture), atol=1e-6)


def test_a_copy_of_a_tied_network_is_tied_to_itself() -> None:
    network = build("contractive", SMALL["contractive"])
    twin = copy.deepcopy(network)
    picture = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        twin.encoder[0].linear.weight.zero_()
        assert float(network(picture).std()) > 0.01
        assert float(twin(picture).std()) == 0


def test_a_convolutional_network_begins_with_a_projection_and_loses_nothing_if_the_code_is_large_enough() -> None:
    torch.manual_seed(0)
    network = Convolutional(ConvolutionalConfig(widths=(12, 48), blocks=(1, 1), code_channels=48)).eval()
    for name, weight in network.named_parameters():
        if "conv2" in name:
            torch.nn.init.zeros_(weight)
    picture = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert float((network(picture) - picture).abs().max()) < 1e-5


@pytest.mark.parametrize("kernel", [2, 3, 4, 7])
@pytest.mark.parametrize("up", ["transposed", "resize"])
def test_no_pixel_of_a_convolutional_network_looks_further_than_the_halo(kernel: int, up: str) -> None:
    network = build("convolutional", {"widths": [4, 6], "blocks": [0, 1], "code_channels": 3, "kernel": kernel, "up": up})
    check_reach(network, 3)


@pytest.mark.parametrize(("widths", "blocks"), [([8], [2]), ([6, 8], [1, 0]), ([4, 6, 8], [1, 1, 1])])
def test_no_pixel_of_a_denoising_network_looks_further_than_the_halo(widths: list[int], blocks: list[int]) -> None:
    check_reach(build("denoising", {"widths": widths, "blocks": blocks, "channels": 1}), 1)


def check_reach(network: Any, channels: int) -> None:
    network = network.double()
    # Blocks start small; here every path has to be seen.
    for weight in network.parameters():
        torch.nn.init.normal_(weight)
    halo, multiple = network.descriptor.halo_px, network.descriptor.size_multiple
    side = 2 * (halo + 2 * multiple)
    picture = torch.rand(1, channels, side, side, dtype=torch.float64, requires_grad=True)
    middle = side // 2 // multiple * multiple
    for offset in range(multiple):
        result = network(picture)[0, :, middle + offset, middle + offset].sum()
        (gradient,) = torch.autograd.grad(result, picture)
        reach = int((gradient.abs().sum((0, 1)).nonzero() - (middle + offset)).abs().max())
        assert reach <= halo


def test_a_clipped_pixel_can_still_learn() -> None:
    network = build("convolutional", SMALL["convolutional"])
    with torch.no_grad():
        network.tail.conv.bias.fill_(-3.0)
    picture = torch.rand(1, 3, 8, 8)
    reconstruction = network(picture)
    assert float(reconstruction.detach().abs().max()) == 0
    (reconstruction - picture).square().mean().backward()
    assert float(network.tail.conv.bias.grad.max()) < 0


def test_the_classic_denoiser_starts_near_the_noisy_picture() -> None:
    torch.manual_seed(0)
    network = DenoisingUNet(DenoisingConfig())
    noisy = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert float((network(noisy) - noisy).square().mean()) < 0.02


@pytest.mark.parametrize(
    ("family", "arguments", "says"),
    [
        ("undercomplete", {"code": 768}, "not smaller than its input"),
        ("undercomplete", {"hidden": 512}, "hidden is 512"),
        ("undercomplete", {"hidden": [0]}, r"hidden is \[0\]"),
        ("undercomplete", {"code": "large"}, "code is 'large'"),
        ("undercomplete", {"channels": 2}, "channels is 2"),
        ("undercomplete", {"dropout": 1.5}, "dropout is 1.5"),
        ("undercomplete", {"size_px": 256, "hidden": [60000]}, "million weights"),
        ("sparse", {"activation": "swish"}, "activation is 'swish'"),
        ("stacked", {"output": "softmax"}, "output is 'softmax'"),
        ("contractive", {"tied": "yes"}, "tied is 'yes'"),
        ("contractive", {"depth": 3}, "depth"),
        ("convolutional", {"widths": [8, 8], "blocks": [1]}, "2 widths and 1 blocks"),
        ("convolutional", {"widths": [], "blocks": []}, r"widths is \[\].*1 to 6 numbers"),
        ("convolutional", {"kernel": 1}, "kernel is 1"),
        ("convolutional", {"up": "bilinear"}, "up is 'bilinear'"),
        ("convolutional", {"code_channels": 0}, "code_channels is 0"),
        ("denoising", {"body": "graph"}, "body is 'graph'"),
        ("denoising", {"body": "dense", "code": 0}, "code is 0"),
        ("denoising", {"output": "sigmoid"}, "output with skips"),
        ("denoising", {"widths": [8, -4], "blocks": [1, 1]}, r"widths is \[8, -4\]"),
    ],
)
def test_silly_arguments_are_told_with_what_to_do(family: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says) as caught:
        FAMILIES[family].build(arguments)
    assert caught.value.hint


@pytest.mark.parametrize(("family", "shape"), [("undercomplete", (1, 3, 12, 12)), ("convolutional", (1, 3, 10, 12))])
def test_a_picture_of_the_wrong_size_is_told(family: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"takes 3 x 8 x 8|does not divide by 4"):
        build(family, SMALL[family])(torch.rand(shape))
