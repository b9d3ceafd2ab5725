"""The result of the linear probe."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from aedesk.core.explore_specs import ProbeResult
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import quiet_label

LABEL_PX = 110
MIN_CELL_PX = 26
"""Smaller cells show no number."""


class ConfusionMatrix(QWidget):
    """Rows are true, columns predicted classes; cells are shaded by their share of the row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusionMatrix")
        self.setAccessibleName("Confusion matrix")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._counts = np.zeros((0, 0), np.int64)
        self._classes: tuple[str, ...] = ()

    def set_counts(self, counts: np.ndarray, classes: tuple[str, ...]) -> None:
        self._counts, self._classes = counts, classes
        right = [f"{name}: {counts[index, index]} of {counts[index].sum()} correct" for index, name in enumerate(classes)]
        self.setAccessibleDescription("; ".join(right))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(460, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        count = len(self._classes)
        if not count:
            return
        painter = QPainter(self)
        palette, line = self.palette(), self.fontMetrics().height()
        ink, quiet = palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.PlaceholderText)
        cell = min((self.width() - LABEL_PX - 8) / count, (self.height() - 2 * line - 12) / count, 90.0)
        left, top = (self.width() - LABEL_PX - cell * count) / 2 + LABEL_PX, 2.0 * line + 8
        painter.setPen(quiet)
        painter.drawText(QRectF(left, 0, cell * count, line), Qt.AlignmentFlag.AlignHCenter, "predicted")
        painter.drawText(QRectF(left - LABEL_PX, 0, LABEL_PX - 8, line), Qt.AlignmentFlag.AlignRight, "true")
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, name in enumerate(self._classes):
            painter.setPen(ink)
            label = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, LABEL_PX - 10)
            painter.drawText(QRectF(left - LABEL_PX, top + row * cell, LABEL_PX - 8, cell), Qt.AlignmentFlag.AlignRight | middle, label)
            above = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(cell) - 2)
            painter.drawText(QRectF(left + row * cell, line + 2, cell, line), Qt.AlignmentFlag.AlignHCenter, above)
            for column in range(count):
                self._paint_cell(painter, QRectF(left + column * cell, top + row * cell, cell, cell).adjusted(1, 1, -1, -1), row, column)
        painter.end()

    def _paint_cell(self, painter: QPainter, place: QRectF, row: int, column: int) -> None:
        palette = self.palette()
        value, total = int(self._counts[row, column]), max(int(self._counts[row].sum()), 1)
        share = value / total
        ground, full = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Highlight)
        painter.fillRect(place, _mixed(ground, full, share))
        if place.width() >= MIN_CELL_PX:
            role = QPalette.ColorRole.HighlightedText if share > 0.55 else QPalette.ColorRole.Text
            painter.setPen(palette.color(role))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(value) if value else "")


class ProbeView(ResultView):
    """The accuracy and the confusion matrix of the probe."""

    def __init__(self) -> None:
        super().__init__(
            "probeView",
            "Choose a folder with one subfolder per class on the right and press Train probe "
            "to measure how well the codes separate the classes.",
        )
        self.verdict = QLabel()
        self.verdict.setObjectName("probeVerdict")
        self.verdict.setProperty("heading", True)
        self.verdict.setWordWrap(True)
        self.matrix = ConfusionMatrix()
        self.facts = quiet_label("probeFacts")
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.matrix, 1)
        self.column.addWidget(self.facts)

    def fill(self, result: ProbeResult) -> None:
        self.verdict.setText(
            f"{result.accuracy:.1%} accuracy with {result.features:,} values of the code, {result.pixel_accuracy:.1%} with "
            f"{result.pixels:,} raw pixels; always predicting the most frequent class gives {result.chance:.1%}."
        )
        self.matrix.set_counts(result.confusion, result.classes)
        self.facts.setText(
            f"{len(result.classes)} classes; {result.trained_on:,} training and {result.measured_on:,} test pictures. {result.note}"
        )


def _mixed(a: QColor, b: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )
