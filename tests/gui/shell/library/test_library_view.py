from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from aedesk.gui.shell.library import LibraryView
from aedesk.gui.shell.library.model import BadgeRole, PercentRole

PATHS = [Path(f"/pictures/{name}.png") for name in "abcdef"]


class Thumbnailer:
    """Green pictures; a name that begins with "bad" cannot be read. Remembers who was asked for, and where."""

    def __init__(self) -> None:
        self.asked: list[Path] = []
        self.threads: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, path: Path, edge_px: int) -> np.ndarray:
        self.asked.append(path)
        self.threads.add(threading.current_thread().name)
        self.gate.wait(10)
        if path.name.startswith("bad"):
            raise OSError("no such picture")
        return np.full((edge_px // 2, edge_px, 3), (0, 200, 0), np.uint8)


@pytest.fixture
def thumbnailer() -> Thumbnailer:
    return Thumbnailer()


@pytest.fixture
def library(qtbot: QtBot, thumbnailer: Thumbnailer) -> LibraryView:
    made = LibraryView(thumbnailer)
    qtbot.addWidget(made)
    made.resize(180, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def data(library: LibraryView, row: int, role: int) -> object:
    return library.model().index(row, 0).data(role)


def test_a_path_is_in_the_library_once(library: LibraryView) -> None:
    assert library.add_paths(PATHS[:2]) == PATHS[:2]
    assert library.add_paths([PATHS[1], PATHS[2], PATHS[2]]) == [PATHS[2]]
    assert library.paths == PATHS[:3]


def test_thumbnails_are_read_in_the_background_for_what_is_seen(qtbot: QtBot, library: LibraryView, thumbnailer: Thumbnailer) -> None:
    library.add_paths([Path(f"/pictures/{i}.png") for i in range(5000)])
    qtbot.waitUntil(lambda: data(library, 0, Qt.ItemDataRole.DecorationRole) is not None)
    image = data(library, 0, Qt.ItemDataRole.DecorationRole)
    assert isinstance(image, QImage)
    assert image.pixelColor(3, 3).getRgb()[:3] == (0, 200, 0)
    assert len(set(thumbnailer.asked)) < 100
    assert all(name.startswith("aedesk-thumbnails") for name in thumbnailer.threads)


def test_what_was_scrolled_past_does_not_hold_up_what_is_seen(qtbot: QtBot, library: LibraryView, thumbnailer: Thumbnailer) -> None:
    thumbnailer.gate.clear()
    library.add_paths([Path(f"/pictures/{i}.png") for i in range(5000)])
    library.grab()
    for _ in range(40):
        library.verticalScrollBar().setValue(library.verticalScrollBar().value() + 3000)
        library.grab()
    library.scrollToBottom()
    library.grab()
    thumbnailer.gate.set()
    qtbot.waitUntil(lambda: data(library, 4999, Qt.ItemDataRole.DecorationRole) is not None)
    assert thumbnailer.asked.index(Path("/pictures/4999.png")) < 10


def test_a_picture_that_cannot_be_read_has_an_empty_thumbnail(qtbot: QtBot, library: LibraryView, thumbnailer: Thumbnailer) -> None:
    library.add_paths([Path("/pictures/bad.png")])
    qtbot.waitUntil(lambda: data(library, 0, Qt.ItemDataRole.DecorationRole) is not None)
    assert data(library, 0, Qt.ItemDataRole.DecorationRole).isNull()
    library.grab()
    assert thumbnailer.asked == [Path("/pictures/bad.png")]  # asked once, not at every paint


def test_a_thumbnail_that_is_given_is_shown_until_it_is_taken_back(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS[:1])
    library.set_thumbnail(PATHS[0], np.full((20, 20, 3), (250, 0, 0), np.uint8))
    assert data(library, 0, Qt.ItemDataRole.DecorationRole).pixelColor(1, 1).red() == 250
    library.set_thumbnail(PATHS[0], None)
    qtbot.waitUntil(lambda: data(library, 0, Qt.ItemDataRole.DecorationRole) is not None)
    assert data(library, 0, Qt.ItemDataRole.DecorationRole).pixelColor(1, 1).green() == 200


def test_badges_are_in_the_model_the_tool_tip_and_the_accessible_text(library: LibraryView) -> None:
    library.add_paths(PATHS)
    library.set_badge(PATHS[0], "working", percent=42)
    library.set_badge(PATHS[1], "failed", text="The file ends too early. Copy it again.")
    assert (data(library, 0, BadgeRole), data(library, 0, PercentRole)) == ("working", 42)
    assert data(library, 0, Qt.ItemDataRole.AccessibleTextRole) == "a.png, working 42 %"
    assert "The file ends too early. Copy it again." in str(data(library, 1, Qt.ItemDataRole.ToolTipRole))
    library.set_badge(PATHS[1], "")
    assert data(library, 1, BadgeRole) == ""
    with pytest.raises(ValueError, match="splendid"):
        library.set_badge(PATHS[0], "splendid")


def test_each_badge_looks_different(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS[:1])
    qtbot.waitUntil(lambda: data(library, 0, Qt.ItemDataRole.DecorationRole) is not None)
    looks = []
    for badge in ("", "working", "done", "failed", "modified"):
        library.set_badge(PATHS[0], badge, percent=10)
        looks.append(library.grab().toImage())
    assert all(one != other for i, one in enumerate(looks) for other in looks[:i])


def test_choosing_a_picture_emits_its_path(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS)
    with (
        qtbot.waitSignal(library.current_path_changed) as current,
        qtbot.waitSignal(library.selected_paths_changed) as selected,
    ):
        library.set_current(PATHS[2])
    assert (current.args, selected.args) == ([PATHS[2]], [[PATHS[2]]])
    assert library.current_path == PATHS[2]
    assert library.selected_paths == [PATHS[2]]
    qtbot.keyClick(library, Qt.Key.Key_Down)
    assert library.current_path == PATHS[3]


def test_several_pictures_can_be_selected(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS)
    library.set_current(PATHS[1])
    qtbot.keyClick(library, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(library, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert library.selected_paths == PATHS[1:4]


def test_delete_asks_for_the_removal_of_the_selection(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS)
    library.set_current(PATHS[1])
    with qtbot.waitSignal(library.remove_requested) as seen:
        qtbot.keyClick(library, Qt.Key.Key_Delete)
    assert seen.args == [[PATHS[1]]]
    assert library.paths == PATHS  # it asks; the window decides


def test_removing_the_current_picture_makes_a_neighbour_current(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS)
    library.set_current(PATHS[1])
    library.remove_paths([PATHS[1], PATHS[4]])
    assert library.paths == [PATHS[0], PATHS[2], PATHS[3], PATHS[5]]
    assert library.current_path in (PATHS[0], PATHS[2])
    library.set_current(PATHS[5])
    assert library.current_path == PATHS[5]
    seen: list[Path | None] = []
    library.current_path_changed.connect(seen.append)
    library.remove_paths(library.paths)
    assert library.current_path is None
    assert seen[-1] is None


def test_badges_stay_with_their_picture_when_others_leave(library: LibraryView) -> None:
    library.add_paths(PATHS)
    library.remove_paths(PATHS[:2])
    library.set_badge(PATHS[3], "done")
    assert [data(library, row, BadgeRole) for row in range(4)] == ["", "done", "", ""]


def test_a_right_click_asks_for_the_menu_of_the_selection(qtbot: QtBot, library: LibraryView) -> None:
    library.add_paths(PATHS)
    library.set_current(PATHS[0])
    place = library.visualRect(library.currentIndex()).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, library.viewport().mapToGlobal(place))
    with qtbot.waitSignal(library.menu_requested) as seen:
        QApplication.sendEvent(library.viewport(), event)
    assert seen.args == [[PATHS[0]], library.viewport().mapToGlobal(place)]


def test_dropped_files_are_reported(qtbot: QtBot, library: LibraryView, drop: Callable) -> None:
    with qtbot.waitSignal(library.files_dropped) as seen:
        assert drop(library.viewport(), ["/pictures/a.png", "/pictures"])
    assert [path.as_posix() for path in seen.args[0]] == ["/pictures/a.png", "/pictures"]


def test_a_library_that_is_closed_while_it_reads_leaves_no_thread(qtbot: QtBot, thumbnailer: Thumbnailer) -> None:
    made = LibraryView(thumbnailer)
    qtbot.addWidget(made)
    made.add_paths(PATHS)
    made.show()
    made.grab()
    made.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("aedesk-thumbnails")]
