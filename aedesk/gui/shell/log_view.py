"""The log view: messages with more detail than the banner shows."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QEvent, Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from aedesk.gui.widgets.style import theme
from aedesk.gui.widgets.style.icons import icon

MAX_LINES = 5000
_COLOURS = {"info": "text", "warning": "warning", "error": "error"}


class LogView(QWidget):
    """Plain text of at most 5,000 lines, which follows the end unless the user has scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("logView")
        self.setAccessibleName("Log")
        self._text = QPlainTextEdit(self)
        self._text.setObjectName("logText")
        self._text.setAccessibleName("Log text")
        self._text.setReadOnly(True)
        self._text.setUndoRedoEnabled(False)
        self._text.setMaximumBlockCount(MAX_LINES)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self._copy = QPushButton(icon("copy"), "Copy", self)
        self._copy.setObjectName("logCopy")
        self._copy.setToolTip("Copy the selected lines, or the whole log")
        self._copy.clicked.connect(self.copy)
        self._clear = QPushButton(icon("remove"), "Clear", self)
        self._clear.setObjectName("logClear")
        self._clear.clicked.connect(self.clear)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(6, 4, 6, 4)
        buttons.setSpacing(6)  # otherwise it inherits that of the outer layout
        buttons.addStretch()
        buttons.addWidget(self._copy)
        buttons.addWidget(self._clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._text, 1)
        column.addLayout(buttons)

    @property
    def text(self) -> str:
        return self._text.toPlainText()

    def append(self, text: str, level: str = "info") -> None:
        """Adds an entry with the time; ``level`` is info, warning or error."""
        entry = QTextCharFormat()
        entry.setForeground(theme.colour(_COLOURS.get(level, "text")))
        entry.setProperty(QTextCharFormat.Property.UserProperty, level)
        mark = "" if level == "info" else f"{level.upper()}: "
        bar = self._text.verticalScrollBar()
        at_end = bar.value() == bar.maximum()
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if not self._text.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(f"{datetime.now():%H:%M:%S}  {mark}{text}", entry)
        if at_end:
            bar.setValue(bar.maximum())

    @Slot()
    def copy(self) -> None:
        """Copies the selection, or everything, to the clipboard."""
        selected = self._text.textCursor().selectedText().replace("\u2029", "\n")
        QGuiApplication.clipboard().setText(selected or self.text)

    @Slot()
    def clear(self) -> None:
        """Removes all lines."""
        self._text.clear()

    def changeEvent(self, event: QEvent) -> None:
        """Recolours existing lines after a change of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()

    def _recolour(self) -> None:
        block = self._text.document().begin()
        while block.isValid():
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                entry = fragment.charFormat()
                level = entry.property(QTextCharFormat.Property.UserProperty)
                entry.setForeground(theme.colour(_COLOURS.get(level, "text")))
                cursor = QTextCursor(self._text.document())
                cursor.setPosition(fragment.position())
                cursor.setPosition(fragment.position() + fragment.length(), QTextCursor.MoveMode.KeepAnchor)
                cursor.setCharFormat(entry)
                fragments += 1
            block = block.next()
