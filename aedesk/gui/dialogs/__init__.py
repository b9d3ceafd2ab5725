"""Dialogs, each behind a function that shows it and returns what the person chose, so that tests can put another in its place.

They are imported when they are shown: the first paint does not wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from aedesk.core.specs import DeviceInfo
    from aedesk.gui.dialogs.settings import Choices
    from aedesk.settings.store import Settings


def edit_settings(settings: Settings, choices: Choices, parent: QWidget) -> bool:
    """Change the settings; True if the person agreed."""
    from aedesk.gui.dialogs.settings import SettingsDialog

    dialog = SettingsDialog(settings, choices, parent)
    accepted = bool(dialog.exec())
    if accepted:
        dialog.apply()
    dialog.deleteLater()
    return accepted


def show_manual(page: str, parent: QWidget) -> None:
    """Shows a page of the manual in its window, of which there is one at most; it does not block the main window."""
    from aedesk.gui.manual.window import ManualWindow

    window = parent.findChild(ManualWindow) or ManualWindow(parent)
    window.show_page(page)
    window.show()
    window.raise_()


def show_about(devices: Sequence[DeviceInfo], parent: QWidget) -> None:
    from aedesk.gui.dialogs.about import AboutDialog

    dialog = AboutDialog(devices, parent)
    dialog.exec()
    dialog.deleteLater()


def ask_recovery(text: str, restorable: bool, report: Path | None, parent: QWidget) -> bool:
    """After a crash: what was open, and where the report lies; True if the pictures are to be opened again."""
    from aedesk.gui.dialogs.crashed import ask

    return ask(text, restorable, report, parent)


def show_message(text: str, parent: QWidget | None = None) -> None:
    """One plain message, for what a banner is too small for."""
    from aedesk.gui.dialogs.message import show_once

    show_once(text, parent)
