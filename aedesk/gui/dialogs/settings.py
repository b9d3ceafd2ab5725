"""The Settings dialog, made from the table of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from aedesk.gui.dialogs.buttons import without_icons
from aedesk.settings.rows import ROWS, Row
from aedesk.settings.store import Settings

Choices = Mapping[str, Sequence[tuple[str, str]]]
"""(value, label) pairs by key, for settings whose choices are known only at run time."""


LABEL_PX = 210
"""Width of the labels, so that the fields of all sections are aligned."""


class SettingsDialog(QDialog):
    """Edits a copy of the settings; ``apply`` writes it back."""

    def __init__(self, settings: Settings, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settingsDialog")
        self.setWindowTitle("Settings")
        self.setMinimumWidth(480)
        self._settings = settings
        self._readers: dict[str, Callable[[], Any]] = {}
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        shown = [row for row in ROWS if row.shown]
        for section, rows in groupby(shown, key=lambda row: row.section):
            box = QGroupBox(section)
            form = QFormLayout(box)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            form.setHorizontalSpacing(20)
            form.setVerticalSpacing(8)
            for row in rows:
                self._add(form, row, choices.get(row.key, ()))
            layout.addWidget(box)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel | QDialogButtonBox.StandardButton.RestoreDefaults
        )
        buttons.setObjectName("settingsButtons")
        without_icons(buttons)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).clicked.connect(self._show_defaults)
        layout.addWidget(buttons)

    def apply(self) -> None:
        """Writes all values into the settings."""
        for key, read in self._readers.items():
            self._settings[key] = read()

    def _add(self, form: QFormLayout, row: Row, choices: Sequence[tuple[str, str]]) -> None:
        editor, read = _editor(row, self._settings[row.key], choices)
        editor.setObjectName(f"setting_{row.key}")
        editor.setAccessibleName(row.title)
        editor.setToolTip(row.help)
        self._readers[row.key] = read
        if isinstance(editor, QCheckBox):
            form.addRow(editor)
        else:
            label = QLabel(row.title)
            label.setBuddy(editor)
            label.setMinimumSize(LABEL_PX, editor.sizeHint().height())
            form.addRow(label, editor)

    def _show_defaults(self) -> None:
        for row in ROWS:
            editor = self.findChild(QWidget, f"setting_{row.key}")
            if isinstance(editor, QCheckBox):
                editor.setChecked(bool(row.default))
            elif isinstance(editor, QComboBox):
                editor.setCurrentIndex(editor.findData(row.default))
            elif isinstance(editor, QSpinBox):
                editor.setValue(int(str(row.default)))
            elif isinstance(editor, QLineEdit):
                editor.setText(str(row.default))


def _editor(row: Row, value: Any, choices: Sequence[tuple[str, str]]) -> tuple[QWidget, Callable[[], Any]]:
    if isinstance(row.default, bool):
        check = QCheckBox(row.title)
        check.setChecked(value)
        return check, check.isChecked
    if isinstance(row.default, int):
        spin = QSpinBox()
        spin.setRange(int(row.minimum or 0), int(row.maximum or 2**31 - 1))
        spin.setSuffix(f" {row.unit}" if row.unit else "")
        spin.setValue(value)
        return spin, spin.value
    if row.choices or row.open_choices:
        combo = QComboBox()
        known = dict([*((choice, choice.capitalize()) for choice in row.choices), *choices])
        for data, label in {**known, value: known.get(value, value)}.items():
            combo.addItem(label, data)
        combo.setCurrentIndex(combo.findData(value))
        return combo, combo.currentData
    line = QLineEdit(value)
    return line, line.text
