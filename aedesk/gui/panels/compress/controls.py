"""What stands in the Compress panel: choices above, figures in the middle, the buttons below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from aedesk.core.formatting import format_bytes
from aedesk.core.specs import ModelInfo
from aedesk.gui.panels.base import lay_out_with_foot
from aedesk.gui.panels.compress.bit_cost_map import scale_end
from aedesk.gui.panels.compress.comparison import BY_PSNR, BY_SIZE
from aedesk.gui.panels.compress.live_preview import Shown
from aedesk.gui.panels.compress.target_controls import AimBox
from aedesk.gui.panels.compress.view_switch import ShowSwitch
from aedesk.gui.widgets.busy_label import BusyLabel
from aedesk.gui.widgets.inputs.forms import add_row, combo, make_form
from aedesk.gui.widgets.labels import quiet_label
from aedesk.settings.store import Settings

EMBED = "&Model inside the file"


class Controls:
    """The widgets of the panel, laid out in it."""

    def __init__(self, panel: QWidget, settings: Settings, codecs: Sequence[str]) -> None:
        self.show = ShowSwitch()
        self.models = combo("compressModel", "Codec")
        self.aim = AimBox(str(settings["compress_aim"]), int(settings["compress_quality"]))
        self.slow = QCheckBox("Ta&ke time to come nearer to the original")
        self.slow.setObjectName("compressSlow")
        self.slow.setToolTip("Refines the code of each picture when it is exported: many times the work, nothing else changes")
        self.embed = QCheckBox(EMBED)
        self.embed.setObjectName("compressEmbed")
        self.embed.setToolTip("For somebody who does not have this model: the file opens there, too, but is larger")
        self.figures = QLabel()
        self.figures.setObjectName("compressFigures")
        self.figures.setTextFormat(Qt.TextFormat.RichText)
        self.figures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.remark = quiet_label("compressRemark")
        self.busy = BusyLabel()
        self.busy.setObjectName("compressBusy")
        self.again = QPushButton("Try again")
        self.again.setObjectName("compressAgain")
        self.other = combo("compressOther", "Codec to compare with")
        self.other.addItem("No other codec", "")
        for name in codecs:
            self.other.addItem(name, name)
        self.by = combo("compressBy", "Compare at")
        self.by.addItem("at the same size", BY_SIZE)
        self.by.addItem("at the same PSNR", BY_PSNR)
        self.heat = QCheckBox("&Show what each place costs")
        self.heat.setObjectName("compressHeat")
        self.heat.setToolTip("The bits that each place of the picture takes in the file, as colours over it")
        self.legend = quiet_label("compressLegend")
        self.run = QPushButton("E&xport .aed\N{HORIZONTAL ELLIPSIS}")
        self.run.setObjectName("compressButton")
        self.run.setProperty("primary", True)
        self.run.setToolTip("Write this picture as an .aed file (Ctrl+E)")
        self.run_all = QPushButton("A&ll\N{HORIZONTAL ELLIPSIS}")
        self.run_all.setObjectName("compressAllButton")
        self.run_all.setAccessibleName("Export all pictures as .aed")
        self.run_all.setToolTip("Write every picture of the library as an .aed file into a folder")
        self.other.setCurrentIndex(max(self.other.findData(settings["compress_other"]), 0))
        self.by.setCurrentIndex(max(self.by.findData(settings["compress_by"]), 0))
        self.heat.setChecked(bool(settings["compress_heat"]))
        self._lay_out(panel)
        self.by.setVisible(bool(self.other.currentData()))
        self.clear_figures()

    def _lay_out(self, panel: QWidget) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 10, 16, 8)
        column.setSpacing(6)
        form = make_form()
        add_row(form, "&Codec", self.models)
        add_row(form, "&Aim at", self.aim.kind)
        against = make_form()
        add_row(against, "Compare &with", self.other)
        against.addRow("", self.by)
        column.addWidget(self.show)
        column.addSpacing(2)
        column.addLayout(form)
        column.addWidget(self.aim)
        results: tuple[QWidget, ...] = (self.figures, self.remark, self.busy, self.again)
        options: tuple[QWidget, ...] = (self.heat, self.legend, self.slow, self.embed)
        for widget in results:
            column.addWidget(widget)
        column.addSpacing(4)
        column.addLayout(against)
        for widget in options:
            column.addWidget(widget)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.run, 2)
        buttons.addWidget(self.run_all, 1)
        lay_out_with_foot(panel, body, buttons)

    def fill_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        """The bare name of the chosen one stands in the list until the models are known."""
        with QSignalBlocker(self.models):
            self.models.clear()
            for model in models:
                self.models.addItem(model.title or model.name, model.name)
            if not models:
                self.models.addItem(chosen, chosen)
            self.models.setCurrentIndex(max(self.models.findData(chosen), 0))

    def show_model(self, model: ModelInfo | None) -> None:
        self.models.setToolTip(str(model.card.get("description", "")) if model is not None else "")
        size = f" (+ {format_bytes(model.size_bytes)})" if model is not None and model.size_bytes else ""
        self.embed.setText(EMBED + size)

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self.run.setText("E&xport .aed\N{HORIZONTAL ELLIPSIS}" if chosen < 2 else f"E&xport {chosen}\N{HORIZONTAL ELLIPSIS}")
        self.run.setEnabled(chosen > 0)
        self.run_all.setEnabled(all_pictures > 0)

    def show_figures(self, table: str, remark: str) -> None:
        self.figures.setText(table)
        self.figures.show()
        self._set_remark(remark, wrong=False)

    @Slot(str)
    def show_failure(self, text: str) -> None:
        self.figures.hide()
        self._set_remark(text, wrong=True)

    def clear_figures(self) -> None:
        self.figures.hide()
        self._set_remark("", wrong=False)

    def show_busy(self, text: str) -> None:
        self.busy.set_busy(bool(text), text)

    def show_legend(self, shown: Shown | None) -> None:
        """What the colours mean."""
        bits = shown.result.bits if shown is not None and self.heat.isChecked() else None
        self.legend.setVisible(bits is not None)
        if bits is not None and shown is not None:
            edge = shown.result.stride_px
            self.legend.setText(
                f"Per place of {edge} \N{MULTIPLICATION SIGN} {edge} pixels: black 0 bits, pale yellow {scale_end(bits):.0f} and more."
            )

    def _set_remark(self, text: str, *, wrong: bool) -> None:
        self.remark.setProperty("quiet", not wrong)
        self.remark.setProperty("wrong", wrong)
        self.remark.style().unpolish(self.remark)
        self.remark.style().polish(self.remark)
        self.remark.setText(text)
        self.remark.setVisible(bool(text))
        self.again.setVisible(wrong)
