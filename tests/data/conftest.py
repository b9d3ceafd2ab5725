from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture


@pytest.fixture
def photo() -> np.ndarray:
    """(96, 112, 3) uint8: smooth shades with an edge and some texture, so that JPEG has something to lose."""
    rows, columns = np.mgrid[0:96, 0:112]
    base = 128 + 60 * np.sin(columns / 17) + 40 * np.cos(rows / 11) + 40 * (columns > rows)
    texture = np.random.default_rng(0).normal(0, 6, (96, 112, 3))
    return np.clip(np.stack([base, base * 0.8 + 20, 250 - base], 2) + texture, 0, 255).astype(np.uint8)


@pytest.fixture
def write_flat() -> Callable[..., Path]:
    """``write_flat(path, value, height=8, width=8)``: a PNG of one gray value, with the folders above it."""

    def make(path: Path, value: int, height: int = 8, width: int = 8) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write(Picture(np.full((height, width, 3), value, np.uint8)), path)

    return make


@pytest.fixture
def folder(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Path:
    """Twelve pictures of 40 x 48 pixels."""
    place = tmp_path / "pictures"
    place.mkdir()
    for seed in range(12):
        write(Picture(make_pixels(40, 48, seed=seed)), place / f"{seed:02}.png")
    return place
