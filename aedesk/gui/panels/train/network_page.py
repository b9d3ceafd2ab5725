"""What the network is made of, before a minute is spent on training it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from aedesk.core.formatting import format_count
from aedesk.core.training_specs import ModelSummary

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
HEADERS = ("Layer", "Kind", "Gives", "Parameters")


class ModelPage(QWidget):
    """A line of figures and a table of layers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelPage")
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
        self._line.setText(summary_words(summary, long=True))
        self._table.setRowCount(len(summary.layers))
        for row, layer in enumerate(summary.layers):
            cells = (layer.name, layer.kind, shape_words(layer.output), f"{layer.parameters:,}" if layer.parameters else "")
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column == len(cells) - 1:
                    item.setTextAlignment(RIGHT)
                self._table.setItem(row, column, item)

    @Slot(str)
    def show_problem(self, words: str) -> None:
        """Why there is nothing to show."""
        self._line.setText(words or "The network is described here as soon as the worker is ready.")
        self._table.setRowCount(0)


def shape_words(shape: tuple[int, ...]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(map(str, shape))


def summary_words(summary: ModelSummary, *, long: bool = False) -> str:
    """Parameters, work per pixel and the size of the code."""
    parts = [f"{format_count(summary.parameters)} parameters"]
    if summary.macs_per_pixel:
        parts.append(f"{format_count(round(summary.macs_per_pixel))} MACs per pixel")
    if summary.compression:
        parts.append(f"code 1/{summary.compression:.3g} of the picture")
    if long and summary.code:
        parts.append(f"{shape_words(summary.input)} becomes a code of {shape_words(summary.code)}")
    return " \N{MIDDLE DOT} ".join(parts)
