"""What is said once: for which pictures erasing is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

TEXT = "Erasing is for pictures that you own or may edit. Leave the marks on other people's pictures alone."


class Notice(QFrame):
    """Stays until it was read; ``read`` then."""

    read = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("eraseNotice")
        self.setAccessibleName("Notice")
        words = QLabel(TEXT)
        words.setObjectName("eraseNoticeText")
        words.setWordWrap(True)
        button = QPushButton("&Understood")
        button.setObjectName("eraseNoticeRead")
        button.setToolTip("Do not show this again")
        button.clicked.connect(self.read)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.addWidget(words)
        column.addWidget(button)
