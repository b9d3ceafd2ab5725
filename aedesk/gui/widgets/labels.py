"""Labels for names of any length: a file name of 200 characters must not make the window wider than the screen."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

MAX_WORD = 36
"""Characters of the longest word that a wrapped label shows whole; a panel of 312 pixels has room for so many."""


def elide_middle(text: str, limit: int = MAX_WORD) -> str:
    """At most ``limit`` characters: the beginning and the end, which has a file's suffix, with an ellipsis between them."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{text[-tail:]}"


def elide_words(text: str, limit: int = MAX_WORD) -> str:
    """The text with every word longer than ``limit`` characters elided in its middle."""
    return re.sub(rf"\S{{{limit + 1},}}", lambda match: elide_middle(match[0], limit), text)


class ElidedLabel(QLabel):
    """One line of plain text that gives up its middle when there is no room, and shows the whole in its tooltip.

    ``text`` is the whole text.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        self._text = text
        self._elide()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self._text) + margins.left() + margins.right() + 2 * self.margin() + 2
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), self.fontMetrics().averageCharWidth() * 6), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._elide()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._elide()  # a style sheet may have changed the font since the last resize
        super().paintEvent(event)

    def _elide(self) -> None:
        room = self.contentsRect().width() - 2 * self.margin()
        shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, max(room, 0))
        if shown != super().text():
            super().setText(shown)
        self.setToolTip("" if shown == self._text else self._text)


class WrappedLabel(QLabel):
    """Several lines of text; words that are too long for a line, such as file names, are elided and shown in the tooltip.

    ``text`` is the whole text.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, max_word: int = MAX_WORD) -> None:
        super().__init__(parent)
        self._text, self._max_word = "", max_word
        self.setWordWrap(True)
        self.setText(text)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        self._text = text
        shown = elide_words(text, self._max_word)
        super().setText(shown)
        self.setToolTip("" if shown == text else text)


def quiet_label(name: str, accessible: str = "", text: str = "") -> WrappedLabel:
    """A few lines of secondary text."""
    label = WrappedLabel(text)
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setProperty("quiet", True)
    return label
