"""Editors for a code: bars for a vector, channel maps with strength and shift for a convolutional code."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from aedesk.gui.panels.explore.code_bars import CodeBars
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.pictures.picture_grid import PictureGrid

PRIOR_REACH = 3.0
"""The bars of a code with a standard normal prior range at least from minus to plus this value."""


class DenseEditor(QWidget):
    """Every entry is a bar; the selected one also has a slider.

    Signals:
        edited: ``code`` has changed.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("denseEditor")
        self._entry = QLabel("Entry 1")
        self._entry.setObjectName("entryName")
        self.bars = CodeBars()
        self.slider = LabeledSlider("Value", -1, 1, 0, decimals=2)
        self.slider.setObjectName("entryValue")
        row = QHBoxLayout()
        row.addWidget(self._entry)
        row.addSpacing(12)
        row.addWidget(self.slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.bars, 1)
        column.addLayout(row)
        self.bars.chosen.connect(self._on_chosen)
        self.bars.pulled.connect(self._on_pulled)
        self.slider.value_changed.connect(self._on_slid)

    @property
    def code(self) -> np.ndarray:
        return self.bars.values

    def set_code(self, code: np.ndarray, generative: bool) -> None:
        """Sets the (n,) code of a picture."""
        low, high = dense_range(code, generative)
        self.bars.set_code(code, low, high)
        with QSignalBlocker(self.slider):
            self.slider.set_range(low, high)
        self._on_chosen(self.bars.current)

    def set_values(self, code: np.ndarray) -> None:
        """Sets other values, for example the original ones."""
        self.bars.set_values(code)
        self._on_chosen(self.bars.current)
        self.edited.emit()

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        self._entry.setText(f"Entry {index + 1} of {len(self.bars.values)}")
        with QSignalBlocker(self.slider):
            self.slider.set_value(float(self.bars.values[index]))

    @Slot(int, float)
    def _on_pulled(self, _index: int, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.set_value(value)
        self.edited.emit()

    @Slot(float)
    def _on_slid(self, value: float) -> None:
        self.bars.pull(self.bars.current, value)


class ChannelEditor(QWidget):
    """Every channel is a small picture; the selected one can be scaled and shifted.

    Signals:
        edited: ``code`` has changed.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("channelEditor")
        self._code = np.zeros((1, 1, 1), np.float32)
        self._strengths = self._shifts = np.zeros(1, np.float32)
        self._unit = 1.0
        self.grid = PictureGrid("channelMaps", "Channels of the code", "channel")
        self._entry = QLabel("Channel 1")
        self._entry.setObjectName("channelName")
        self.strength = LabeledSlider("Strength", 0, 300, 100, unit="%")
        self.strength.setObjectName("channelStrength")
        self.strength.setToolTip("0 % turns the channel off, 100 % leaves it unchanged")
        self.shift = LabeledSlider("Shift", -3, 3, 0, decimals=1)
        self.shift.setObjectName("channelShift")
        self.shift.setToolTip("Added to the whole channel, in standard deviations of the code")
        row = QHBoxLayout()
        row.addWidget(self._entry)
        row.addSpacing(12)
        row.addWidget(self.strength, 1)
        row.addSpacing(12)
        row.addWidget(self.shift, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid, 1)
        column.addLayout(row)
        self.grid.chosen.connect(self._on_chosen)
        self.strength.value_changed.connect(self._on_slid)
        self.shift.value_changed.connect(self._on_slid)

    @property
    def code(self) -> np.ndarray:
        strengths, shifts = self._strengths[:, None, None], self._shifts[:, None, None]
        return (self._code * strengths + shifts * self._unit).astype(np.float32)

    def set_code(self, code: np.ndarray, maps: np.ndarray) -> None:
        """Sets the (C, h, w) code of a picture and its maps, (C, h, w) uint8."""
        self._code, self._unit = code, float(code.std()) or 1.0
        self._strengths, self._shifts = np.ones(len(code), np.float32), np.zeros(len(code), np.float32)
        self.grid.set_pictures(maps[..., None])
        self._on_chosen(self.grid.current)

    def reset(self) -> None:
        """Restores the original code."""
        self._strengths[:], self._shifts[:] = 1, 0
        self._on_chosen(self.grid.current)
        self.edited.emit()

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        self._entry.setText(f"Channel {index + 1} of {len(self._code)}")
        with QSignalBlocker(self.strength), QSignalBlocker(self.shift):
            self.strength.set_value(100 * float(self._strengths[index]))
            self.shift.set_value(float(self._shifts[index]))

    @Slot()
    def _on_slid(self, _value: float = 0.0) -> None:
        index = self.grid.current
        self._strengths[index], self._shifts[index] = self.strength.value / 100, self.shift.value
        self.edited.emit()


def dense_range(code: np.ndarray, generative: bool) -> tuple[float, float]:
    """Returns the limits of the bars: the range of the code and zero, enlarged by half."""
    low, high = min(float(code.min()), 0.0), max(float(code.max()), 0.0)
    room = max(high - low, 1e-3) / 4
    low, high = (low - room if low < 0 else low), high + room
    return (min(low, -PRIOR_REACH), max(high, PRIOR_REACH)) if generative else (low, high)
