"""The pages of the manual: Markdown files in ``resources/help``, and one page that is made from the table of commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from PySide6.QtGui import QKeySequence

from aedesk.core.resources import resource_path
from aedesk.gui.shell.commands.table import ROWS

FOLDER = "help"
FILES = ("getting-started", "opening-and-saving", "restore", "erase", "compress", "train", "explore", "models", "command-line")
"""In the order of the table of contents."""
SHORTCUTS = "shortcuts"

IN_THE_VIEW = (
    ("Mouse wheel", "Zoom, at the mouse pointer"),
    ("Drag", "Move the picture, the divider of the split view, or the preview box"),
    ("Double-click", "Switch between the whole picture and 100 %"),
    ("Arrow keys", "Move the picture"),
    ("Ctrl+Left, Ctrl+Right", "Move the divider of the split view"),
    ("Space (hold)", "Show the picture before"),
    ("L (hold)", "Show a loupe"),
)
WHILE_MASKING = (
    ("[ and ]", "Make the brush smaller or larger"),
    ("Shift+Click", "Draw a straight line from the end of the last stroke"),
    ("Ctrl+Drag", "Erase from the mask instead of adding to it"),
    ("Drag with the middle button", "Move the picture"),
)
IN_LISTS = (
    ("Delete", "Remove the selected pictures from the library, or cancel the selected job"),
    ("R", "Retry the selected job"),
)


@dataclass(frozen=True)
class Page:
    """One page.

    Args:
        name: of its file, without extension; also the target of links.
        title: its first heading.
        headings: those of the second level, in order.
        text: Markdown.
    """

    name: str
    title: str
    headings: tuple[str, ...]
    text: str

    def matches(self, words: str) -> int:
        """How often the words of a search occur; 0 unless every one of them does. Case is ignored."""
        counts = [self.text.lower().count(word) for word in words.lower().split()]
        return sum(counts) if all(counts) else 0


@cache
def manual() -> tuple[Page, ...]:
    """All pages."""
    files = (resource_path(FOLDER, f"{name}.md").read_text(encoding="utf-8") for name in FILES)
    texts = dict(zip(FILES, files, strict=True)) | {SHORTCUTS: _shortcuts()}
    return tuple(_page(name, text) for name, text in texts.items())


def _page(name: str, text: str) -> Page:
    prose = re.sub(r"^ {4}.*$", "", text, flags=re.MULTILINE)  # code may contain lines that begin with #
    title = re.search(r"^# (.+)$", prose, re.MULTILINE)
    return Page(name, title.group(1) if title else name, tuple(re.findall(r"^## (.+)$", prose, re.MULTILINE)), text)


def _shortcuts() -> str:
    parts = ["# Keyboard and mouse\n"]
    for menu, rows in groupby(ROWS, key=lambda row: row.menu):
        parts.append(_table(menu.replace("&", ""), [(_keys(row.keys), row.tip) for row in rows if row.keys]))
    parts += [_table("In the view", IN_THE_VIEW), _table("While masking", WHILE_MASKING), _table("In the lists", IN_LISTS)]
    return "\n".join(part for part in parts if part)


def _keys(keys: tuple[str, ...]) -> str:
    return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def _table(title: str, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    if not rows:
        return ""
    lines = "\n".join(f"| {_escaped(keys)} | {_escaped(what)} |" for keys, what in rows)
    return f"## {title}\n\n| keys | |\n|---|---|\n{lines}\n"


def _escaped(text: str) -> str:
    """Text in which Markdown sees no markup."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)
