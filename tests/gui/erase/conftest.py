"""The Erase panel's fixtures: the window, and pictures with a mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from erase_script import erase_play
from erase_studio import MARK, Open, Studio
from fake_client import FakeClient
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aedesk.gui.app import Application
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.settings.store import Settings


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    opened: list[Application] = []

    def open_window(*paths: Path, script: Any = erase_play, hold: tuple[type, ...] = (), **settings: object) -> Studio:
        file = tmp_path / "config" / "settings.json"
        written = Settings(file)
        for key, value in {"first_start": False, "confirm_close": False, "panel": "erase", "view_mode": "single", **settings}.items():
            written[key] = value
        written.save()
        app, client = QApplication.instance(), FakeClient(script, hold)
        assert isinstance(app, QApplication)
        made = Application(app, paths, make_client=lambda: client, make_training_client=FakeClient, settings_file=file)
        opened.append(made)
        with qtbot.waitSignal(made.window.ready):
            made.show()
        found = Studio(qtbot, client, made.window, made)
        if paths:
            found.wait(lambda: found.current is not None and found.current.source is not None)
        return found

    yield open_window
    for each in opened:
        if each.window.isVisible():
            each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def marked_file(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """A picture with a white mark that the scripted worker finds, or without one."""

    def make(name: str, width: int = 100, height: int = 80, *, mark: bool = True) -> Path:
        pixels = np.minimum(make_pixels(height, width), 240).astype(np.uint8)
        if mark:
            pixels[MARK] = 255
        return write(Picture(pixels), tmp_path / name)

    return make
