"""The layers of the network, shown before the training."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from aedesk.core.formatting import format_count
from aedesk.core.training_specs import ModelSummary

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
HEADERS = ("Layer", "Type", "Output", "Parameters")


class NetworkPage(QWidget):
    """A summary and a table of layers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("networkPage")
        self._line = QLabel()
        self._line.setObjectName("modelFigures")
        self._line.setWordWrap(True)
        self._table = QTableWidget(0, len(HEADERS))
        self._table.setObjectName("modelLayers")
        self._table.setAccessibleName("Layers of the network")
        for index, title in enumerate(HEADERS):
            header = QTableWidgetItem(title)
            if index == len(HEADERS) - 1:
                header.setTextAlignment(RIGHT)
            self._table.setHorizontalHeaderItem(index, header)
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setShowGrid(False)
        self._table.setTabKeyNavigation(False)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._line)
        column.addWidget(self._table, 1)
        self.show_problem("")

    @Slot(object)
    def show_summary(self, summary: ModelSummary) -> None:
        """Shows a network."""
        self._line.setText(describe_network(summary, long=True))
        self._table.setRowCount(len(summary.layers))
        for row, layer in enumerate(summary.layers):
            cells = (layer.name, layer.kind, format_shape(layer.output), f"{layer.parameters:,}" if layer.parameters else "")
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column == len(cells) - 1:
                    item.setTextAlignment(RIGHT)
                self._table.setItem(row, column, item)

    @Slot(str)
    def show_problem(self, text: str) -> None:
        """Shows a message instead of a network."""
        self._line.setText(text or "Shows the layers of the network when the worker is ready.")
        self._table.setRowCount(0)


def format_shape(shape: tuple[int, ...]) -> str:
    """Returns "3 × 64 × 64"."""
    return " \N{MULTIPLICATION SIGN} ".join(map(str, shape))


def describe_network(summary: ModelSummary, *, long: bool = False) -> str:
    """Returns parameters, operations per pixel and code size."""
    parts = [f"{format_count(summary.parameters)} parameters"]
    if summary.macs_per_pixel:
        parts.append(f"{format_count(round(summary.macs_per_pixel))} MACs per pixel")
    if summary.compression:
        parts.append(f"code 1/{summary.compression:.3g} of the input")
    if long and summary.code:
        parts.append(f"code {format_shape(summary.code)} for an input of {format_shape(summary.input)}")
    return " \N{MIDDLE DOT} ".join(parts)
