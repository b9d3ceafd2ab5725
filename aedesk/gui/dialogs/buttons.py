"""Buttons of dialogs."""

from __future__ import annotations

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox


def without_icons(box: QDialogButtonBox) -> None:
    """Removes the icons that Fusion adds to OK and Cancel, which do not fit the theme."""
    for button in box.buttons():
        button.setIcon(QIcon())
