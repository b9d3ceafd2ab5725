"""The About dialog: versions, licences and devices, with a button that copies them for a bug report."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from aedesk import __version__
from aedesk.core.specs import DeviceInfo
from aedesk.gui.diagnostics.system_report import describe, parts, program_report
from aedesk.gui.dialogs.buttons import without_icons


class AboutDialog(QDialog):
    """The About dialog."""

    def __init__(self, devices: Sequence[DeviceInfo] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle("About aedesk")
        self.resize(560, 600)
        self._devices = devices
        layout = QVBoxLayout(self)
        text = QTextBrowser()
        text.setObjectName("aboutText")
        text.setAccessibleName("Versions, licences and devices")
        text.setHtml(about_html(devices))
        layout.addWidget(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._copy = QPushButton("&Copy for a bug report")
        self._copy.setObjectName("copyReport")
        self._copy.setToolTip("Copy versions, system and devices to the clipboard; nothing about your pictures")
        self._copy.clicked.connect(self._on_copy)
        buttons.addButton(self._copy, QDialogButtonBox.ButtonRole.ActionRole)
        if licences_path() is not None:
            licences = QPushButton("&Licences")
            licences.setObjectName("showLicences")
            licences.setToolTip("The full texts of all licences")
            licences.clicked.connect(_show_licences)
            buttons.addButton(licences, QDialogButtonBox.ButtonRole.ActionRole)
        without_icons(buttons)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(program_report(self._devices))
        self._copy.setText("Copied")


def licences_path() -> Path | None:
    """Returns the file with all licences of a packaged program; None outside of one."""
    path = Path(getattr(sys, "_MEIPASS", "")) / "LICENSES.txt"
    return path if getattr(sys, "frozen", False) and path.is_file() else None


def _show_licences() -> None:
    path = licences_path()
    if path is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def about_html(devices: Sequence[DeviceInfo] = ()) -> str:
    """Returns the text of the dialog."""
    rows = [("Python", platform.python_version(), "PSF-2.0"), *parts()]
    lines = "".join(f"<tr>{''.join(f'<td style=padding-right:24px>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    machines = "".join(f"<li>{escape(describe(device))}</li>" for device in devices)
    return (
        f"<h2>aedesk {escape(__version__)}</h2><p>Restores and compresses photographs with autoencoders. Apache-2.0.</p>"
        "<p>It works offline and sends no data.</p>"
        f"{f'<h3>Devices</h3><ul>{machines}</ul>' if machines else ''}"
        f"<h3>Dependencies</h3><table>{lines}</table>"
        "<p>The sample pictures come from the Kodak Lossless True Color Image Suite, "
        "released by the Eastman Kodak Company for unrestricted use.</p>"
    )
