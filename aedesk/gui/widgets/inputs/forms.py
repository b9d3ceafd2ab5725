"""Rows of a label and a control; the labels have the same width in all forms of a panel."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QSpinBox, QWidget

LABEL_PX = 86


def make_form(parent: QWidget | None = None) -> QFormLayout:
    """Returns an empty form without margins."""
    form = QFormLayout(parent) if parent is not None else QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    return form


def add_row(form: QFormLayout, text: str, control: QWidget, buddy: QWidget | None = None) -> None:
    """Adds a row; the mnemonic of the label focuses ``buddy``, or the control if that is None."""
    label = QLabel(text)
    label.setMinimumWidth(LABEL_PX)
    label.setMinimumHeight(control.sizeHint().height())
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    label.setBuddy(buddy or control)
    form.addRow(label, control)


def number(name: str, accessible: str, low: int, high: int, value: int, suffix: str = "") -> QSpinBox:
    """Returns a spin box with object name and accessible name."""
    made = QSpinBox()
    made.setObjectName(name)
    made.setAccessibleName(accessible)
    made.setRange(low, high)
    made.setValue(value)
    made.setSuffix(suffix)
    made.setAlignment(Qt.AlignmentFlag.AlignRight)
    return made


def combo(name: str, accessible: str) -> QComboBox:
    """Returns a combo box with object name and accessible name, whose width does not depend on its entries."""
    made = QComboBox()
    made.setObjectName(name)
    made.setAccessibleName(accessible)
    made.setMinimumContentsLength(8)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return made
