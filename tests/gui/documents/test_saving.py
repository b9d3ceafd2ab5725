"""File names of saved results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aedesk.gui.documents.saving import save_name, write_beside
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture

Pixels = Callable[..., np.ndarray]


@pytest.mark.parametrize(
    ("name", "saved"), [("a.png", "a_restored.png"), ("a.JPG", "a_restored.JPG"), ("a.nef", "a_restored.png"), ("a", "a_restored.png")]
)
def test_a_saved_picture_keeps_its_format_where_that_can_be_written(name: str, saved: str) -> None:
    assert save_name(Path(name), "_restored") == saved


def test_a_taken_name_gets_a_number(tmp_path: Path, make_pixels: Pixels) -> None:
    picture = Picture(make_pixels(8, 8))
    write(picture, tmp_path / "a.png")
    assert write_beside(picture, tmp_path / "a.png", 95) == tmp_path / "a-2.png"
    assert write_beside(picture, tmp_path / "a.png", 95) == tmp_path / "a-3.png"
