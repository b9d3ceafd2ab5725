"""The target of the compression: a quality, or a size, rate or PSNR for which the codec finds the quality."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from aedesk.gui.widgets.inputs.forms import combo
from aedesk.gui.widgets.inputs.number_box import NumberBox
from aedesk.gui.widgets.inputs.sliders import LabeledSlider

KINDS = (("quality", "Quality"), ("size", "File size"), ("bpp", "Bits per pixel"), ("psnr", "PSNR"))
SIZE_KB, BPP, PSNR_DB = 100.0, 0.5, 34.0


class TargetControls(QWidget):
    """The value of the target; its ``kind`` is a separate widget, which the panel lays out.

    Signals:
        changed: the kind or the value has changed; a typed number counts when it is complete.
    """

    changed = Signal()

    def __init__(self, kind: str, quality: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compressTarget")
        self.kind = combo("compressTargetKind", "Target")
        for name, title in KINDS:
            self.kind.addItem(title, name)
        self.quality = LabeledSlider("Quality", 0, 100, quality)
        self.quality.setObjectName("compressQuality")
        self.quality.setToolTip("0 gives the smallest file, 100 the best quality")
        self.file_size = _number("compressSize", "Maximum file size", 0.1, 1e6, SIZE_KB, 1, "kB")
        self.bpp = _number("compressBpp", "Maximum bits per pixel", 0.01, 48, BPP, 2, "bits")
        self.psnr = _number("compressPsnr", "Minimum PSNR", 20, 60, PSNR_DB, 1, "dB")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.quality)
        for spin in (self.file_size, self.bpp, self.psnr):
            self._stack.addWidget(_with_label("Minimum" if spin is self.psnr else "Maximum", spin))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self.kind.setCurrentIndex(max(self.kind.findData(kind), 0))
        self._stack.setCurrentIndex(self.kind.currentIndex())
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.quality.value_changed.connect(self._on_value)
        for spin in (self.file_size, self.bpp, self.psnr):
            spin.valueChanged.connect(self._on_value)

    @property
    def name(self) -> str:
        """Kind of the target: "quality", "size", "bpp" or "psnr"."""
        return str(self.kind.currentData())

    def fields(self) -> dict[str, Any]:
        """Returns the arguments of a ``CompressSpec``."""
        made: dict[str, Any] = {"quality": round(self.quality.value)}
        if self.name == "size":
            made["target_bytes"] = round(1000 * self.file_size.value())
        elif self.name == "bpp":
            made["target_bpp"] = self.bpp.value()
        elif self.name == "psnr":
            made["target_psnr"] = self.psnr.value()
        return made

    def target_text(self) -> str:
        """Returns the target in words; empty for a quality."""
        spins: dict[str, NumberBox] = {"size": self.file_size, "bpp": self.bpp, "psnr": self.psnr}
        spin = spins.get(self.name)
        return "" if spin is None else spin.text() + (" per pixel" if spin is self.bpp else "")

    @Slot(int)
    def _on_kind(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        self.changed.emit()

    @Slot(float)
    def _on_value(self, _value: float) -> None:
        self.changed.emit()


def _number(name: str, accessible: str, low: float, high: float, value: float, decimals: int, unit: str) -> NumberBox:
    spin = NumberBox()
    spin.setObjectName(name)
    spin.setAccessibleName(accessible)
    spin.setDecimals(decimals)
    spin.setRange(low, high)
    spin.setSingleStep(0.05 if decimals == 2 else 0.5 if unit == "dB" else 10)
    spin.setValue(value)
    spin.setSuffix(f" {unit}")
    spin.setAlignment(Qt.AlignmentFlag.AlignRight)
    spin.setKeyboardTracking(False)
    return spin


def _with_label(text: str, spin: NumberBox) -> QWidget:
    whole = QWidget()
    label = QLabel(text)
    label.setBuddy(spin)
    row = QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(label, 1)
    row.addWidget(spin)
    return whole
