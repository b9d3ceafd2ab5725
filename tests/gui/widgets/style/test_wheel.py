"""The mouse wheel changes a control only while that has the focus."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QScrollArea,
    QSlider,
    QSpinBox,
    QTabBar,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from aedesk.gui.widgets.style import theme


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    theme.apply(qapp, "light")


def make(kind: type) -> QWidget:
    control: QWidget = kind()
    if isinstance(control, QComboBox):
        control.addItems(["a", "b", "c", "d"])
    elif isinstance(control, QTabBar):
        for title in "abcd":
            control.addTab(title)
    else:
        control.setValue(5)
    return control


def value(control: QWidget) -> float:
    return control.currentIndex() if isinstance(control, QComboBox | QTabBar) else control.value()


def scroll(qtbot: QtBot, control: QWidget) -> None:
    """One notch down over the middle of a control, as the window system reports it."""
    window = control.window()
    QTest.wheelEvent(window.windowHandle(), QPointF(control.mapTo(window, control.rect().center())), QPoint(0, -120))


@pytest.fixture
def area(qtbot: QtBot) -> QScrollArea:
    """A page that is longer than the window."""
    made = QScrollArea()
    qtbot.addWidget(made)
    page = QWidget()
    page.setMinimumHeight(2000)
    QVBoxLayout(page)
    made.setWidget(page)
    made.setWidgetResizable(True)
    made.resize(300, 200)
    return made


@pytest.mark.parametrize("kind", [QComboBox, QSpinBox, QDoubleSpinBox, QSlider, QTabBar])
def test_the_wheel_over_a_control_without_focus_scrolls_the_page(qtbot: QtBot, area: QScrollArea, kind: type) -> None:
    control, other = make(kind), QSpinBox()
    layout = area.widget().layout()
    layout.addWidget(other)
    layout.addWidget(control)
    layout.addStretch(1)
    area.show()
    qtbot.waitExposed(area)
    other.setFocus()
    before = value(control)
    scroll(qtbot, control)
    assert value(control) == before
    assert not control.hasFocus()
    assert area.verticalScrollBar().value() > 0


@pytest.mark.parametrize("kind", [QComboBox, QSpinBox, QDoubleSpinBox, QSlider, QTabBar])
def test_the_wheel_changes_the_control_that_has_the_focus(qtbot: QtBot, area: QScrollArea, kind: type) -> None:
    control = make(kind)
    area.widget().layout().addWidget(control)
    area.widget().layout().addStretch(1)
    area.show()
    qtbot.waitExposed(area)
    control.setFocus()
    qtbot.waitUntil(control.hasFocus)
    before = value(control)
    scroll(qtbot, control)
    assert value(control) != before


def test_no_control_takes_the_focus_by_the_wheel(qtbot: QtBot, area: QScrollArea) -> None:
    for kind in (QComboBox, QSpinBox, QDoubleSpinBox, QSlider):
        area.widget().layout().addWidget(make(kind))
    area.show()
    qtbot.waitExposed(area)
    controls = area.widget().findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert len(controls) == 4
    assert all(control.focusPolicy() != Qt.FocusPolicy.WheelFocus for control in controls)


@pytest.mark.parametrize("count", [2, 5])
def test_a_short_drop_down_list_shows_all_of_its_entries(qtbot: QtBot, count: int) -> None:
    combo = QComboBox()
    qtbot.addWidget(combo)
    combo.addItems([f"Entry {number}" for number in range(count)])
    combo.show()
    combo.showPopup()
    view = combo.view()
    assert view.visualRect(combo.model().index(count - 1, 0)).bottom() < view.viewport().height()
    combo.hidePopup()
