"""The docks around the picture: library on the left, panels on the right, jobs and log below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

LIBRARY_PX, PANEL_PX, BOTTOM_PX = 176, 312, 132
JOBS_TO_LOG = (3, 2)


def add_docks(window: QMainWindow, library: QWidget, panels: QWidget, jobs: QWidget, log: QWidget) -> list[QDockWidget]:
    """Adds the docks. Each can be closed and moved; their places are part of the window's saved state."""
    area = Qt.DockWidgetArea
    docks = [
        _dock(window, "Library", "libraryDock", library, area.LeftDockWidgetArea),
        _dock(window, "Tools", "panelDock", panels, area.RightDockWidgetArea),
        _dock(window, "Jobs", "jobsDock", jobs, area.BottomDockWidgetArea),
        _dock(window, "Log", "logDock", log, area.BottomDockWidgetArea),
    ]
    docks[1].setTitleBarWidget(QWidget(docks[1]))  # the panel switch is title enough
    window.resizeDocks(docks[:2], [LIBRARY_PX, PANEL_PX], Qt.Orientation.Horizontal)
    window.resizeDocks(docks[2:], [BOTTOM_PX, BOTTOM_PX], Qt.Orientation.Vertical)
    window.resizeDocks(docks[2:], [100 * share for share in JOBS_TO_LOG], Qt.Orientation.Horizontal)
    return docks


def _dock(window: QMainWindow, title: str, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable | QDockWidget.DockWidgetFeature.DockWidgetMovable)
    dock.setWidget(widget)
    window.addDockWidget(area, dock)
    return dock
