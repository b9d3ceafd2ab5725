"""The tool bar and the menus, made from the window's actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from aedesk.gui.shell.commands.table import MENUS, ROWS
from aedesk.gui.widgets.labels import elide_middle

BAR = ("open", "save", "export_aed", None, "undo", "redo", None, "run", "cancel")
WITH_TEXT = ("open", "save", "export_aed", "run")


def fill_tool_bar(window: QMainWindow, actions: Mapping[str, QAction], right: QWidget) -> QToolBar:
    """Adds the tool bar to the window, with ``right`` at its right end."""
    bar = QToolBar("Tool bar", window)
    bar.setObjectName("toolBar")
    bar.setMovable(False)
    bar.setIconSize(QSize(20, 20))
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
    for name in BAR:
        if name is None:
            bar.addSeparator()
            continue
        bar.addAction(actions[name])
        button = bar.widgetForAction(actions[name])
        if isinstance(button, QToolButton):
            button.setObjectName(f"tool_{name}")
            button.setAccessibleName(actions[name].text().replace("&", "").replace("\u2026", ""))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if name in WITH_TEXT else Qt.ToolButtonStyle.ToolButtonIconOnly
            button.setToolButtonStyle(style)
    gap = QWidget()
    gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(gap)
    bar.addWidget(right)
    window.addToolBar(bar)
    return bar


def fill_menus(window: QMainWindow, actions: Mapping[str, QAction], docks: Iterable[QAction]) -> QMenu:
    """Adds the menus in the order of the table. Returns the menu of recent files, which is still empty."""
    bar = window.menuBar()
    bar.setObjectName("menuBar")
    recent = QMenu("Open &recent", window)
    recent.setObjectName("recentMenu")
    for title in MENUS:
        menu = bar.addMenu(title)
        menu.setObjectName(f"menu_{title.replace('&', '')}")
        for row in ROWS:
            if row.menu != title:
                continue
            if row.gap:
                menu.addSeparator()
            menu.addAction(actions[row.name])
            if row.name == "open_folder":
                menu.addMenu(recent)
        if title == "&View":
            menu.addSeparator()
            menu.addActions(list(docks))
    return recent


def fill_recent(menu: QMenu, paths: Iterable[str], open_path: Callable[[Path], None]) -> None:
    """Replaces the entries of the menu of recent files."""
    menu.clear()
    for text in paths:
        path = Path(text)
        action = menu.addAction(f"{elide_middle(path.name, 48)}   \N{EN DASH}   {elide_middle(str(path.parent), 60)}".replace("&", "&&"))
        action.triggered.connect(lambda _checked=False, path=path: open_path(path))
    menu.setEnabled(not menu.isEmpty())
