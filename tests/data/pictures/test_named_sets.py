"""The classic sets: read when they are there, explained when they are not. The files here are tiny ones of the right format."""

from __future__ import annotations

import struct
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, SpecError
from aedesk.core.events import Finished
from aedesk.core.training_specs import InspectDataSpec
from aedesk.data.pictures.inspection import inspect_data
from aedesk.data.pictures.named_sets import default_root
from aedesk.data.sources import make_examples


def write_mnist(root: Path, count: int = 30) -> None:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (count, 28, 28), np.uint8)
    for part in ("train", "t10k"):
        (raw / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 0x803, count, 28, 28) + pixels.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 0x801, count) + bytes(i % 10 for i in range(count)))


def make(data: dict[str, Any], channels: int = 1) -> Any:
    return make_examples(data, {}, channels, torch.device("cpu"), CancelToken(), patch_px=28, validation_px=28)


@pytest.mark.parametrize("channels", [1, 3])
def test_digits_on_the_disk_become_upright_examples(channels: int) -> None:
    write_mnist(default_root())
    examples = make({"dataset": "mnist", "limit": 20}, channels)
    assert examples.count == 18
    assert examples.draw(5, 28, 0).noisy.shape == (5, channels, 28, 28)
    assert {tuple(example.noisy.shape) for example in examples.validation()} == {(1, channels, 28, 28)}


def test_digits_are_counted_and_shown(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    *_, last = inspect_data(InspectDataSpec({"dataset": "mnist", "root": str(tmp_path)}, samples=6, sample_px=56), CancelToken())
    assert isinstance(last, Finished)
    found = last.result
    assert (found.count, found.gray, found.median, len(found.classes)) == (30, 30, (28, 28), 10)
    assert found.sheet.shape == (112, 168, 3)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10", "flowers102"])
def test_a_set_that_is_not_there_is_told_with_the_place(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"The set {name} does not lie in") as caught:
        make({"dataset": name, "root": str(tmp_path / "nothing")})
    assert "download = true" in caught.value.hint


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_without_a_connection_a_download_is_told_to_be_impossible(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: Any, **__: Any) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", no_network)
    with pytest.raises(DataError, match="cannot be downloaded") as caught:
        make({"dataset": name, "root": str(tmp_path), "download": True})
    assert str(tmp_path) in caught.value.hint


def test_without_torchvision_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(DataError, match="needs torchvision"):
        make({"dataset": "mnist"})


def test_an_unknown_set_is_no_set() -> None:
    with pytest.raises(SpecError, match="imagenet"):
        make({"dataset": "imagenet"})
