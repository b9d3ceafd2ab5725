"""The bar above the picture: view modes, shown version and zoom."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QWidget

from aedesk.gui.shell.commands.table import MODES
from aedesk.gui.widgets.viewer import CompareView

VERSIONS: tuple[tuple[str, str | None], ...] = (
    ("Latest", None),
    ("Original", "original"),
    ("Noisy", "noisy"),
    ("Result", "result"),
)


class ViewBar(QWidget):
    """The modes are the window's own actions, so that shortcuts, menu and buttons always agree."""

    def __init__(self, viewer: CompareView, actions: Mapping[str, QAction], mode: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewBar")
        self._viewer = viewer
        group = QActionGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        for name, value in MODES.items():
            action = actions[name]
            group.addAction(action)
            button = _button(action, f"button_{name}")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setProperty("segment", True)
            row.addWidget(button)
            action.setChecked(value == mode)
        self._which = QComboBox()
        self._which.setObjectName("whichVersion")
        self._which.setAccessibleName("Shown version")
        self._which.setToolTip("Version that Single shows")
        for title, version in VERSIONS:
            self._which.addItem(title, version)
        self._which.currentIndexChanged.connect(self._on_which)
        row.addSpacing(8)
        row.addWidget(self._which)
        row.addStretch(1)
        for name in ("zoom_out", "zoom_in", "fit", "actual"):
            row.addWidget(_button(actions[name], f"button_{name}"))
        viewer.set_mode(mode)
        self._which.setVisible(mode == "single")

    def set_names(self, captions: Mapping[str, str]) -> None:
        """Sets the names of the versions; those that are left out get their default names."""
        for index, (title, version) in enumerate(VERSIONS):
            self._which.setItemText(index, captions.get(version or "", title))

    def choose(self, mode: str) -> None:
        """Sets the mode of the viewer. Called by the mode actions."""
        self._viewer.set_mode(mode, self._which.currentData() if mode == "single" else None)
        self._which.setVisible(mode == "single")

    @Slot(int)
    def _on_which(self, _index: int) -> None:
        if self._viewer.mode == "single":
            self.choose("single")


def _button(action: QAction, name: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setObjectName(name)
    button.setAccessibleName(action.text().replace("&", ""))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAutoRaise(True)
    return button
