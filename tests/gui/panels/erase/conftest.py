"""The Erase panel's fixtures: the window, and pictures with a mark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from erase_script import erase_play
from erase_window import MARK, EraseWindow, Open
from fake_client import FakeClient
from pytestqt.qtbot import QtBot
from whole_window import OpenProgram

from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture


@pytest.fixture
def open_erase(qtbot: QtBot, open_program: OpenProgram) -> Open:
    def open_window(*paths: Path, script: Any = erase_play, hold: tuple[type, ...] = (), **settings: object) -> EraseWindow:
        client = FakeClient(script, hold)
        running = open_program(*paths, client=client, **{"panel": "erase", "view_mode": "single", **settings})
        opened = EraseWindow(qtbot, client, running)
        if paths:
            opened.wait(lambda: opened.current is not None and opened.current.source is not None)
        return opened

    return open_window


@pytest.fixture
def marked_file(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """A picture with a white mark that the scripted worker finds, or without one."""

    def make(name: str, width: int = 100, height: int = 80, *, mark: bool = True) -> Path:
        pixels = np.minimum(make_pixels(height, width), 240).astype(np.uint8)
        if mark:
            pixels[MARK] = 255
        return write(Picture(pixels), tmp_path / name)

    return make
