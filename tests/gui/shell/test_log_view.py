from __future__ import annotations

import re

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from aedesk.gui.shell.log_view import MAX_LINES, LogView


def make(qtbot: QtBot) -> LogView:
    made = LogView()
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


def test_entries_carry_time_and_level(qtbot: QtBot) -> None:
    log = make(qtbot)
    log.append("The worker is ready.")
    log.append("No colour profile.", "warning")
    log.append("Cannot read a.png.", "error")
    lines = log.text.splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  The worker is ready\.", lines[0])
    assert lines[1].endswith("WARNING: No colour profile.")
    assert lines[2].endswith("ERROR: Cannot read a.png.")


def test_levels_differ_in_colour(qtbot: QtBot) -> None:
    log = make(qtbot)
    for level in ("info", "warning", "error"):
        log.append("x", level)
    block = log.findChild(QPlainTextEdit).document().begin()
    colours = set()
    while block.isValid():
        colours.add(block.begin().fragment().charFormat().foreground().color().name())
        block = block.next()
    assert len(colours) == 3


def test_the_oldest_lines_leave(qtbot: QtBot) -> None:
    log = make(qtbot)
    for number in range(MAX_LINES + 50):
        log.append(f"line {number}")
    lines = log.text.splitlines()
    assert len(lines) == MAX_LINES
    assert lines[-1].endswith(f"line {MAX_LINES + 49}")


def test_it_follows_the_end_unless_somebody_has_scrolled_up(qtbot: QtBot) -> None:
    log = make(qtbot)
    bar = log.findChild(QPlainTextEdit).verticalScrollBar()
    for number in range(100):
        log.append(f"line {number}")
    assert bar.value() == bar.maximum()
    bar.setValue(10)
    log.append("one more")
    assert bar.value() == 10


def test_copy_takes_everything_and_clear_leaves_nothing(qtbot: QtBot) -> None:
    log = make(qtbot)
    log.append("first")
    log.append("second")
    log.findChild(QPushButton, "logCopy").click()
    assert [line[10:] for line in QGuiApplication.clipboard().text().splitlines()] == ["first", "second"]
    log.findChild(QPushButton, "logClear").click()
    assert log.text == ""
