"""A scatter plot of the codes of a folder."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from aedesk.core.explore_specs import MapResult
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import elide_middle, quiet_label
from aedesk.gui.widgets.pictures.picture_box import PictureBox
from aedesk.gui.widgets.plots.scatter_plot import HUES, Plot

POINT_PX, CURRENT_PX = 8, 14
AXES = {"pca": ("first principal component", "second principal component"), "tsne": ("t-SNE 1", "t-SNE 2"), "umap": ("UMAP 1", "UMAP 2")}


class Scatter(Plot):
    """Points, one of which is selected by the mouse over it or the arrow keys.

    Signals:
        chosen(int): a point was selected.
        opened(int): a point was clicked, or Enter was pressed.
    """

    chosen = Signal(int)
    opened = Signal(int)

    def __init__(self) -> None:
        super().__init__("mapPlot", "Map of the folder's codes", "", "")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._points = np.zeros((0, 2), np.float32)
        self._current = -1
        self.items_shown = pg.ScatterPlotItem(size=POINT_PX, pen=None, hoverable=True, tip=None)
        self._ring = pg.ScatterPlotItem(size=CURRENT_PX, brush=None)
        self.addItem(self.items_shown)
        self.addItem(self._ring)
        self.items_shown.sigHovered.connect(self._on_hovered)
        self.items_shown.sigClicked.connect(self._on_clicked)
        self.dress()

    @property
    def current(self) -> int:
        """Index of the selected point; -1 for none."""
        return self._current

    def set_points(self, points: np.ndarray, colours: list[str]) -> None:
        """Shows (n, 2) points, each with a colour."""
        self._points, self._current = points, -1
        self.items_shown.setData(pos=points, brush=[pg.mkBrush(colour) for colour in colours], data=np.arange(len(points)))
        self._ring.setData([])
        self.autoRange()

    def choose(self, index: int) -> None:
        """Selects a point."""
        if 0 <= index < len(self._points) and index != self._current:
            self._current = index
            self._ring.setData(pos=self._points[index : index + 1])
            self.chosen.emit(index)

    def dress(self) -> None:
        self._ring.setPen(pg.mkPen(self.ink(), width=2))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and len(self._points):
            self.choose((self._current + (1 if key == Qt.Key.Key_Right else -1)) % len(self._points))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.opened.emit(self._current)
        else:
            super().keyPressEvent(event)

    @Slot(object, object, object)
    def _on_hovered(self, _item: Any, points: Any, _event: Any) -> None:
        if len(points):
            self.choose(int(points[0].data()))

    @Slot(object, object, object)
    def _on_clicked(self, _item: Any, points: Any, _event: Any) -> None:
        if len(points):
            self.choose(int(points[0].data()))
            self.opened.emit(int(points[0].data()))


class MapView(ResultView):
    """The scatter plot, and next to it the picture of the selected point."""

    def __init__(self) -> None:
        super().__init__("mapView", "Choose a folder on the right and press Draw map to show the code of each picture as a point.")
        self._result: MapResult | None = None
        self.scatter = Scatter()
        self.thumbnail = PictureBox("mapThumbnail", "Picture")
        self.thumbnail.setFixedHeight(170)
        self.about = quiet_label("mapPoint")
        self.open = QPushButton("&Open picture")
        self.open.setObjectName("mapOpen")
        self.by_error = QCheckBox("Colou&r by error")
        self.by_error.setObjectName("mapByError")
        self.by_error.setToolTip("Blue: small reconstruction error; yellow: large error")
        self.legend = QLabel()
        self.legend.setObjectName("mapLegend")
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.legend.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.facts = quiet_label("mapFacts")
        side = QVBoxLayout()
        for widget in (self.thumbnail, self.about, self.open, self.by_error, self.legend):
            side.addWidget(widget, 1 if widget is self.legend else 0)
        row = QHBoxLayout()
        row.setSpacing(14)
        row.addWidget(self.scatter, 4)
        row.addLayout(side, 1)
        self.column.addLayout(row, 1)
        self.column.addWidget(self.facts)
        self.scatter.chosen.connect(self._on_chosen)
        self.scatter.opened.connect(self._on_opened)
        self.open.clicked.connect(self._on_open)
        self.by_error.toggled.connect(self._colour)

    def fill(self, result: MapResult) -> None:
        self._result = result
        bottom, left = AXES[result.method]
        self.scatter.setLabel("bottom", bottom)
        self.scatter.setLabel("left", left)
        self._colour()
        self.thumbnail.set_pixels(None)
        self.about.setText("Move the mouse over a point, or use the arrow keys.")
        self.open.setEnabled(False)
        explained = f" The two axes explain {result.explained:.0%} of the variance." if result.explained is not None else ""
        self.facts.setText(f"{result.note}{explained}")

    @Slot()
    def _colour(self, _on: bool = False) -> None:
        if self._result is None:
            return
        errors, names = self._result.errors, sorted(set(self._result.classes))
        if self.by_error.isChecked():
            shares = (errors - errors.min()) / max(float(errors.max() - errors.min()), 1e-9)
            map_ = pg.ColorMap([0, 0.5, 1], ["#3b4cc0", "#b8487a", "#f2a33a"])
            colours = [map_.map(float(share), mode="qcolor").name() for share in shares]
            self.legend.setText(f"Error: blue {errors.min():.1f}, yellow {errors.max():.1f} gray levels")
        else:
            hues = {name: HUES[index % len(HUES)] for index, name in enumerate(names)}
            colours = [hues[name] for name in self._result.classes]
            shown = [
                f"<span style='color:{hues[name]}'>\N{BLACK CIRCLE}</span> {escape(elide_middle(name, 24) or 'no class')}" for name in names
            ]
            self.legend.setText(
                "<br>".join(shown[:12]) + ("<br>\N{HORIZONTAL ELLIPSIS}" if len(shown) > 12 else "") if len(names) > 1 else ""
            )
        self.scatter.set_points(self._result.points, colours)

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        if self._result is None:
            return
        name = self._result.paths[index].replace("\\", "/").rpartition("/")[2]
        kind = f", class {self._result.classes[index]}" if self._result.classes[index] else ""
        self.thumbnail.set_pixels(self._result.thumbnails[index])
        self.about.setText(f"{name}{kind}\nError {self._result.errors[index]:.1f} gray levels")
        self.open.setEnabled(True)

    @Slot()
    def _on_open(self) -> None:
        self._on_opened(self.scatter.current)

    @Slot(int)
    def _on_opened(self, index: int) -> None:
        if self._result is not None and index >= 0:
            self.picture_requested.emit(self._result.paths[index])
