"""The bar above the picture: view modes, shown version and zoom."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent
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
        self._texts, self._texts_px = True, 0  # the modes show their names, for which the bar has to be so wide
        group = QActionGroup(self)
        self._modes: list[QToolButton] = []
        self._row = row = QHBoxLayout(self)
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)  # minimumSizeHint below allows less than the texts take
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        for name, value in MODES.items():
            action = actions[name]
            group.addAction(action)
            button = _button(action, f"button_{name}")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setProperty("segment", True)
            self._modes.append(button)
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

    def minimumSizeHint(self) -> QSize:
        """The size with icons instead of texts."""
        whole = self._row.sizeHint()
        saved = sum(max(button.sizeHint().width() - button.sizeHint().height(), 0) for button in self._modes) if self._texts else 0
        return QSize(whole.width() - saved, whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows the modes as icons if there is no room for their names."""
        super().resizeEvent(event)
        if self._texts and self.width() < self._row.sizeHint().width():
            self._texts_px = self._row.sizeHint().width()
            self._show_texts(False)
        elif not self._texts and self.width() >= self._texts_px:
            self._show_texts(True)

    def _show_texts(self, on: bool) -> None:
        self._texts = on
        style = Qt.ToolButtonStyle.ToolButtonTextOnly if on else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in self._modes:
            button.setToolButtonStyle(style)

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
