"""The dialogs, as functions that show one and return the answer, so that tests can replace them.

They are imported when they are shown, because the first paint does not need them.
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
    """Shows the settings and applies changes. Returns whether the user has accepted."""
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
    """Shows versions, licences and devices."""
    from aedesk.gui.dialogs.about import AboutDialog

    dialog = AboutDialog(devices, parent)
    dialog.exec()
    dialog.deleteLater()


def ask_recovery(text: str, restorable: bool, report: Path | None, parent: QWidget) -> bool:
    """Reports a crash. Returns whether the user wants the pictures back."""
    from aedesk.gui.dialogs.crashed import ask

    return ask(text, restorable, report, parent)


def show_message(text: str, parent: QWidget | None = None) -> None:
    """Shows a message that is too important for the banner."""
    from aedesk.gui.dialogs.message import show_once

    show_once(text, parent)
