from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def photo() -> np.ndarray:
    """(96, 112, 3) uint8: smooth shades with an edge and some texture, so that JPEG has something to lose."""
    rows, columns = np.mgrid[0:96, 0:112]
    base = 128 + 60 * np.sin(columns / 17) + 40 * np.cos(rows / 11) + 40 * (columns > rows)
    texture = np.random.default_rng(0).normal(0, 6, (96, 112, 3))
    return np.clip(np.stack([base, base * 0.8 + 20, 250 - base], 2) + texture, 0, 255).astype(np.uint8)
