from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def pictures(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    """A folder with a zip file of eight tiny pictures."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    with zipfile.ZipFile(folder / "shard.zip", "w") as archive:
        for seed in range(8):
            file = io.BytesIO()
            Image.fromarray(make_pixels(48, 64, seed=seed)).save(file, "PNG")
            archive.writestr(f"{seed}.png", file.getvalue())
    return folder


@pytest.fixture
def recipe(pictures: Path) -> dict[str, Any]:
    """A recipe of a tiny denoiser."""
    return {
        "name": "tiny",
        "purpose": "denoise",
        "seed": 5,
        "model": {"family": "unet", "widths": [8, 8], "blocks": [1, 1], "estimator_width": 8},
        "data": {"folder": str(pictures), "held_out": 2},
        "degradation": {"chain": "gaussian", "sigma": [10, 40]},
        "train": {"muon_lr": 2e-3, "warmup_steps": 2, "log_every": 1, "validate_every": 100, "checkpoint_s": 1e9},
        "stage": [{"steps": 6, "patch_px": 16, "batch": 4}, {"steps": 4, "patch_px": 24, "batch": 2, "loss": "mse"}],
    }


@pytest.fixture
def dense(pictures: Path) -> dict[str, Any]:
    """A recipe of a tiny dense autoencoder: steps of a millisecond."""
    return {
        "name": "dense",
        "purpose": "autoencoder",
        "seed": 3,
        "model": {"family": "undercomplete", "channels": 1, "size_px": 16, "hidden": [24], "code": 8, "dropout": 0.1},
        "data": {"folder": str(pictures), "held_out": 2},
        "train": {"precision": "float32", "warmup_steps": 2, "log_every": 1, "validate_every": 5, "checkpoint_s": 1e9},
        "stage": [{"steps": 20, "patch_px": 16, "batch": 4, "loss": "mse"}],
    }
