"""A notice before the first use: which pictures may be edited."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

TEXT = "Only erase watermarks from pictures that you own or are allowed to edit."


class FirstUseNotice(QFrame):
    """Emits ``read`` when the user confirms it."""

    read = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("eraseNotice")
        self.setAccessibleName("Notice")
        words = QLabel(TEXT)
        words.setObjectName("eraseNoticeText")
        words.setWordWrap(True)
        button = QPushButton("Got &it")
        button.setObjectName("eraseNoticeRead")
        button.setToolTip("Do not show this again")
        button.clicked.connect(self.read)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(words)
        column.addWidget(button)
