"""Fixtures for the widgets."""

from __future__ import annotations

import pytest
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
    view.set_pictures(original=plain(RED), noisy=plain(GREEN), result=plain(BLUE))
    return view
