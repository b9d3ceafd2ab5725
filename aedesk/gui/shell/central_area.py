"""The middle of the window: the banner, and below it the picture or a page of the active panel."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from aedesk.gui.panels.base import Panel


class CentralArea(QWidget):
    """Shows the picture viewer or the page of the active panel.

    Args:
        banner: stays above every page.
        picture: the widgets of the picture page from top to bottom; the last one stretches.
    """

    def __init__(self, banner: QWidget, picture: list[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("centralArea")
        self._picture = QWidget()
        self._picture.setObjectName("picturePage")
        page = QVBoxLayout(self._picture)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        for widget in picture:
            page.addWidget(widget, 1 if widget is picture[-1] else 0)
        self._stack = QStackedWidget()
        self._stack.setObjectName("centralStack")
        self._stack.addWidget(self._picture)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(banner)
        column.addWidget(self._stack, 1)

    @property
    def shows_picture(self) -> bool:
        """Whether the picture is shown, not a page of a panel."""
        return self._stack.currentWidget() is self._picture

    def show_for(self, panel: Panel) -> None:
        """Shows the page of the panel, or the picture if it has none."""
        page = panel.page() or self._picture
        if self._stack.indexOf(page) < 0:
            self._stack.addWidget(page)
        self._stack.setCurrentWidget(page)
