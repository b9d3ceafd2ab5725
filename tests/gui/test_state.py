from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from aedesk.gui.state import Library


def test_a_file_that_is_open_is_not_opened_twice(qtbot: QtBot) -> None:
    library = Library()
    first = library.add([Path("a.png"), Path("b.png")])
    with qtbot.assertNotEmitted(library.added):
        assert library.add([Path("b.png")]) == [first[1]]


def test_removing_the_current_picture_shows_another(qtbot: QtBot) -> None:
    library = Library()
    a, b = library.add([Path("a.png"), Path("b.png")])
    library.look_at(b)
    with qtbot.waitSignal(library.current_changed):
        library.remove([b])
    assert library.current is a


def test_removing_the_last_picture_leaves_nothing_to_look_at(qtbot: QtBot) -> None:
    library = Library()
    documents = library.add([Path("a.png")])
    library.look_at(documents[0])
    library.remove(documents)
    assert library.current is None
