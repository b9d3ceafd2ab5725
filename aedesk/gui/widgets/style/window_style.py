"""Fusion, with one change of behaviour: the mouse wheel changes a control only while that has the keyboard focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QApplication, QComboBox, QProxyStyle, QScrollBar, QTabBar, QWidget

GUARDED = (QComboBox, QAbstractSpinBox, QAbstractSlider, QTabBar)


class WindowStyle(QProxyStyle):
    """Every widget is polished by the style before it is shown, so no control can be forgotten."""

    def __init__(self) -> None:
        super().__init__("Fusion")
        self._guard = _WheelGuard(self)

    def polish(self, target: QWidget | QApplication | QPalette) -> None:  # type: ignore[override]
        super().polish(target)
        if isinstance(target, GUARDED) and not isinstance(target, QScrollBar):
            if target.focusPolicy() == Qt.FocusPolicy.WheelFocus:  # the wheel would give the focus before it acts
                target.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            target.removeEventFilter(self._guard)
            target.installEventFilter(self._guard)


class _WheelGuard(QObject):
    """Lets wheel events of controls without focus pass on to what scrolls around them."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        focus = QApplication.focusWidget()
        if focus is not None and (focus is watched or watched.isAncestorOf(focus)):
            return False
        event.ignore()
        return True
