"""The whole window with Erase in front and a scripted worker, as its tests handle it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QAbstractButton
from whole_window import WholeWindow

from aedesk.core.erase_specs import EraseSpec
from aedesk.gui.panels.erase.panel import ErasePanel

MARK = (slice(10, 20), slice(30, 60))
"""Rows and columns of the white mark on the pictures."""


class EraseWindow(WholeWindow):
    """The window with Erase in front."""

    @property
    def panel(self) -> ErasePanel:
        panel = self.window.panel_stack.panel("erase")
        assert isinstance(panel, ErasePanel)
        return panel

    @property
    def marked(self) -> np.ndarray | None:
        return self.panel.editor.marked

    @property
    def specs(self) -> list[EraseSpec]:
        return self.client.specs(EraseSpec)

    @property
    def masks_sent(self) -> list[np.ndarray | None]:
        return [inputs[1] for _, spec, inputs in self.client.submitted if isinstance(spec, EraseSpec)]

    def button(self, name: str) -> QAbstractButton:
        button: QAbstractButton = self.find(QAbstractButton, name)
        return button

    def press(self, name: str) -> None:
        assert self.button(name).isEnabled(), name
        self.button(name).click()

    def set_current(self, index: int) -> None:
        document = self.library.documents[index]
        self.library.set_current(document)
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

    def idle(self) -> None:
        self.wait(lambda: not self.window.workspace.queue.busy and self.window.workspace.pool.idle)


Open = Callable[..., EraseWindow]
File = Callable[..., Path]
