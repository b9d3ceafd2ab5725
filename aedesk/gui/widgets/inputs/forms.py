"""Rows of a label and a control, whose labels are equally wide in all forms of the panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSpinBox, QWidget

LABEL_PX = 86


def make_form(parent: QWidget | None = None) -> QFormLayout:
    form = QFormLayout(parent) if parent is not None else QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    return form


def add_row(form: QFormLayout, text: str, control: QWidget, buddy: QWidget | None = None) -> None:
    """``buddy`` gets the focus by the label's key; None for the control itself."""
    label = QLabel(text)
    label.setMinimumWidth(LABEL_PX)
    label.setMinimumHeight(control.sizeHint().height())
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    label.setBuddy(buddy or control)
    form.addRow(label, control)


def number(name: str, accessible: str, low: int, high: int, value: int, suffix: str = "") -> QSpinBox:
    """A spin box with names."""
    made = QSpinBox()
    made.setObjectName(name)
    made.setAccessibleName(accessible)
    made.setRange(low, high)
    made.setValue(value)
    made.setSuffix(suffix)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    return made


def combo(name: str, accessible: str) -> QComboBox:
    """A list with names that does not grow with its longest entry."""
    made = QComboBox()
    made.setObjectName(name)
    made.setAccessibleName(accessible)
    made.setMinimumContentsLength(8)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return made
