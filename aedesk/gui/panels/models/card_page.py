"""The card of one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from aedesk.core.formatting import format_bytes, format_count
from aedesk.core.specs import ModelInfo
from aedesk.core.training_specs import ModelSummary
from aedesk.gui.panels.models import descriptions
from aedesk.gui.widgets.labels import WrappedLabel, elide_words
from aedesk.gui.widgets.style import theme

if TYPE_CHECKING:
    from aedesk.gui.widgets.plots.loss_plot import LossPlot

Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]
WIDEST_PX = 760
PLOT_PX = 220
LABEL_PX = 140
MAX_WORD = 56
CURVES = ("loss", "val_loss")
NOTHING = "Select a model on the left to see its card."


class CardPage(QScrollArea):
    """Shows purpose, measurements, architecture, training and file of a model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelCard")
        self.setAccessibleName("About the model")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._model: ModelInfo | None = None
        self._summary: ModelSummary | None = None
        self._plot: LossPlot | None = None
        self._title = _label("modelTitle", "Title", plain=True)
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setWeight(font.Weight.DemiBold)
        self._title.setFont(font)
        self._line = _label("modelLine", "Summary")
        self._line.setProperty("quiet", True)
        self._problem = _label("modelProblem", "Problem", plain=True)
        self._problem.setProperty("wrong", True)
        self._description = _label("modelDescription", "Description", plain=True)
        self._sections = {
            name: (_heading(name, title), _label(f"model_{name}", title))
            for name, title in (("measured", "Measured"), ("training", "Training"), ("network", "Network"), ("file", "File"))
        }
        self._curve_heading = _heading("curve", "Training curves")
        self._page = QWidget()
        self._page.setObjectName("modelCardPage")
        self._page.setMaximumWidth(WIDEST_PX)
        self._column = QVBoxLayout(self._page)
        self._column.setContentsMargins(20, 20, 20, 24)
        self._column.setSpacing(6)
        for widget in (self._title, self._line, self._problem, self._description):
            self._column.addWidget(widget)
        for label in (self._problem, self._description):
            label.setContentsMargins(0, 8, 0, 0)
        for name, (heading, text) in self._sections.items():
            self._column.addWidget(heading)
            self._column.addWidget(text)
            if name == "measured":
                self._column.addWidget(self._curve_heading)
        self._column.addStretch(1)
        self.setWidget(self._page)
        self.show_model(None)

    @property
    def model(self) -> ModelInfo | None:
        """The model that is shown; None if there is none."""
        return self._model

    @property
    def plot(self) -> LossPlot | None:
        """The plot of the training curves; None if it is hidden."""
        return self._plot if self._plot is not None and not self._plot.isHidden() else None

    def show_model(self, model: ModelInfo | None) -> None:
        """Shows a model; curves and summary are added later."""
        fresh = model is None or self._model is None or model.path != self._model.path
        self._model = model
        if fresh:
            self._summary = None
        self._render()
        if fresh:
            self.show_curves({})
            self.verticalScrollBar().setValue(0)

    def show_summary(self, summary: ModelSummary) -> None:
        """Adds the summary of the network, which the worker computes."""
        self._summary = summary
        self._render()

    def show_curves(self, curves: Curves) -> None:
        """Shows the losses of the training run by name; empty to hide them."""
        known = {name: curves[name] for name in CURVES if name in curves and len(curves[name][0]) > 1}
        self._curve_heading.setVisible(bool(known))
        if not known:
            if self._plot is not None:
                self._plot.hide()
            return
        plot = self._made_plot()
        plot.clear_curves()
        for name, (steps, values) in known.items():
            plot.extend(name, steps, values)
        plot.show()

    def _made_plot(self) -> LossPlot:
        if self._plot is None:
            from aedesk.gui.widgets.plots.loss_plot import LossPlot  # importing pyqtgraph takes time, and most models have no curves

            self._plot = LossPlot(self._page)
            self._plot.setObjectName("modelCurves")
            self._plot.setFixedHeight(PLOT_PX)
            self._plot.set_title_of("loss", "training")
            self._plot.set_title_of("val_loss", "validation")
            self._plot.setMouseEnabled(x=False, y=False)  # the wheel scrolls the page
            self._column.insertWidget(self._column.indexOf(self._curve_heading) + 1, self._plot)
        return self._plot

    def _render(self) -> None:
        model = self._model
        self._title.setText(model.title if model is not None else "")
        self._title.setVisible(model is not None)
        if model is None:
            self._line.setText(NOTHING)
            words = dict.fromkeys(self._sections, "")
        else:
            parameters = f"{format_count(model.parameters)} parameters" if model.parameters else ""
            purpose = "" if model.problem else descriptions.purpose(model)
            self._line.setText(
                escape(descriptions.sentence(purpose, descriptions.origin(model), format_bytes(model.size_bytes), parameters))
            )
            words = {"measured": _measured(model.card), "file": _table(descriptions.file_rows(model))}
            words["network"] = _table(descriptions.network_rows(model) + descriptions.summary_rows(self._summary)) if model.card else ""
            words["training"] = _table(descriptions.training_rows(model.card))
        trained = model is None or "training" in model.card
        self._sections["training"][0].setText("Training" if trained else "Origin")
        self._problem.setText(model.problem if model is not None else "")
        self._description.setText(str(model.card.get("description", "")) if model is not None else "")
        for label in (self._problem, self._description):
            label.setVisible(bool(label.text()))
        for name, (heading, text) in self._sections.items():
            text.setText(words[name])
            heading.setVisible(bool(words[name]))
            text.setVisible(bool(words[name]))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_sections"):
            self._render()  # the texts contain colours


def _measured(card: Mapping[str, object]) -> str:
    head, body = descriptions.measured_grid(card)
    grid = ""
    if head:
        quiet = theme.colour("muted").name()
        cells = "".join(
            f'<td align="{"left" if n == 0 else "right"}" style="padding:2px 18px 4px 0; color:{quiet}">{escape(cell)}</td>'
            for n, cell in enumerate(head)
        )
        lines = "".join(
            "<tr>"
            + "".join(
                f'<td align="{"left" if n == 0 else "right"}" style="padding:2px 18px 2px 0">{escape(cell)}</td>'
                for n, cell in enumerate(row)
            )
            + "</tr>"
            for row in body
        )
        grid = f"<table><tr>{cells}</tr>{lines}</table>"
    return grid + _table(descriptions.measured_rows(card), label_px=LABEL_PX + 60)


def _table(rows: descriptions.Rows, label_px: int = LABEL_PX) -> str:
    quiet = theme.colour("muted").name()
    lines = "".join(
        f'<tr><td width="{label_px}" style="padding:2px 12px 2px 0; color:{quiet}">{escape(name)}</td>'
        f'<td style="padding:2px 0">{escape(elide_words(value, MAX_WORD))}</td></tr>'
        for name, value in rows
    )
    return f"<table>{lines}</table>" if lines else ""


def _heading(name: str, title: str) -> QLabel:
    label = QLabel(title)
    label.setObjectName(f"heading_{name}")
    label.setProperty("heading", True)
    label.setContentsMargins(0, 14, 0, 0)
    return label


def _label(name: str, accessible: str, *, plain: bool = False) -> QLabel:
    label = WrappedLabel(max_word=MAX_WORD) if plain else QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setWordWrap(True)
    if plain:
        label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label
