"""The About page: versions and licences of the program and what it stands on."""

from __future__ import annotations

import platform
from html import escape
from importlib.metadata import PackageNotFoundError, metadata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from aedesk import __version__
from aedesk.gui.dialogs.buttons import without_icons

PARTS = (
    ("PySide6-Essentials", "LGPL-3.0"),
    ("torch", "BSD-3-Clause"),
    ("numpy", "BSD-3-Clause"),
    ("pillow", "MIT-CMU"),
    ("pyqtgraph", "MIT"),
    ("safetensors", "Apache-2.0"),
)


class AboutDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle("About aedesk")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 24, 28, 20)
        text = QLabel(about_html())
        text.setObjectName("aboutText")
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        text.setWordWrap(True)
        text.setMinimumWidth(400)
        layout.addWidget(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        without_icons(buttons)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def about_html() -> str:
    rows = [("Python", platform.python_version(), "PSF-2.0"), *((name, _version(name), licence) for name, licence in PARTS)]
    lines = "".join(f"<tr>{''.join(f'<td style=padding-right:24px>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<h2>aedesk {escape(__version__)}</h2><p>Restores photographs with autoencoders. Apache-2.0.</p>"
        f"<p>It stands on:</p><table>{lines}</table>"
        "<p>The sample pictures come from the Kodak Lossless True Color Image Suite, "
        "released by the Eastman Kodak Company for unrestricted use.</p>"
    )


def _version(name: str) -> str:
    try:
        return metadata(name)["Version"]
    except PackageNotFoundError:
        return "not installed"
