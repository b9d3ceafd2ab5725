"""A slider with a label and a number field in one row."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from aedesk.gui.widgets.inputs.number_box import NumberBox


class LabeledSlider(QWidget):
    """A value between two limits, set by slider or by number.

    Args:
        label: visible label and accessible name.
        minimum, maximum, value: in ``unit``.
        decimals: digits after the point; the slider moves in steps of the last one.

    Signals:
        value_changed(float): the value has changed.
        value_committed(float): a drag has ended or a number was entered; the time for expensive updates.
    """

    value_changed = Signal(float)
    value_committed = Signal(float)

    def __init__(
        self,
        label: str,
        minimum: float,
        maximum: float,
        value: float,
        *,
        unit: str = "",
        decimals: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("labeledSlider")
        self.setAccessibleName(label)
        self._steps = 10**decimals
        self._label = QLabel(label, self)
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setObjectName("slider")
        self._slider.setAccessibleName(f"{label} slider")
        self._slider.setRange(round(minimum * self._steps), round(maximum * self._steps))
        self._slider.setPageStep(max(1, (self._slider.maximum() - self._slider.minimum()) // 10))
        self._spin = NumberBox(self)
        self._spin.setObjectName("spin")
        self._spin.setAccessibleName(label)
        self._spin.setDecimals(decimals)
        self._spin.setRange(minimum, maximum)
        self._spin.setSingleStep(1 / self._steps if decimals < 2 else 5 / self._steps)
        self._spin.setSuffix(f" {unit}" if unit else "")
        self._spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._spin.setKeyboardTracking(False)
        self._label.setBuddy(self._spin)
        self.setFocusProxy(self._spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._label)
        row.addWidget(self._slider, 1)
        row.addWidget(self._spin)
        self._slider.valueChanged.connect(self._slid)
        self._slider.sliderReleased.connect(self._commit)
        self._spin.valueChanged.connect(self._entered)
        self.set_value(value)

    @property
    def value(self) -> float:
        """The current value."""
        return self._spin.value()

    def set_value(self, value: float) -> None:
        """Sets the value, limited to the range; emits ``value_changed`` if it differs."""
        self._spin.setValue(value)
        self._show(self._spin.value())

    def set_range(self, minimum: float, maximum: float) -> None:
        """Sets the limits; the value is moved inside them."""
        with QSignalBlocker(self._slider):
            self._slider.setRange(round(minimum * self._steps), round(maximum * self._steps))
            self._slider.setPageStep(max(1, (self._slider.maximum() - self._slider.minimum()) // 10))
        self._spin.setRange(minimum, maximum)
        self._show(self._spin.value())

    def _show(self, value: float) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(value * self._steps))

    @Slot(int)
    def _slid(self, steps: int) -> None:
        with QSignalBlocker(self._spin):
            self._spin.setValue(steps / self._steps)
        self.value_changed.emit(self.value)
        if not self._slider.isSliderDown():
            self._commit()

    @Slot(float)
    def _entered(self, value: float) -> None:
        self._show(value)
        self.value_changed.emit(value)
        self._commit()

    @Slot()
    def _commit(self) -> None:
        self.value_committed.emit(self.value)
