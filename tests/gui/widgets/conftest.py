"""Fixtures for the widgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget


@pytest.fixture
def drop() -> Callable[[QWidget, list[str]], bool]:
    """``drop(widget, paths)``: drag local files in and let go; True if the widget took them."""

    def do(widget: QWidget, paths: list[str]) -> bool:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
        keys = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        entered = QDragEnterEvent(QPointF(50, 50).toPoint(), *keys)
        QApplication.sendEvent(widget, entered)
        if entered.isAccepted():
            QApplication.sendEvent(widget, QDropEvent(QPointF(50, 50), *keys))
        return entered.isAccepted()

    return do
