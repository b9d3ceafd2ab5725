"""The latest metrics of a run in large type."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from aedesk.core.formatting import format_duration

METRICS = (
    ("loss", "Loss"),
    ("val_loss", "Validation"),
    ("val_psnr", "PSNR"),
    ("pictures_per_s", "Pictures/s"),
    ("lr", "Learning rate"),
    ("left", "Time left"),
)


class MetricsStrip(QWidget):
    """Values with captions in a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("metricsStrip")
        self._values: dict[str, QLabel] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20)
        for name, title in METRICS:
            caption, value = QLabel(title), QLabel("\N{EN DASH}")
            caption.setProperty("quiet", True)
            value.setObjectName(f"figure_{name}")
            value.setAccessibleName(title)
            value.setProperty("figure", True)
            column = QVBoxLayout()
            column.setSpacing(0)
            column.addWidget(caption)
            column.addWidget(value)
            row.addLayout(column)
            self._values[name] = value
        row.addStretch(1)

    def clear(self) -> None:
        """Shows dashes instead of values."""
        for value in self._values.values():
            value.setText("\N{EN DASH}")
            value.setToolTip("")

    def show_metrics(self, metrics: Mapping[str, float]) -> None:
        """Shows new values by name."""
        for name, number in metrics.items():
            if name in self._values:
                self._values[name].setText(_format(name, number))
        if "val_noisy" in metrics:
            self._values["val_psnr"].setToolTip(f"On the validation pictures; before: {metrics['val_noisy']:.2f} dB")

    def show_time_left(self, seconds: float | None) -> None:
        """Shows the remaining time; None if unknown."""
        self._values["left"].setText("\N{EN DASH}" if seconds is None else format_duration(seconds))


def _format(name: str, number: float) -> str:
    if name == "val_psnr":
        return f"{number:.2f} dB"
    if name == "pictures_per_s":
        return f"{number:,.0f}"
    return f"{number:.2e}" if name == "lr" or 0 < abs(number) < 1e-3 else f"{number:.4f}"
