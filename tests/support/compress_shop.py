"""The whole window with Compress in front and a scripted worker, as its tests handle it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fake_client import FakeClient
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel
from pytestqt.qtbot import QtBot

from aedesk.core.codec_specs import CompressSpec
from aedesk.gui.app import Application
from aedesk.gui.main_window import MainWindow
from aedesk.gui.panels.compress import CompressPanel


@dataclass
class Shop:
    """The window with Compress in front."""

    qtbot: QtBot
    client: FakeClient
    window: MainWindow
    running: Application = field(repr=False)

    @property
    def panel(self) -> CompressPanel:
        panel = self.window.panel_stack.panel("compress")
        assert isinstance(panel, CompressPanel)
        return panel

    @property
    def current(self) -> Any:
        return self.window.workspace.library.current

    @property
    def told(self) -> str:
        return self.window.banner.text

    def find(self, kind: type, name: str) -> Any:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def press(self, name: str) -> None:
        self.qtbot.mouseClick(self.find(QAbstractButton, name), Qt.MouseButton.LeftButton)

    def choose(self, name: str, data: str) -> None:
        box = self.find(QComboBox, name)
        assert box.findData(data) >= 0, data
        box.setCurrentIndex(box.findData(data))

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true, timeout=8000)

    def settle(self) -> Any:
        """Wait for a result that the panel shows, with all figures."""
        self.wait(lambda: self.panel.live.now is not None and "PSNR" in self.figures and not self.panel.live.busy)
        return self.panel.live.now

    @property
    def figures(self) -> str:
        label: QLabel = self.find(QLabel, "compressFigures")
        return "" if label.isHidden() else label.text()

    @property
    def remark(self) -> str:
        return str(self.find(QLabel, "compressRemark").text())

    @property
    def specs(self) -> list[CompressSpec]:
        return self.client.specs(CompressSpec)


Open = Callable[..., Shop]
