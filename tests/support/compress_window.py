"""The whole window with Compress in front and a scripted worker, as its tests handle it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel
from whole_window import WholeWindow

from aedesk.core.codec_specs import CompressSpec
from aedesk.gui.panels.compress.panel import CompressPanel


class CompressWindow(WholeWindow):
    """The window with Compress in front."""

    @property
    def panel(self) -> CompressPanel:
        panel = self.window.panel_stack.panel("compress")
        assert isinstance(panel, CompressPanel)
        return panel

    def press(self, name: str) -> None:
        self.find(QAbstractButton, name).click()

    def choose(self, name: str, data: str) -> None:
        box = self.find(QComboBox, name)
        assert box.findData(data) >= 0, data
        box.setCurrentIndex(box.findData(data))

    def settle(self) -> Any:
        """Wait for a result that the panel shows, with all figures."""
        self.wait(lambda: self.panel.live.current is not None and "PSNR" in self.figures and not self.panel.live.busy)
        return self.panel.live.current

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


Open = Callable[..., CompressWindow]
