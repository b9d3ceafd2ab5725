"""The whole window with Erase in front and a scripted worker, as its tests handle it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fake_client import FakeClient
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from aedesk.core.erase_specs import EraseSpec
from aedesk.gui.app import Application
from aedesk.gui.main_window import MainWindow
from aedesk.gui.panels.erase import ErasePanel

MARK = (slice(10, 20), slice(30, 60))
"""Rows and columns of the white mark on the pictures."""


@dataclass
class Studio:
    """The window with Erase in front."""

    qtbot: QtBot
    client: FakeClient
    window: MainWindow
    running: Application = field(repr=False)

    @property
    def panel(self) -> ErasePanel:
        panel = self.window.panel_stack.panel("erase")
        assert isinstance(panel, ErasePanel)
        return panel

    @property
    def library(self) -> Any:
        return self.window.workspace.library

    @property
    def current(self) -> Any:
        return self.library.current

    @property
    def told(self) -> str:
        return self.window.banner.text

    @property
    def marked(self) -> np.ndarray | None:
        return self.panel.editor.marked

    @property
    def specs(self) -> list[EraseSpec]:
        return self.client.specs(EraseSpec)

    @property
    def masks_sent(self) -> list[np.ndarray | None]:
        return [inputs[1] for _, spec, inputs in self.client.submitted if isinstance(spec, EraseSpec)]

    def find(self, kind: type, name: str) -> Any:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def button(self, name: str) -> QAbstractButton:
        button: QAbstractButton = self.find(QAbstractButton, name)
        return button

    def press(self, name: str) -> None:
        assert self.button(name).isEnabled(), name
        self.button(name).click()

    def look_at(self, index: int) -> None:
        document = self.library.documents[index]
        self.library.look_at(document)
        self.qtbot.waitUntil(lambda: document.source is not None and self.panel.editor.mask is not None)

    def drag(self, *places: tuple[float, float], keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """With the left button, in pixels of the picture."""
        viewer = self.window.viewer
        self.qtbot.waitUntil(lambda: viewer.picture_size != (0, 0))
        points = [viewer.map_from_picture(QPointF(*place)).toPoint() for place in places]
        self.qtbot.mousePress(viewer, Qt.MouseButton.LeftButton, keys, points[0])
        for point in points[1:]:
            self.qtbot.mouseMove(viewer, point)
        self.qtbot.mouseRelease(viewer, Qt.MouseButton.LeftButton, keys, points[-1])

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=8000)

    def idle(self) -> None:
        self.wait(lambda: not self.window.workspace.queue.busy and self.window.workspace.pool.idle)


Open = Callable[..., Studio]
File = Callable[..., Path]
