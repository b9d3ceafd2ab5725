"""The Compress panel's fixtures: the window, and .aed files for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compress_script import compress_play, encode
from compress_shop import Open, Shop
from fake_client import FakeClient
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aedesk.gui.app import Application
from aedesk.imaging.picture import Picture
from aedesk.settings.store import Settings


@pytest.fixture
def shop(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    opened: list[Application] = []

    def open_window(*paths: Path, script: Any = compress_play, hold: tuple[type, ...] = (), **settings: object) -> Shop:
        file = tmp_path / "config" / "settings.json"
        written = Settings(file)
        for key, value in {"first_start": False, "confirm_close": False, "panel": "compress", **settings}.items():
            written[key] = value
        written.save()
        app, client = QApplication.instance(), FakeClient(script, hold)
        assert isinstance(app, QApplication)
        made = Application(app, paths, make_client=lambda: client, make_training_client=FakeClient, settings_file=file)
        opened.append(made)
        with qtbot.waitSignal(made.window.ready):
            made.show()
        qtbot.waitUntil(lambda: bool(made.workspace.catalog.models))
        return Shop(qtbot, client, made.window, made)

    yield open_window
    for each in opened:
        if each.window.isVisible():
            each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def make_aed(tmp_path: Path, make_pixels: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """``make_aed(name)``: a file that the scripted worker decodes, and that the window takes for an .aed file."""
    from compress_script import MAGIC

    from aedesk.gui import aed_files

    monkeypatch.setattr(aed_files, "MAGIC", MAGIC)

    def make(name: str, seed: int = 0, more: bytes = b"") -> Path:
        path = tmp_path / name
        path.write_bytes(encode(Picture(make_pixels(48, 64, seed=seed)), 90) + more)
        return path

    return make
