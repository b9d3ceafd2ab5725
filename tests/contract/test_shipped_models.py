"""Each shipped model is three files: the recipe of its next training, the weights with their card inside, and the page for people. A model
has not been trained long enough to ship has a recipe only."""

from __future__ import annotations

import json
import struct
import tomllib
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch

from aedesk.core.resources import resource_path
from aedesk.models.descriptor import PURPOSES
from aedesk.models.families import FAMILIES
from aedesk.models.files.card import read_card
from aedesk.models.files.checkpoint import load_model
from aedesk.models.files.zoo import SHIPPED

FOLDER = resource_path("models")
MAX_WEIGHTS_BYTES = 10 << 20
CONDITIONS = {"sigma": 25.0, "quality": 50.0, "hint": 0.0, "hole": 0.0}


def weights(name: str) -> Path:
    return FOLDER / f"{name}.safetensors"


def parameter_count(path: Path) -> int:
    """Numbers in a safetensors file, from its header alone."""
    data = path.read_bytes()
    header: dict[str, Any] = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    return sum(prod(entry["shape"]) for key, entry in header.items() if key != "__metadata__")


def test_the_folder_holds_a_recipe_weights_and_a_page_for_each_shipped_model_and_recipes_of_models_to_come() -> None:
    expected = {f"{name}{suffix}" for name in SHIPPED for suffix in (".toml", ".safetensors", ".md")}
    found = {path.name for path in FOLDER.iterdir()}
    assert expected <= found
    assert {Path(name).suffix for name in found - expected} <= {".toml"}
    assert len(SHIPPED) >= 2


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_are_small_enough_for_the_repository(name: str) -> None:
    assert weights(name).stat().st_size < MAX_WEIGHTS_BYTES


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_says_what_the_file_is(name: str) -> None:
    card = read_card(weights(name))
    assert card["name"] == name
    assert card["purpose"] in PURPOSES
    assert card["family"] in FAMILIES
    assert card["title"]
    assert card["licence"] == "Apache-2.0"
    assert card["training"]["steps"] > 0
    assert card["metrics"]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_recipe_beside_the_weights_describes_the_same_network(name: str) -> None:
    """A recipe may be ahead of its weights in data and stages; the card keeps the one that the weights were trained by."""
    recipe = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    card = read_card(weights(name))
    assert card["recipe"]["model"] == recipe["model"]
    assert card["recipe"]["purpose"] == recipe["purpose"]
    assert card["data"] == card["recipe"]["data_note"]
    assert card["training"]["steps"] <= sum(stage["steps"] for stage in card["recipe"]["stage"])


@pytest.mark.parametrize("name", SHIPPED)
def test_the_weights_fit_the_architecture_of_their_card_and_are_finite(name: str) -> None:
    network, card = load_model(weights(name))
    assert sum(tensor.numel() for tensor in network.state_dict().values()) == parameter_count(weights(name))
    assert all(bool(torch.isfinite(tensor).all()) for tensor in network.state_dict().values())
    descriptor = network.descriptor
    assert descriptor.purpose == card["purpose"]
    edge = 2 * descriptor.size_multiple
    conditions = [torch.full((1, 1, 1, 1), CONDITIONS[condition]) for condition in descriptor.conditions]
    with torch.inference_mode():
        restored = network(torch.rand(1, descriptor.channels, edge, edge), *conditions)
    assert restored.shape == (1, descriptor.channels, edge, edge)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_page_tells_the_figures_of_the_card(name: str) -> None:
    card = read_card(weights(name))
    page = (FOLDER / f"{name}.md").read_text("utf-8")
    figures = {key: f"{value:.2f}" for key, value in card["metrics"].items()}
    figures["steps"] = f"{card['training']['steps']:,}"
    figures["parameters"] = f"{parameter_count(weights(name)):,}"
    figures["licence"] = card["licence"]
    assert {key: figure for key, figure in figures.items() if figure not in page} == {}
