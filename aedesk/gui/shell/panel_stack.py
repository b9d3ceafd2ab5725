"""The tools on the right: a switch of two rows, and the panel that it has chosen.

Not a QTabWidget: seven tabs do not fit a dock of 312 pixels, and a bar that scrolls hides what the program can do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.registry import PanelEntry


class PanelStack(QWidget):
    """One panel in front. The switch is reached by Tab, and the arrow keys move within it.

    A panel is made when it is first wanted.

    Args:
        entries: what the switch offers, in its order; an entry's ``row`` says in which of the rows.
        make: makes the panel of an entry, ready for use.
    """

    changed = Signal(str)  # the name of the panel that is in front now
    help_wanted = Signal(str)  # the page of the manual that is wanted

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
        return self._name

    @property
    def page(self) -> str:
        """The manual's page of the panel in front."""
        return self._entries[self._name].page or self._name

    @property
    def current(self) -> Panel:
        return self.panel(self._name)

    @property
    def made(self) -> list[Panel]:
        """The panels that there are so far."""
        return list(self._panels.values())

    def panel(self, name: str) -> Panel:
        """A panel by its name, made now if it has not been wanted before."""
        if name not in self._panels:
            panel = self._panels[name] = self._make(self._entries[name])
            self._pages[name] = _scrolling(panel)
            self._stack.addWidget(self._pages[name])
        return self._panels[name]

    def make_next(self) -> bool:
        """Make one of the panels that are missing; whether there was one."""
        missing = next((name for name in self._entries if name not in self._panels), None)
        if missing is not None:
            self.panel(missing)
        return missing is not None

    def choose(self, name: str) -> None:
        """Bring a panel to the front; a name that is not known (any more) is ignored."""
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
    """A panel that is longer than a low window can still be reached to its end."""
    area = QScrollArea()
    area.setObjectName(f"{panel.objectName()}Scroll")
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(panel)
    return area
