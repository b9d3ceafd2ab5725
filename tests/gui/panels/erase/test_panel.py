"""The Erase panel as a whole: its notice, names, order and memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from erase_script import GRAY
from erase_window import MARK, File, Open
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QComboBox, QFrame, QLabel, QSlider

from aedesk.gui.dialogs import files
from aedesk.imaging.io import read
from aedesk.settings.store import Settings


def test_the_notice_is_shown_until_it_was_read_and_never_again(open_erase: Open, marked_file: File, tmp_path: Path) -> None:
    opened = open_erase(marked_file("a.png"))
    notice = opened.find(QFrame, "eraseNotice")
    assert notice.isVisible()
    assert "own or are allowed to edit" in opened.find(QLabel, "eraseNoticeText").text()
    opened.press("eraseNoticeRead")
    assert not notice.isVisible()
    opened.window.close()
    assert Settings(tmp_path / "config" / "settings.json")["erase_notice_read"] is True


def test_a_read_notice_is_not_shown(open_erase: Open, marked_file: File) -> None:
    assert not open_erase(marked_file("a.png"), erase_notice_read=True).find(QFrame, "eraseNotice").isVisible()


def test_the_choices_are_remembered(open_erase: Open, marked_file: File, tmp_path: Path) -> None:
    opened = open_erase(marked_file("a.png"))
    opened.press("eraseMode_paint")
    opened.press("maskOne")
    opened.press("eraseSeeThrough")
    opened.panel.editor.set_brush_px(17)
    opened.window.close()
    settings = Settings(tmp_path / "config" / "settings.json")
    assert (settings["erase_mode"], settings["erase_one_mask"], settings["erase_brush_px"]) == ("paint", True, 17)
    assert settings["erase_see_through"]


def test_an_empty_window_offers_nothing_to_erase(open_erase: Open) -> None:
    opened = open_erase()
    for name in ("findMarkButton", "eraseButton", "eraseAllButton", "maskInvert", "maskLoad", "maskSave", "maskGrow"):
        assert not opened.button(name).isEnabled(), name


def test_every_control_of_the_panel_has_names_and_words(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"))
    controls = [
        widget
        for kind in (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
        for widget in opened.panel.findChildren(kind)
        if not widget.objectName().startswith("qt_")
    ]
    assert len(controls) > 15
    for widget in controls:
        assert widget.objectName(), widget
        assert widget.accessibleName() or widget.text(), widget.objectName()
        parent = widget.parentWidget()
        assert widget.toolTip() or (parent is not None and parent.toolTip()), widget.objectName()


def test_tab_reaches_every_part_of_the_panel(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"))
    opened.drag((50, 60), (70, 60))
    opened.window.activateWindow()
    opened.button("findMarkButton").setFocus()
    seen = set()
    for _ in range(60):
        widget = QApplication.focusWidget()
        assert widget is not None
        seen |= {widget.objectName(), widget.parentWidget().objectName()}
        opened.qtbot.keyClick(widget, Qt.Key.Key_Tab)
    wanted = {"maskTool_brush", "brushSize", "maskGrow", "maskEdge", "maskInvert", "maskLoad", "maskSave", "maskShow", "maskOne"}
    assert wanted | {"eraseButton", "eraseAllButton", "eraseMode_find", "eraseSensitivity", "compareView"} <= seen


def test_the_result_is_saved_like_any_other(open_erase: Open, marked_file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_erase(marked_file("a.png"))
    opened.press("eraseButton")
    opened.wait(lambda: opened.current.step.restored is not None)
    target = tmp_path / "clean.png"
    monkeypatch.setattr(files, "choose_save_path", lambda *_: target)
    opened.window.actions_by_name["save"].trigger()
    opened.wait(lambda: target.exists() and not opened.current.modified)
    assert (read(target).pixels[MARK] == GRAY).all()


def test_the_whole_way_works_at_another_zoom(open_erase: Open, marked_file: File) -> None:
    opened = open_erase(marked_file("a.png"), erase_mode="paint", erase_brush_px=4)
    opened.qtbot.waitUntil(lambda: opened.window.viewer.picture_size != (0, 0))
    opened.window.viewer.zoom_to(16.0)
    region = opened.window.viewer.visible_region()
    x, y = region.center().x(), region.center().y()
    opened.drag((x, y), (x + 6, y))
    assert opened.marked is not None
    assert opened.marked[int(y), int(x) : int(x) + 6].all()
    assert np.count_nonzero(opened.marked) < 80
