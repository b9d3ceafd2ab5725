"""The panels on the right and the switch between them, in two rows.

A QTabWidget would not do: seven tabs do not fit a dock of 312 pixels, and a tab bar that scrolls hides panels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.registry import PanelEntry


class PanelStack(QWidget):
    """Shows one panel at a time. Tab focuses the switch, and the arrow keys move within it.

    Panels are created when they are first needed.

    Args:
        entries: the panels in the order of the switch; ``row`` is the row of the switch.
        make: creates the panel of an entry.

    Signals:
        changed(name): another panel is active.
        help_wanted(page): the user asks for a page of the manual.
    """

    changed = Signal(str)
    help_wanted = Signal(str)

    def __init__(self, entries: Sequence[PanelEntry], make: Callable[[PanelEntry], Panel], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panels")
        self.setAccessibleName("Panels")
        self._entries = {entry.name: entry for entry in entries}
        self._make = make
        self._panels: dict[str, Panel] = {}
        self._name = entries[0].name
        self._stack = QStackedWidget()
        self._stack.setObjectName("panelStack")
        self._pages: dict[str, QScrollArea] = {}
        self._buttons: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        switch = QVBoxLayout()
        switch.setContentsMargins(12, 6, 12, 6)
        switch.setSpacing(2)
        for number in sorted({entry.row for entry in entries}):
            row = QHBoxLayout()
            row.setSpacing(4)
            for entry in (entry for entry in entries if entry.row == number):
                button = self._make_button(entry)
                group.addButton(button)
                row.addWidget(button, 1)
            switch.addLayout(row)
        self._title = QLabel(self._entries[self._name].title)
        self._title.setObjectName("panelTitle")
        ask = QToolButton()
        ask.setObjectName("panelHelp")
        ask.setText("?")
        ask.setAccessibleName("Manual page of this panel")
        ask.setToolTip("Open the manual at this page (F1)")
        ask.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        ask.clicked.connect(lambda: self.help_wanted.emit(self.page))
        header = QHBoxLayout()
        header.setContentsMargins(16, 8, 12, 0)
        header.addWidget(self._title, 1)
        header.addWidget(ask)
        line = QFrame()
        line.setObjectName("panelsLine")
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(switch)
        column.addWidget(line)
        column.addLayout(header)
        column.addWidget(self._stack, 1)
        self._buttons[self._name].setChecked(True)
        group.buttonToggled.connect(self._on_toggled)

    @property
    def name(self) -> str:
        """Name of the active panel."""
        return self._name

    @property
    def page(self) -> str:
        """The manual's page of the panel in front."""
        return self._entries[self._name].page or self._name

    @property
    def current(self) -> Panel:
        """The active panel."""
        return self.panel(self._name)

    @property
    def created(self) -> list[Panel]:
        """The panels that exist so far."""
        return list(self._panels.values())

    def panel(self, name: str) -> Panel:
        """Returns a panel by its name, created if it does not exist yet."""
        if name not in self._panels:
            panel = self._panels[name] = self._make(self._entries[name])
            self._pages[name] = _scrolling(panel)
            self._stack.addWidget(self._pages[name])
        return self._panels[name]

    def create_next(self) -> bool:
        """Creates one of the missing panels. Returns False if there was none."""
        missing = next((name for name in self._entries if name not in self._panels), None)
        if missing is not None:
            self.panel(missing)
        return missing is not None

    def choose(self, name: str) -> None:
        """Activates a panel; unknown names are ignored."""
        if name in self._buttons:
            self._buttons[name].setChecked(True)

    @Slot(QToolButton, bool)
    def _on_toggled(self, button: QToolButton, checked: bool) -> None:
        if not checked:
            return
        self._name = next(name for name, known in self._buttons.items() if known is button)
        self.panel(self._name)
        self._stack.setCurrentWidget(self._pages[self._name])
        self._title.setText(self._entries[self._name].title)
        self.changed.emit(self._name)

    def _make_button(self, entry: PanelEntry) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"panel_{entry.name}")
        button.setText(entry.title)
        button.setAccessibleName(entry.title)
        button.setToolTip(entry.tip)
        button.setCheckable(True)
        button.setProperty("segment", True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = button.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Expanding)
        button.setSizePolicy(policy)
        self._buttons[entry.name] = button
        return button


def _scrolling(panel: Panel) -> QScrollArea:
    """Returns a scroll area with the panel, which may be longer than the window is high."""
    area = QScrollArea()
    area.setObjectName(f"{panel.objectName()}Scroll")
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(panel)
    return area
