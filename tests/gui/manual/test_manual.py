"""The manual: complete, without dead links, and found by table of contents, search and the panels' question marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fake_client import FakeClient
from PySide6.QtCore import QUrl
from PySide6.QtGui import QKeySequence, QTextDocument
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot
from whole_window import OpenProgram

from aedesk.cli.main import COMMANDS
from aedesk.core.resources import resource_path
from aedesk.gui.manual.pages import FOLDER, SHORTCUTS, manual
from aedesk.gui.manual.window import PICTURE_PX, ManualWindow
from aedesk.gui.panels.registry import PANELS
from aedesk.gui.shell.commands.table import ROWS


@pytest.fixture
def window(qtbot: QtBot) -> ManualWindow:
    window = ManualWindow()
    qtbot.addWidget(window)
    window.show()
    return window


def titles(window: ManualWindow) -> list[str]:
    return [window.contents.topLevelItem(row).text(0) for row in range(window.contents.topLevelItemCount())]


def test_every_file_of_the_folder_is_a_page_with_a_title(qapp: QApplication) -> None:
    assert {path.stem for path in resource_path(FOLDER).glob("*.md")} | {SHORTCUTS} == {page.name for page in manual()}
    assert all(page.text.startswith(f"# {page.title}\n") for page in manual())


def test_every_picture_and_every_link_of_the_manual_exists(qapp: QApplication) -> None:
    names = {page.name for page in manual()}
    for page in manual():
        for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.text):
            assert resource_path(FOLDER, picture).is_file(), picture
        for link in re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", page.text):
            assert link.startswith("http") or link.removesuffix(".md") in names, link


def test_every_label_that_the_manual_names_is_in_the_program(qapp: QApplication, project: Path) -> None:
    folders = (project / "aedesk" / name for name in ("gui", "training", "settings"))
    program = "".join(path.read_text("utf-8") for folder in folders for path in folder.rglob("*.py")).replace("&", "").lower()
    for page in manual():
        prose = re.sub(r"^ {4}.*$|^\|.*$", "", page.text, flags=re.MULTILINE)
        for label in re.findall(r"(?<![*`\w\\])\*([^*\n]+)\*(?!\*)", prose):
            assert label.lower() in program, f"{page.name}: {label}"


def test_every_panel_has_a_page(qapp: QApplication) -> None:
    assert {entry.page or entry.name for entry in PANELS} <= {page.name for page in manual()}


def test_every_command_of_the_command_line_is_in_the_manual(qapp: QApplication) -> None:
    text = "\n".join(page.text for page in manual())
    for command in COMMANDS:
        assert f"aedesk {command}" in text or command == "gui"


def test_the_page_of_shortcuts_lists_every_key(qapp: QApplication) -> None:
    document = QTextDocument()
    document.setMarkdown(next(page for page in manual() if page.name == SHORTCUTS).text)
    text = document.toPlainText()
    for row in ROWS:
        for key in row.keys:
            assert QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) in text
            assert row.tip in text


def test_a_page_is_shown_with_its_pictures_no_wider_than_the_text(window: ManualWindow) -> None:
    window.show_page("compress")
    assert window.page is not None
    assert window.page.name == "compress"
    picture = window.view.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl("pictures/compress.png"))
    assert picture.width() == PICTURE_PX


def test_a_heading_in_the_contents_scrolls_to_it(window: ManualWindow) -> None:
    window.resize(700, 300)
    window.show_page("erase")
    item = window.contents.currentItem()
    assert [item.child(row).text(0) for row in range(item.childCount())] == list(window.page.headings if window.page else ())
    window.contents.setCurrentItem(item.child(item.childCount() - 1))
    assert window.view.verticalScrollBar().value() > 0


def test_a_search_lists_the_pages_with_all_words_and_marks_them(window: ManualWindow) -> None:
    window.search.setText("SIGMA noise")
    assert any(title.startswith("Restore (") for title in titles(window))
    assert not any(title.startswith("Explore") for title in titles(window))
    assert window.view.extraSelections()
    window.search.setText("zebra crossing")
    assert titles(window) == []
    window.search.clear()
    assert len(titles(window)) == len(manual())


def test_a_link_leads_to_another_page(window: ManualWindow) -> None:
    window.show_page("restore")
    window.view.anchorClicked.emit(QUrl("train.md"))
    assert window.page is not None
    assert window.page.name == "train"


def test_the_question_mark_of_a_panel_opens_its_page_in_the_one_window(open_program: OpenProgram, client: FakeClient) -> None:
    window = open_program(client=client).window
    for panel in ("compress", "train"):
        window.panel_stack.choose(panel)
        window.panel_stack.findChild(QToolButton, "panelHelp").click()
        (shown,) = window.findChildren(ManualWindow)
        assert shown.isVisible()
        assert shown.page is not None
        assert shown.page.name == panel
    window.actions_by_name["shortcuts"].trigger()
    assert shown.page is not None
    assert shown.page.name == SHORTCUTS


def test_the_manual_can_be_read_where_it_is_installed() -> None:
    assert Path(resource_path(FOLDER, "restore.md")).is_file()
