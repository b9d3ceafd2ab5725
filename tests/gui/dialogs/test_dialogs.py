from __future__ import annotations

import html
import platform
import re
import tomllib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDialogButtonBox, QFileDialog, QMessageBox, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from aedesk import __version__
from aedesk.core.specs import DeviceInfo
from aedesk.gui.diagnostics.system_report import licence_of, parts
from aedesk.gui.dialogs import files, show_message
from aedesk.gui.dialogs.about import AboutDialog, about_html
from aedesk.gui.dialogs.settings import SettingsDialog
from aedesk.settings.rows import ROWS
from aedesk.settings.store import Settings

MODELS = {"model": [("denoise-photo", "Photographs"), ("denoise-gaussian", "Gaussian noise")]}


def test_every_row_with_a_title_has_an_editor_that_shows_its_value(qtbot: QtBot) -> None:
    settings = Settings()
    dialog = SettingsDialog(settings, MODELS)
    qtbot.addWidget(dialog)
    for row in ROWS:
        assert (dialog.findChild(QWidget, f"setting_{row.key}") is not None) == row.shown
    before = {row.key: settings[row.key] for row in ROWS}
    dialog.apply()
    assert {row.key: settings[row.key] for row in ROWS} == before


def test_the_settings_change_only_when_the_dialog_is_applied(qtbot: QtBot) -> None:
    settings = Settings()
    dialog = SettingsDialog(settings, MODELS)
    qtbot.addWidget(dialog)
    dialog.findChild(QComboBox, "setting_theme").setCurrentIndex(2)
    dialog.findChild(QComboBox, "setting_model").setCurrentIndex(1)
    dialog.findChild(QSpinBox, "setting_jpeg_quality").setValue(80)
    dialog.findChild(QCheckBox, "setting_confirm_close").setChecked(False)
    assert settings["theme"] == "system"
    dialog.apply()
    values = (settings["theme"], settings["model"], settings["jpeg_quality"], settings["confirm_close"])
    assert values == ("dark", "denoise-gaussian", 80, False)


def test_restore_defaults_shows_every_default(qtbot: QtBot) -> None:
    settings = Settings()
    settings["jpeg_quality"], settings["theme"], settings["save_suffix"] = 10, "dark", "_x"
    dialog = SettingsDialog(settings, MODELS)
    qtbot.addWidget(dialog)
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.RestoreDefaults).click()
    dialog.apply()
    assert [settings[row.key] for row in ROWS if row.shown] == [row.default for row in ROWS if row.shown]


def test_a_remembered_choice_that_is_not_known_now_is_kept(qtbot: QtBot) -> None:
    settings = Settings()
    settings["device"] = "cuda:3"
    dialog = SettingsDialog(settings, MODELS)
    qtbot.addWidget(dialog)
    dialog.apply()
    assert settings["device"] == "cuda:3"


def test_the_about_page_names_every_requirement_with_its_version_and_licence(project: Path) -> None:
    required = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower().replace("-", "_") for line in required}
    assert names <= {name.lower().replace("-", "_") for name, _, _ in parts()}
    page = about_html()
    assert all(name in page and version in page and html.escape(licence) in page for name, version, licence in parts())


def test_the_licence_of_a_package_is_short_wherever_it_is_stated() -> None:
    assert licence_of("MIT", "a long text", ()) == "MIT"
    assert licence_of(None, "BSD", ()) == "BSD"
    assert licence_of(None, "Copyright (c)\nand so on", ["License :: OSI Approved :: BSD License", "Topic :: X"]) == "BSD License"
    assert licence_of(None, None, None) == "see LICENSES.txt"


def test_a_copied_bug_report_contains_versions_system_and_devices(qtbot: QtBot) -> None:
    dialog = AboutDialog((DeviceInfo("cuda:0", "NVIDIA H200", "bfloat16", 141 << 30, 100 << 30),))
    qtbot.addWidget(dialog)
    dialog.findChild(QPushButton, "copyReport").click()
    copied = QApplication.clipboard().text()
    for word in (__version__, platform.python_version(), "NVIDIA H200", "141 GiB", platform.machine(), "torch "):
        assert word in copied
    assert str(Path.home()) not in copied


def test_a_second_message_does_not_pile_up_on_the_first(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def show(box: QMessageBox) -> int:
        shown.append(box.text())
        box.show()
        show_message("second")
        box.close()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", show)
    show_message("first")
    assert shown == ["first"]


@pytest.mark.parametrize(
    ("typed", "picked", "path"),
    [
        ("a.tif", "TIFF (*.tif)", "a.tif"),
        ("a.jpeg", "PNG (*.png)", "a.jpeg"),
        ("a", "WebP (*.webp)", "a.webp"),
        ("a.v2", "TIFF (*.tif)", "a.v2.tif"),
    ],
)
def test_the_suffix_says_the_format_and_a_missing_one_comes_from_the_filter(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, picked: str, path: str
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / typed), picked))
    parent = QWidget()
    qtbot.addWidget(parent)
    assert files.choose_save_path(parent, tmp_path / "x.png") == tmp_path / path


def test_a_completed_name_that_exists_is_asked_about(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a"), "PNG (*.png)"))
    monkeypatch.setattr(files, "ask_replace", lambda *_: False)
    parent = QWidget()
    qtbot.addWidget(parent)
    assert files.choose_save_path(parent, tmp_path / "x.png") is None


@pytest.mark.parametrize(("button", "answer"), [("Save", "save"), ("Discard", "discard"), ("Cancel", "cancel")])
def test_the_question_about_unsaved_pictures_gives_the_answer(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, button: str, answer: str
) -> None:
    def click(box: QMessageBox) -> int:
        next(each for each in box.buttons() if each.text().replace("&", "").startswith(button)).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", click)
    parent = QWidget()
    qtbot.addWidget(parent)
    assert files.ask_unsaved(parent, ["a.png", "b.png"]) == answer
