"""The whole window with a scripted worker, as the tests of its panels handle it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_client import FakeClient
from pytestqt.qtbot import QtBot

from aedesk.gui.app import Application
from aedesk.gui.shell.main_window import MainWindow

OpenProgram = Callable[..., Application]


@dataclass
class WholeWindow:
    """The program, and short words for what tests look at."""

    qtbot: QtBot
    client: FakeClient
    running: Application = field(repr=False)

    @property
    def window(self) -> MainWindow:
        return self.running.window

    @property
    def library(self) -> Any:
        return self.window.workspace.library

    @property
    def current(self) -> Any:
        return self.library.current

    @property
    def notification(self) -> str:
        return self.window.banner.text

    def find(self, kind: type, name: str) -> Any:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=8000)
