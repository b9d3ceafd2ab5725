"""The window's place and size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from aedesk.gui.shell.window_layout import DEFAULT_SIZE, initial_size


@pytest.mark.parametrize(
    ("screen", "expected"),
    [((1920, 1080), DEFAULT_SIZE), ((1280, 800), QSize(1264, 760)), ((1024, 700), QSize(1008, 660)), ((1093, 614), QSize(1077, 574))],
)
def test_the_first_window_fits_the_screen(screen: tuple[int, int], expected: QSize) -> None:
    assert initial_size(QSize(*screen)) == expected
