"""The Help page: what the keys do, made from the rows of ``actions``."""

from __future__ import annotations

from html import escape
from itertools import groupby

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from aedesk.gui.dialogs.buttons import without_icons
from aedesk.gui.shell.commands.table import ROWS

IN_THE_VIEWER = (
    ("Mouse wheel", "Look closer or from further away, at the mouse"),
    ("Drag", "Move the picture, the line of the split view, or the preview box"),
    ("Double click", "Between the whole picture and actual pixels"),
    ("Arrows", "Move the picture"),
    ("Ctrl+Left, Ctrl+Right", "Move the line of the split view"),
    ("Space, held", "See the version before"),
    ("L, held", "Look through a loupe"),
)
WHILE_ERASING = (
    ("[ and ]", "Make the brush smaller, larger"),
    ("Shift+Click", "A straight line from where the last stroke ended"),
    ("Ctrl+Drag", "The tool the other way round: the brush erases, the lasso takes away"),
    ("Drag, middle button", "Move the picture"),
)
IN_THE_LISTS = (
    ("Delete", "Take the chosen pictures out of the library; cancel the chosen job"),
    ("R", "Try the chosen job again"),
)


class HelpDialog(QDialog):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("helpDialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(600, 620)
        layout = QVBoxLayout(self)
        text = QTextBrowser()
        text.setObjectName("helpText")
        text.setAccessibleName("What the keys do")
        text.setHtml(help_html())
        layout.addWidget(text)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        without_icons(buttons)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def help_html() -> str:
    parts = []
    for menu, rows in groupby(ROWS, key=lambda row: row.menu):
        keyed = [(_keys(row.keys), row.tip) for row in rows if row.keys]
        if keyed:
            parts.append(_section(menu.replace("&", ""), keyed))
    parts.append(_section("In the picture", list(IN_THE_VIEWER)))
    parts.append(_section("While erasing", list(WHILE_ERASING)))
    parts.append(_section("In the lists", list(IN_THE_LISTS)))
    return "".join(parts)


def _keys(keys: tuple[str, ...]) -> str:
    return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr><td width="150" style="padding:3px 16px 3px 0"><b>{escape(keys)}</b></td><td style="padding:3px 0">{escape(tip)}</td></tr>'
        for keys, tip in rows
    )
    return f"<h3>{escape(title)}</h3><table>{lines}</table>"
