"""Saves and restores the geometry of the window and the places of its docks."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize
from PySide6.QtWidgets import QMainWindow

from aedesk.settings.store import Settings

DEFAULT_SIZE = QSize(1280, 780)
FRAME = QSize(16, 40)
"""Room for the frame and the title bar, which Qt does not count."""


def initial_size(screen: QSize) -> QSize:
    """The size of the window on the first start: the default, or what fits a smaller screen with ``screen`` available pixels."""
    return DEFAULT_SIZE.boundedTo(screen - FRAME)


def restore_window_layout(window: QMainWindow, settings: Settings) -> None:
    """Restores the saved layout; docks that it does not contain stay where they are."""
    for text, restore in ((settings["window_geometry"], window.restoreGeometry), (settings["window_layout"], window.restoreState)):
        if text:
            restore(QByteArray.fromBase64(text.encode()))


def save_window_layout(window: QMainWindow, settings: Settings) -> None:
    """Writes the layout into the settings."""
    settings["window_geometry"] = window.saveGeometry().toBase64().toStdString()
    settings["window_layout"] = window.saveState().toBase64().toStdString()
