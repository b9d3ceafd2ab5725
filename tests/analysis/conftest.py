"""Tiny models with a latent and small folders of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from aedesk.models.families import FAMILIES
from aedesk.models.files.checkpoint import save_model

DENSE: dict[str, Any] = {"channels": 1, "size_px": 8, "hidden": [], "code": 6}
CONVOLUTIONAL: dict[str, Any] = {"channels": 3, "widths": [8, 8], "blocks": [0, 0], "code_channels": 5}


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., str]:
    """``make_model(family, **architecture)``: the path of a model file with random weights."""

    def make(family: str, **architecture: Any) -> str:
        torch.manual_seed(0)
        network = FAMILIES[family].build(architecture)
        card = {"name": family, "purpose": "autoencoder", "family": family, "architecture": architecture}
        return str(save_model(tmp_path / "models" / f"{family}.safetensors", network.state_dict(), card, torch.float32))

    return make


@pytest.fixture
def dense(make_model: Callable[..., str]) -> str:
    return make_model("undercomplete", **DENSE)


@pytest.fixture
def convolutional(make_model: Callable[..., str]) -> str:
    return make_model("convolutional", **CONVOLUTIONAL)


@pytest.fixture
def make_folder(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """``make_folder(count, width, height)``: a folder of scenes, each of its own."""

    def make(count: int, width: int = 40, height: int = 32, name: str = "pictures") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            Image.fromarray(make_pixels(height, width, seed=number)).save(folder / f"{number:03}.png")
        return folder

    return make


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """A folder with two classes, upright and lying stripes, that differ in no single pixel's mean."""
    random = np.random.default_rng(0)
    for name in ("lying", "upright"):
        (tmp_path / "stripes" / name).mkdir(parents=True)
        for number in range(40):
            wave = 127 + 100 * np.sign(np.sin(np.arange(16) * np.pi / 4 + random.uniform(0, 2 * np.pi)))
            pixels = np.tile(wave, (16, 1)) if name == "upright" else np.tile(wave[:, None], (1, 16))
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "stripes" / name / f"{number:02}.png")
    return tmp_path / "stripes"
