"""The open pictures, and which of them is current."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Library
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture


def test_a_file_that_is_open_is_not_opened_twice(qtbot: QtBot) -> None:
    library = Library()
    first = library.add([Path("a.png"), Path("b.png")])
    with qtbot.assertNotEmitted(library.added):
        assert library.add([Path("b.png")]) == [first[1]]


def test_removing_the_current_picture_shows_another(qtbot: QtBot) -> None:
    library = Library()
    a, b = library.add([Path("a.png"), Path("b.png")])
    library.set_current(b)
    with qtbot.waitSignal(library.current_changed):
        library.remove([b])
    assert library.current is a


def test_removing_the_last_picture_leaves_nothing_to_look_at(qtbot: QtBot) -> None:
    library = Library()
    documents = library.add([Path("a.png")])
    library.set_current(documents[0])
    library.remove(documents)
    assert library.current is None


def test_undo_memory_is_limited_by_the_setting(
    qtbot: QtBot, make_file: Callable[..., Path], opened: Callable[..., list], workspace: Workspace
) -> None:
    (document,) = opened(make_file("a.png"))
    workspace.settings["undo_memory_mb"] = 64
    for _ in range(4):
        workspace.library.push(document, Step("Restore", restored=Picture(np.zeros((4096, 4096, 3), np.uint8))))
    qtbot.waitUntil(lambda: len(document.history.others) == 2)  # "Open" and one of 48 MB
