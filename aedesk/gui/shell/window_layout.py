"""What the window looks like the next time: places and sizes, the view mode, the panel in front."""

from __future__ import annotations

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from aedesk.settings.store import Settings


def restore_places(window: QMainWindow, settings: Settings) -> None:
    """What an older layout does not know stays where it is."""
    for text, restore in ((settings["window_geometry"], window.restoreGeometry), (settings["window_layout"], window.restoreState)):
        if text:
            restore(QByteArray.fromBase64(text.encode()))


def remember_places(window: QMainWindow, settings: Settings) -> None:
    settings["window_geometry"] = window.saveGeometry().toBase64().toStdString()
    settings["window_layout"] = window.saveState().toBase64().toStdString()
