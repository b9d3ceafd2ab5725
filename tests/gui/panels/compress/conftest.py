"""The Compress panel's fixtures: the window, and .aed files for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compress_script import compress_play, encode
from compress_window import CompressWindow, Open
from fake_client import FakeClient
from pytestqt.qtbot import QtBot
from whole_window import OpenProgram

from aedesk.imaging.picture import Picture


@pytest.fixture
def open_compress(qtbot: QtBot, open_program: OpenProgram) -> Open:
    def open_window(*paths: Path, script: Any = compress_play, hold: tuple[type, ...] = (), **settings: object) -> CompressWindow:
        client = FakeClient(script, hold)
        running = open_program(*paths, client=client, **{"panel": "compress", **settings})
        qtbot.waitUntil(lambda: bool(running.workspace.inventory.models))
        return CompressWindow(qtbot, client, running)

    return open_window


@pytest.fixture
def make_aed(tmp_path: Path, make_pixels: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """``make_aed(name)``: a file that the scripted worker decodes, and that the window takes for an .aed file."""
    from compress_script import MAGIC

    from aedesk.gui.documents import aed_files

    monkeypatch.setattr(aed_files, "MAGIC", MAGIC)

    def make(name: str, seed: int = 0, more: bytes = b"") -> Path:
        path = tmp_path / name
        path.write_bytes(encode(Picture(make_pixels(48, 64, seed=seed)), 90) + more)
        return path

    return make
