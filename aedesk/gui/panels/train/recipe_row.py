"""One row of the form: title, field, unit, and a help text, which the error message replaces."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from aedesk.training.recipes.field_types import Knob

TITLE_PX, FIELD_PX = 150, 190
EMPTY = {"int": "automatic", "range": "off", "numbers": "none", "text": "", "float": ""}


class RecipeRow(QObject):
    """Adds its widgets to a grid.

    Signals:
        edited(value): the user has set a value; None for an empty field.
        unreadable(reason): the typed text is not a value.
    """

    edited = Signal(object)
    unreadable = Signal(str)

    def __init__(self, knob: Knob, grid: QGridLayout, name: str) -> None:
        super().__init__(grid.parentWidget())
        self.knob = knob
        line = grid.rowCount()
        self._title = QLabel(knob.title)
        self._title.setWordWrap(True)
        self._title.setFixedWidth(TITLE_PX)
        self.field = self._make_field()
        self.field.setObjectName(name)
        self.field.setAccessibleName(knob.title)
        self.field.setAccessibleDescription(knob.help)
        self._title.setBuddy(self.field)
        self._help = QLabel(knob.help)
        self._help.setObjectName(f"{name}_help")
        self._help.setWordWrap(True)
        self._help.setProperty("quiet", True)
        with_unit = QWidget()
        inner = QHBoxLayout(with_unit)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        inner.addWidget(self.field, 1)
        if knob.unit:
            inner.addWidget(QLabel(knob.unit))
        with_unit.setFixedWidth(FIELD_PX)
        top = Qt.AlignmentFlag.AlignTop
        self._title.setMinimumHeight(self.field.sizeHint().height())
        self._help.setMinimumHeight(self.field.sizeHint().height())
        for column, widget in enumerate((self._title, with_unit, self._help)):
            grid.addWidget(widget, line, column, top)

    def show_value(self, value: Any) -> None:
        """Shows a value without emitting ``edited``; None shows the default."""
        shown = self.knob.default if value is None else value
        field = self.field
        field.blockSignals(True)
        if isinstance(field, QCheckBox):
            field.setChecked(bool(shown))
        elif isinstance(field, QComboBox):
            index = field.findData(shown)
            if index < 0 and shown is not None:
                field.addItem(str(shown), shown)
                index = field.count() - 1
            field.setCurrentIndex(max(index, 0))
        elif isinstance(field, QLineEdit):
            field.setText(self.knob.show(shown))
            field.setCursorPosition(0)
        field.blockSignals(False)

    def show_problem(self, reason: str) -> None:
        """Marks the field as invalid and shows the reason; an empty reason removes the mark."""
        if bool(reason) == bool(self.field.property("wrong")) and self._help.text() == (reason or self.knob.help):
            return
        self._help.setText(reason or self.knob.help)
        for widget, name, on in (
            (self.field, "wrong", bool(reason)),
            (self._help, "wrong", bool(reason)),
            (self._help, "quiet", not reason),
        ):
            widget.setProperty(name, on)
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    def _make_field(self) -> QWidget:
        knob = self.knob
        if knob.kind == "bool":
            check = QCheckBox("On")
            check.toggled.connect(self._on_toggled)
            return check
        if knob.choices:
            combo = QComboBox()
            for choice in knob.choices:
                combo.addItem(str(choice) if choice != "" else "None", choice)
            combo.activated.connect(self._on_activated)
            return combo
        line = QLineEdit()
        line.setPlaceholderText(EMPTY.get(knob.kind, ""))
        line.textEdited.connect(self._on_text)
        return line

    @Slot(bool)
    def _on_toggled(self, on: bool) -> None:
        self.edited.emit(on)

    @Slot(int)
    def _on_activated(self, _index: int) -> None:
        if isinstance(self.field, QComboBox):
            self.edited.emit(self.field.currentData())

    @Slot(str)
    def _on_text(self, text: str) -> None:
        try:
            value = self.knob.read(text)
        except ValueError as error:
            self.unreadable.emit(str(error))
            return
        empty = self.knob.optional or self.knob.kind in ("text", "range")
        if value is None and not empty:
            self.unreadable.emit("A value is required.")
        else:
            self.edited.emit(value)
