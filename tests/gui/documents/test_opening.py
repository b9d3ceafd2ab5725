"""Searching folders for pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from aedesk.gui.documents.opening import find_pictures

Pixels = Callable[..., np.ndarray]


def test_folders_are_searched_in_order_without_what_is_hidden(make_file: Callable[..., Path], tmp_path: Path) -> None:
    for folder in ("b", ".trash"):
        (tmp_path / folder).mkdir()
    for name in ("z.png", "b/a.png", ".trash/x.png", ".hidden.png"):
        make_file(name)
    named = tmp_path / "strange.name"
    assert find_pictures([named, tmp_path]) == [named, tmp_path / "z.png", tmp_path / "b" / "a.png"]
