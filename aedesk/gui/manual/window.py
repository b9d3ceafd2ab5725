"""The window of the manual: table of contents, search, pages with pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QColor, QDesktopServices, QImage, QPalette, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QTextBrowser,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from aedesk.core.resources import resource_path
from aedesk.gui.manual.pages import FOLDER, Page, manual

MARGIN_PX = 16
PICTURE_PX = 560
"""Pictures are shrunk to this width."""
NAME, HEADING = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class ManualView(QTextBrowser):
    """One page. Pictures come from beside the page's file; links to other pages emit ``anchorClicked``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manualText")
        self.setAccessibleName("Manual page")
        self.setOpenLinks(False)
        self.setSearchPaths([str(resource_path(FOLDER))])

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        path = resource_path(FOLDER, name.path() if isinstance(name, QUrl) else name)
        if kind == QTextDocument.ResourceType.ImageResource.value and path.is_file():
            image = QImage(str(path))
            return image.scaledToWidth(PICTURE_PX, Qt.TransformationMode.SmoothTransformation) if image.width() > PICTURE_PX else image
        return super().loadResource(kind, name)

    def go_to_heading(self, heading: str) -> None:
        """Scrolls to a heading; without one of that text, to the top."""
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and block.text() == heading:
                break
            block = block.next()
        place = self.document().documentLayout().blockBoundingRect(block).top() if block.isValid() else 0
        self.verticalScrollBar().setValue(int(place))

    def highlight(self, words: str) -> None:
        """Marks every occurrence of the words and shows the first one."""
        marks = []
        style = QTextCharFormat()
        style.setBackground(self.palette().color(QPalette.ColorRole.Highlight))
        style.setForeground(QColor(self.palette().color(QPalette.ColorRole.HighlightedText)))
        for word in words.split():
            cursor = self.document().find(word)
            while not cursor.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor, mark.format = QTextCursor(cursor), style  # type: ignore[attr-defined]
                marks.append(mark)
                cursor = self.document().find(word, cursor)
        self.setExtraSelections(marks)
        if marks:
            first = min((mark.cursor for mark in marks), key=lambda cursor: cursor.selectionStart())  # type: ignore[attr-defined]
            first.clearSelection()
            self.setTextCursor(first)
            self.ensureCursorVisible()


class ManualWindow(QDialog):
    """Stays open beside the main window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manual")
        self.setWindowTitle("aedesk manual")
        self.resize(900, 640)
        self._pages = {page.name: page for page in manual()}
        self._shown = ""
        self.search = QLineEdit()
        self.search.setObjectName("manualSearch")
        self.search.setAccessibleName("Search the manual")
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.contents = QTreeWidget()
        self.contents.setObjectName("manualContents")
        self.contents.setAccessibleName("Table of contents")
        self.contents.setHeaderHidden(True)
        self.view = ManualView()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.contents, 1)
        splitter = QSplitter()
        splitter.addWidget(left)
        splitter.addWidget(self.view)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([240, 660])
        layout = QHBoxLayout(self)
        layout.addWidget(splitter)
        self._fill()
        self.search.textChanged.connect(self._fill)
        self.contents.currentItemChanged.connect(self._on_item)
        self.view.anchorClicked.connect(self._on_link)

    def show_page(self, name: str) -> None:
        """Shows a page by its name. A search is ended, because it might hide the page."""
        self.search.clear()
        for row in range(self.contents.topLevelItemCount()):
            item = self.contents.topLevelItem(row)
            if item is not None and item.data(0, NAME) == name:
                self.contents.setCurrentItem(item)

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        return self._pages.get(self._shown)

    @Slot()
    def _fill(self) -> None:
        """The table of contents: all pages with their headings, or those that a search finds."""
        words = self.search.text().strip()
        self.contents.clear()
        for page in self._pages.values():
            found = page.matches(words) if words else 0
            if words and not found:
                continue
            item = QTreeWidgetItem([f"{page.title} ({found})" if words else page.title])
            item.setData(0, NAME, page.name)
            self.contents.addTopLevelItem(item)
            for heading in () if words else page.headings:
                child = QTreeWidgetItem([heading])
                child.setData(0, NAME, page.name)
                child.setData(0, HEADING, heading)
                item.addChild(child)
        if (first := self.contents.topLevelItem(0)) is not None:
            self.contents.setCurrentItem(first)

    @Slot(QTreeWidgetItem, QTreeWidgetItem)
    def _on_item(self, item: QTreeWidgetItem | None, before: QTreeWidgetItem | None = None) -> None:
        if item is None:
            return
        name = item.data(0, NAME)
        if name != self._shown:
            self._shown = name
            self.view.setMarkdown(self._pages[name].text)
            self.view.document().setDocumentMargin(MARGIN_PX)
            item.setExpanded(True)
        self.view.setExtraSelections([])
        self.view.go_to_heading(item.data(0, HEADING) or "")
        if words := self.search.text().strip():
            self.view.highlight(words)

    @Slot(QUrl)
    def _on_link(self, link: QUrl) -> None:
        name = link.path().removesuffix(".md")
        if name in self._pages:
            self.show_page(name)
        elif link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)
