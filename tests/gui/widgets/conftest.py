"""Fixtures for the widgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from viewer_look import BLUE, GREEN, RED, plain

from aedesk.gui.widgets.viewer import CompareView


@pytest.fixture
def view(qtbot: QtBot) -> CompareView:
    made = CompareView()
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def full(view: CompareView) -> CompareView:
    """A view of a red original, a green noisy and a blue reconstructed picture that fills the window exactly (at 200 %)."""
    view.set_pictures(original=plain(RED), noisy=plain(GREEN), reconstructed=plain(BLUE))
    return view


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
