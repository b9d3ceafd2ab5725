"""The window's own fixtures: pictures on disk, a scripted worker, a workspace and a window."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_client import FakeClient
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from whole_window import OpenProgram

from aedesk.gui.app import Application
from aedesk.gui.workspace import Workspace
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import InlineReader
from aedesk.settings.store import Settings


@pytest.fixture(scope="session", autouse=True)
def _few_objects_to_search() -> Iterator[None]:
    """What is imported stays, so that a search for garbage after every test is quick."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _garbage_ends_on_this_thread(_few_objects_to_search: None) -> Iterator[None]:
    """Windows of earlier tests that are ended on the thread of a pool stop everything: see `aedesk.gui.garbage`."""
    gc.disable()
    yield
    gc.collect()


@pytest.fixture
def make_file(tmp_path: Path, make_pixels: Callable[..., np.ndarray]) -> Callable[..., Path]:
    """``make_file(name, width=64, height=48, **more)``: a picture file."""

    def make(name: str, width: int = 64, height: int = 48, seed: int = 0) -> Path:
        return write(Picture(make_pixels(height, width, seed=seed)), tmp_path / name)

    return make


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def training() -> FakeClient:
    """The client of the training lane."""
    return FakeClient()


@pytest.fixture
def workspace(qtbot: QtBot, client: FakeClient, training: FakeClient) -> Iterator[Workspace]:
    made = Workspace(Settings(), lambda: client, lambda: training, make_reader=InlineReader)
    yield made
    made.shutdown()


@pytest.fixture
def open_program(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenProgram]:
    """``open_program(*paths, client=..., training=None, **settings)``: the program with its window on the screen and all panels made."""
    running: list[Application] = []

    def open_it(*paths: Path, client: FakeClient, training: FakeClient | None = None, **settings: object) -> Application:
        file = tmp_path / "config" / "settings.json"
        written = Settings(file)
        for key, value in {"first_start": False, "confirm_close": False, **settings}.items():
            written[key] = value
        written.save()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        made = Application(
            app,
            paths,
            make_client=lambda: client,
            make_training_client=lambda: training or FakeClient(),
            settings_file=file,
            make_reader=InlineReader,
        )
        running.append(made)
        with qtbot.waitSignal(made.window.ready):
            made.show()
        return made

    yield open_it
    for each in running:
        if each.window.isVisible():
            each.window.close()
        each.end()
        each.window.deleteLater()


@pytest.fixture
def opened(qtbot: QtBot, workspace: Workspace) -> Callable[..., list]:
    """``opened(path, ...)``: documents in the workspace, the first current and read."""

    def open_them(*paths: Path) -> list:
        documents = workspace.library.add(paths)
        workspace.library.set_current(documents[0])
        workspace.loader.ensure(documents[0], lambda _: None)
        qtbot.waitUntil(lambda: documents[0].source is not None)
        return documents

    return open_them


@pytest.fixture
def drop() -> Callable[[QWidget, list[str]], bool]:
    """``drop(widget, paths)``: drag local files in and let go; True if the widget took them."""

    def do(widget: QWidget, paths: list[str]) -> bool:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
        keys = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        entered = QDragEnterEvent(QPointF(50, 50).toPoint(), *keys)
        QApplication.sendEvent(widget, entered)
        if entered.isAccepted():
            QApplication.sendEvent(widget, QDropEvent(QPointF(50, 50), *keys))
        return entered.isAccepted()

    return do
