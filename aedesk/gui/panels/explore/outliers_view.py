"""The pictures with the largest reconstruction errors."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from aedesk.core.explore_specs import RankingResult
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.viewer.painting import qimage

ROW_PX, PICTURE_PX = 76, 68
COLUMNS = ("Original", "Reconstruction", "Error", "Picture", "RMS error")
OUTLIER = 3.0
"""Robust standard deviations above the median from which a picture is called an outlier."""

_Index = QModelIndex | QPersistentModelIndex


class OutliersModel(QAbstractTableModel):
    """The pictures with the largest errors, one per row."""

    def __init__(self, result: RankingResult) -> None:
        super().__init__()
        self._result = result
        self._limit = result.median + OUTLIER * result.spread
        sheets = (result.originals, result.reconstructions, result.heat_maps)
        self._pictures = [[_pixmap(pixels) for pixels in sheet] for sheet in sheets]

    @property
    def count(self) -> int:
        """Number of outliers among all pictures."""
        return int((self._result.errors > self._limit).sum())

    def path(self, row: int) -> str:
        """Returns the path of the picture in a row."""
        return self._result.paths[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._result.originals)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return COLUMNS[section] if orientation == Qt.Orientation.Horizontal else str(section + 1)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DecorationRole and column < 3:
            return self._pictures[column][row]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) and column >= 3:
            return self._text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._result.paths[row]
        if role == Qt.ItemDataRole.TextAlignmentRole and column == 4:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _text(self, row: int, column: int) -> str:
        if column == 3:
            return self._result.paths[row].replace("\\", "/").rpartition("/")[2]
        error = float(self._result.errors[row])
        return f"{error:.1f}   outlier" if error > self._limit else f"{error:.1f}"


class OutliersView(ResultView):
    """The table of the pictures with the largest errors."""

    def __init__(self) -> None:
        super().__init__(
            "outliersView", "Choose a folder on the right and press Find outliers to sort its pictures by reconstruction error."
        )
        self.table = QTableView()
        self.table.setObjectName("outliersTable")
        self.table.setAccessibleName("Pictures by reconstruction error, largest first")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.setIconSize(QSize(PICTURE_PX, PICTURE_PX))
        self.table.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.facts = quiet_label("outliersFacts")
        self.column.addWidget(self.facts)
        self.column.addWidget(self.table, 1)
        self.table.activated.connect(self._on_activated)

    def fill(self, result: RankingResult) -> None:
        before = self.table.model()
        model = OutliersModel(result)
        model.setParent(self.table)
        self.table.setModel(model)
        if before is not None:
            before.deleteLater()
        header = self.table.horizontalHeader()
        for column in range(3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.table.setColumnWidth(column, 112)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(4, 140)
        shown = (
            f"The {len(result.originals)} largest errors of {len(result.paths)} pictures. "
            if len(result.paths) > len(result.originals)
            else ""
        )
        outliers = "1 outlier" if model.count == 1 else f"{model.count} outliers"
        self.facts.setText(f"{shown}Median error {result.median:.1f} gray levels; {outliers}. Double-click to open. {result.note}")

    @Slot(QModelIndex)
    def _on_activated(self, index: QModelIndex) -> None:
        model = self.table.model()
        if isinstance(model, OutliersModel):
            self.picture_requested.emit(model.path(index.row()))


def _pixmap(pixels: Any) -> QPixmap:
    image = qimage(pixels)
    enlarged = 2 * image.width() <= PICTURE_PX
    how = Qt.TransformationMode.FastTransformation if enlarged else Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image.scaled(PICTURE_PX, PICTURE_PX, Qt.AspectRatioMode.KeepAspectRatio, how))
