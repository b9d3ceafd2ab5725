"""The widgets of the Compress panel: settings above, results in the middle, buttons below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from aedesk.core.formatting import format_bytes
from aedesk.core.specs import ModelInfo
from aedesk.gui.panels.base import lay_out_with_foot
from aedesk.gui.panels.compress.bit_cost_map import full_scale_bits
from aedesk.gui.panels.compress.comparison import BY_PSNR, BY_SIZE
from aedesk.gui.panels.compress.live_preview import PreviewResult
from aedesk.gui.panels.compress.target_controls import TargetControls
from aedesk.gui.panels.compress.view_switch import ViewSwitch
from aedesk.gui.widgets.busy_label import BusyLabel
from aedesk.gui.widgets.inputs.forms import add_row, combo, make_form
from aedesk.gui.widgets.labels import quiet_label
from aedesk.settings.store import Settings

EMBED = "Em&bed model in file"


class Controls:
    """The widgets of the panel, laid out in it."""

    def __init__(self, panel: QWidget, settings: Settings, codecs: Sequence[str]) -> None:
        self.view_switch = ViewSwitch()
        self.models = combo("compressModel", "Codec")
        self.target = TargetControls(str(settings["compress_target"]), int(settings["compress_quality"]))
        self.slow = QCheckBox("Slo&wer, better quality")
        self.slow.setObjectName("compressSlow")
        self.slow.setToolTip("Optimizes the latent of each exported picture; takes many times longer")
        self.embed = QCheckBox(EMBED)
        self.embed.setObjectName("compressEmbed")
        self.embed.setToolTip("For recipients who do not have this model; makes the file larger")
        self.figures = QLabel()
        self.figures.setObjectName("compressFigures")
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.remark = quiet_label("compressRemark")
        self.busy = BusyLabel()
        self.busy.setObjectName("compressBusy")
        self.again = QPushButton("&Retry")
        self.again.setObjectName("compressAgain")
        self.other = combo("compressOther", "Codec to compare with")
        self.other.addItem("None", "")
        for name in codecs:
            self.other.addItem(name, name)
        self.by = combo("compressBy", "Compare at")
        self.by.addItem("at the same size", BY_SIZE)
        self.by.addItem("at the same PSNR", BY_PSNR)
        self.bit_costs = QCheckBox("Show where the bits &go")
        self.bit_costs.setObjectName("compressBitCosts")
        self.bit_costs.setToolTip("Colour the picture by the number of bits that each position takes in the file")
        self.legend = quiet_label("compressLegend")
        self.run = QPushButton("E&xport .aed\N{HORIZONTAL ELLIPSIS}")
        self.run.setObjectName("compressButton")
        self.run.setProperty("primary", True)
        self.run.setToolTip("Export this picture as an .aed file (Ctrl+E)")
        self.run_all = QPushButton("Export all\N{HORIZONTAL ELLIPSIS}")
        self.run_all.setObjectName("compressAllButton")
        self.run_all.setAccessibleName("Export all pictures as .aed")
        self.run_all.setToolTip("Export all pictures in the library as .aed files")
        self.other.setCurrentIndex(max(self.other.findData(settings["compress_other"]), 0))
        self.by.setCurrentIndex(max(self.by.findData(settings["compress_by"]), 0))
        self.bit_costs.setChecked(bool(settings["compress_bit_costs"]))
        self._lay_out(panel)
        self.by.setVisible(bool(self.other.currentData()))
        self.clear_metrics()

    def _lay_out(self, panel: QWidget) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(6)
        form = make_form()
        add_row(form, "&Codec", self.models)
        add_row(form, "&Target", self.target.kind)
        comparison = make_form()
        add_row(comparison, "C&ompare with", self.other)
        comparison.addRow("", self.by)
        column.addWidget(self.view_switch)
        column.addSpacing(2)
        column.addLayout(form)
        column.addWidget(self.target)
        results: tuple[QWidget, ...] = (self.figures, self.remark, self.busy, self.again)
        options: tuple[QWidget, ...] = (self.bit_costs, self.legend, self.slow, self.embed)
        for widget in results:
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(comparison)
        for widget in options:
            column.addWidget(widget)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run, 2)
        buttons.addWidget(self.run_all, 1)
        lay_out_with_foot(panel, body, buttons)

    def fill_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        """Fills the list; it contains only the chosen name until the models are known."""
        with QSignalBlocker(self.models):
            self.models.clear()
            for model in models:
                self.models.addItem(model.title or model.name, model.name)
            if not models:
                self.models.addItem(chosen, chosen)
            self.models.setCurrentIndex(max(self.models.findData(chosen), 0))

    def show_model(self, model: ModelInfo | None) -> None:
        """Shows description and size of the chosen model."""
        self.models.setToolTip(str(model.card.get("description", "")) if model is not None else "")
        size = f" (+ {format_bytes(model.size_bytes)})" if model is not None and model.size_bytes else ""
        self.embed.setText(EMBED + size)

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self.run.setText("E&xport .aed\N{HORIZONTAL ELLIPSIS}" if chosen < 2 else f"E&xport {chosen}\N{HORIZONTAL ELLIPSIS}")
        self.run.setEnabled(chosen > 0)
        self.run_all.setEnabled(all_pictures > 0)

    def show_metrics(self, table: str, remark: str) -> None:
        """Shows the results, an HTML table and a remark."""
        self.figures.setText(table)
        self.figures.show()
        self._set_remark(remark, wrong=False)

    @Slot(str)
    def show_failure(self, text: str) -> None:
        """Shows an error instead of results."""
        self.figures.hide()
        self._set_remark(text, wrong=True)

    def clear_metrics(self) -> None:
        """Hides the results."""
        self.figures.hide()
        self._set_remark("", wrong=False)

    def show_busy(self, text: str) -> None:
        """Shows what is being computed; empty hides it."""
        self.busy.set_busy(bool(text), text)

    def show_legend(self, preview: PreviewResult | None) -> None:
        """Explains the colours of the bit costs."""
        bits = preview.encoded.bits if preview is not None and self.bit_costs.isChecked() else None
        self.legend.setVisible(bits is not None)
        if bits is not None and preview is not None:
            edge = preview.encoded.stride_px
            self.legend.setText(
                f"Bits per {edge} \N{MULTIPLICATION SIGN} {edge} pixels: black 0, pale yellow {full_scale_bits(bits):.0f} or more."
            )

    def _set_remark(self, text: str, *, wrong: bool) -> None:
        self.remark.setProperty("quiet", not wrong)
        self.remark.setProperty("wrong", wrong)
        self.remark.style().unpolish(self.remark)
        self.remark.style().polish(self.remark)
        self.remark.setText(text)
        self.remark.setVisible(bool(text))
        self.again.setVisible(wrong)
