"""Buttons of dialogs."""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox


def without_icons(box: QDialogButtonBox) -> None:
    """Fusion brings pictures for OK and Cancel that do not go with the look."""
    for button in box.buttons():
        button.setIcon(QIcon())
