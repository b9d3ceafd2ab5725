"""A message bar inside the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from aedesk.gui.widgets.labels import WrappedLabel
from aedesk.gui.widgets.style.icons import icon

LEVELS = ("info", "warning", "error")


class Banner(QFrame):
    """Shows one message at a time, the latest; hidden without a message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setAccessibleName("Message")
        self._callback: Callable[[], None] | None = None
        self._icon = QLabel(self)
        self._text = WrappedLabel(parent=self, max_word=60)
        self._text.setObjectName("bannerText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = QPushButton(self)
        self._action.setObjectName("bannerAction")
        self._action.clicked.connect(self._act)
        self._close = QToolButton(self)
        self._close.setObjectName("bannerClose")
        self._close.setIcon(icon("close"))
        self._close.setAccessibleName("Dismiss the message")
        self._close.setToolTip("Dismiss")
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
        self.hide()

    @property
    def text(self) -> str:
        """The message that is shown; empty if there is none."""
        return "" if self.isHidden() else self._text.text()

    @property
    def level(self) -> str:
        """Level of the message; empty before the first one."""
        return str(self.property("level") or "")

    def show_message(self, level: str, text: str, *, action: str = "", on_action: Callable[[], None] | None = None) -> None:
        """Shows a message until it is dismissed or replaced.

        Args:
            level: info, warning or error.
            action: label of a button, e.g. "Try again", which calls ``on_action`` and dismisses the message.
        """
        if level not in LEVELS:
            raise ValueError(f"there is no level {level!r}")
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)
        self._icon.setPixmap(icon(level).pixmap(QSize(20, 20), self.devicePixelRatioF()))
        self._text.setText(text)
        self.setAccessibleDescription(f"{level}: {text}")
        self._callback = on_action
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    @Slot()
    def dismiss(self) -> None:
        """Hides the message."""
        self._callback = None
        self.hide()

    @Slot()
    def _act(self) -> None:
        callback = self._callback
        self.dismiss()
        if callback is not None:
            callback()
