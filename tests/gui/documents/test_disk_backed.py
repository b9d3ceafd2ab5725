"""Results that are kept in files instead of memory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aedesk.gui.documents.disk_backed import move_to_disk
from aedesk.imaging.picture import Picture

Pixels = Callable[..., np.ndarray]


def test_a_parked_result_is_the_same_picture_in_a_file_without_a_name(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (600, 700, 3), np.uint16)
    picture = Picture(pixels, alpha=pixels[:, :, 0].copy(), dpi=(300.0, 300.0))
    parked = move_to_disk(picture, tmp_path / "cache")
    assert np.array_equal(parked.pixels, pixels)
    assert isinstance(parked.pixels.base, np.memmap)
    assert (parked.alpha is picture.alpha, parked.dpi) == (True, (300.0, 300.0))
    if sys.platform != "win32":
        assert list((tmp_path / "cache").iterdir()) == []


def test_a_result_that_cannot_be_parked_stays_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    picture = Picture(np.zeros((1000, 1000, 3), np.uint8))
    assert move_to_disk(picture, tmp_path / "file") is picture
    assert "stays in memory" in caplog.text
