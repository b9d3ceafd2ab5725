"""The variational, adversarial, masked and graph families: shapes, files and arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from aedesk.core.errors import ModelError
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import load_model, save_model

SMALL: list[tuple[str, dict[str, Any]]] = [
    ("variational", {"size_px": 16, "widths": [4, 8], "code": 5}),
    ("variational", {"size_px": 9, "body": "dense", "hidden": [12, 10], "code": 3, "channels": 1, "output": "linear"}),
    ("adversarial", {"size_px": 16, "widths": [4], "code": 5, "critic": [7], "channels": 1}),
    ("adversarial", {"size_px": 8, "body": "dense", "hidden": [], "code": 4}),
    ("masked", {"size_px": 16, "patch_px": 4, "width": 16, "depth": 1, "decoder_width": 8, "decoder_depth": 1, "heads": 2}),
    ("graph", {"width": 8, "blocks": 1, "block": 4, "margin": 2, "neighbours": 3}),
]
each = pytest.mark.parametrize(("family", "architecture"), SMALL, ids=[f"{name}-{i}" for i, (name, _) in enumerate(SMALL)])


def pictures_for(network: Any, count: int = 2) -> torch.Tensor:
    contract = network.descriptor
    edge = contract.fixed_px or 2 * contract.size_multiple
    return torch.rand(count, contract.channels, edge, edge)


@each
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, family: str, architecture: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = FAMILIES[family].build(architecture).eval()
    card = {"name": "a", "purpose": network.descriptor.purpose, "family": family, "architecture": architecture}
    loaded, _ = load_model(save_model(tmp_path / "a.safetensors", network.state_dict(), card, torch.float32))
    pictures = pictures_for(network)
    with torch.inference_mode():
        assert torch.allclose(loaded(pictures), network(pictures), atol=1e-5)
    assert loaded.descriptor == network.descriptor


@each
def test_shapes_and_range_are_those_of_the_descriptor(family: str, architecture: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = FAMILIES[family].build(architecture).eval()
    pictures = pictures_for(network, 3)
    with torch.inference_mode():
        restored = network(pictures)
        assert restored.shape == pictures.shape
        if not isinstance(network, Autoencoder):
            return
        code = network.encode(pictures)
        assert code[0].numel() == network.descriptor.code_size(*pictures.shape[:1:-1])
        far = network.decode(100 * torch.randn_like(code))
    assert far.shape == pictures.shape
    assert 0 <= float(far.min()) <= float(far.max()) <= 1


@each
def test_every_weight_that_decides_the_result_is_trained(family: str, architecture: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = FAMILIES[family].build(architecture)
    network(pictures_for(network)).square().mean().backward()
    still = {name for name, parameter in network.named_parameters() if parameter.grad is None}
    assert all(name.startswith("discriminator.") or name == "mask_token" for name in still)


@pytest.mark.parametrize(("family", "architecture"), SMALL[:4])
def test_draws_from_the_prior_are_codes(family: str, architecture: dict[str, Any]) -> None:
    network = FAMILIES[family].build(architecture)
    assert network.descriptor.generative
    torch.manual_seed(0)
    drawn = network.prior(2000)
    assert drawn.shape == (2000, architecture["code"])
    assert torch.allclose(drawn.mean(0), torch.zeros(architecture["code"]), atol=0.1)
    assert torch.allclose(drawn.std(0), torch.ones(architecture["code"]), atol=0.1)
    assert network.decode(drawn[:2]).shape == pictures_for(network).shape


@pytest.mark.parametrize(("family", "architecture"), SMALL[:5])
def test_a_picture_of_another_size_is_told_which_one_fits(family: str, architecture: dict[str, Any]) -> None:
    network = FAMILIES[family].build(architecture)
    with pytest.raises(ModelError, match=str(architecture["size_px"])) as caught:
        network(torch.rand(1, network.descriptor.channels, 24, 24))
    assert "patch_px" in caught.value.hint


@pytest.mark.parametrize(
    ("family", "arguments", "name"),
    [
        ("variational", {"channels": 2}, "channels"),
        ("variational", {"code": 0}, "code"),
        ("variational", {"body": "recurrent"}, "body"),
        ("variational", {"size_px": 36, "widths": [8, 8, 8]}, "size_px"),
        ("variational", {"body": "dense", "hidden": [0]}, "hidden"),
        ("variational", {"body": "dense", "size_px": 256, "hidden": [30000]}, "million"),
        ("variational", {"widths": "wide"}, "widths"),
        ("adversarial", {"critic": []}, "critic"),
        ("adversarial", {"critic": [-3]}, "critic"),
        ("masked", {"patch_px": 7}, "patches"),
        ("masked", {"width": 30}, "width"),
        ("masked", {"heads": 3}, "width"),
        ("masked", {"depth": 0}, "depth"),
        ("masked", {"patch_px": 64}, "patch_px"),
        ("masked", {"size_px": 512, "patch_px": 2}, "patches"),
    ],
)
def test_wrong_arguments_are_named_with_a_way_out(family: str, arguments: dict[str, Any], name: str) -> None:
    with pytest.raises(ModelError, match=name) as caught:
        FAMILIES[family].build(arguments)
    assert caught.value.hint
