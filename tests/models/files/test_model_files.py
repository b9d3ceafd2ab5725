"""Model files: what is saved is what is loaded, and nothing else gets in."""

from __future__ import annotations

import json
import pickle
import struct
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aedesk.core.errors import ModelError
from aedesk.models.families import FAMILIES
from aedesk.models.files.card import read_card
from aedesk.models.files.checkpoint import load_model, save_model

ARCHITECTURE = {"widths": [8, 8], "blocks": [1, 1], "estimator_width": 8}
CARD = {"name": "tiny", "purpose": "denoise", "family": "unet", "architecture": ARCHITECTURE}


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    return save_model(tmp_path / "tiny.safetensors", FAMILIES["unet"].build(ARCHITECTURE).state_dict(), CARD)


def test_a_network_comes_back_with_its_weights_in_half_precision(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = FAMILIES["unet"].build(ARCHITECTURE)
    loaded, card = load_model(save_model(tmp_path / "a.safetensors", network.state_dict(), CARD))
    assert card == {**CARD, "format": 1}
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value.half().float())


def test_the_card_is_read_without_the_tensors(model_file: Path) -> None:
    assert read_card(model_file)["architecture"] == ARCHITECTURE


def test_a_card_that_does_not_fit_the_tensors_is_an_error(tmp_path: Path) -> None:
    state = FAMILIES["unet"].build(ARCHITECTURE).state_dict()
    wrong = {**CARD, "architecture": {**ARCHITECTURE, "widths": [16, 8]}}
    with pytest.raises(ModelError, match="does not fit its own card"):
        load_model(save_model(tmp_path / "a.safetensors", state, wrong))


@pytest.mark.parametrize("missing", ["name", "purpose", "family", "architecture"])
def test_an_incomplete_card_is_never_written(tmp_path: Path, missing: str) -> None:
    card = {key: value for key, value in CARD.items() if key != missing}
    with pytest.raises(ModelError, match="incomplete"):
        save_model(tmp_path / "a.safetensors", {}, card)
    assert list(tmp_path.iterdir()) == []


def test_a_card_of_a_newer_format_says_so(tmp_path: Path) -> None:
    header = json.dumps({"__metadata__": {"aedesk": json.dumps({**CARD, "format": 2})}}).encode()
    path = tmp_path / "new.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(ModelError, match="newer version"):
        read_card(path)


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (Path(tmp_path / "sprung"),)  # type: ignore[return-value]

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ModelError):
        load_model(path)
    assert not (tmp_path / "sprung").exists()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 4000), noise=st.binary(max_size=64))
def test_damage_in_the_first_kilobytes_is_a_model_error_or_harmless(model_file: Path, cut: int, noise: bytes) -> None:
    data = bytearray(model_file.read_bytes())
    data[cut : cut + len(noise)] = noise
    damaged = model_file.with_name("damaged.safetensors")
    damaged.write_bytes(data[: max(cut, 1)] if not noise else data)
    with suppress(ModelError):
        load_model(damaged)
