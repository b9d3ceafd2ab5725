"""The views of interpolations and samples."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider

from aedesk.core.explore_specs import InterpolationResult, SamplesResult
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.pictures.picture_box import PictureBox
from aedesk.gui.widgets.pictures.picture_grid import PictureGrid


class InterpolationView(ResultView):
    """Both pictures, the selected step between them, a slider, and all steps in a row."""

    def __init__(self) -> None:
        super().__init__(
            "interpolationView", "Choose two pictures on the right and press Interpolate to see the steps between their codes."
        )
        self._result: InterpolationResult | None = None
        self.first = PictureBox("interpolationFirst", "From")
        self.step = PictureBox("interpolationStep", "Decoded")
        self.second = PictureBox("interpolationSecond", "To")
        self.strip = PictureGrid("interpolationStrip", "Interpolation steps", "step", one_row=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("interpolationSlider")
        self.slider.setAccessibleName("Step")
        self.facts = quiet_label("interpolationFacts")
        pictures = QHBoxLayout()
        pictures.setSpacing(14)
        for box, share in ((self.first, 2), (self.step, 3), (self.second, 2)):
            pictures.addWidget(box, share)
        self.column.addLayout(pictures, 4)
        self.column.addWidget(self.slider)
        self.column.addWidget(self.strip, 1)
        self.column.addWidget(self.facts)
        self.slider.valueChanged.connect(self.strip.choose)
        self.slider.valueChanged.connect(self._on_step)
        self.strip.chosen.connect(self.slider.setValue)

    def fill(self, result: InterpolationResult) -> None:
        self._result = result
        self.first.set_pixels(result.originals[0])
        self.second.set_pixels(result.originals[1])
        self.strip.set_pictures(result.frames)
        self.slider.setRange(0, len(result.frames) - 1)
        self.slider.setValue((len(result.frames) - 1) // 2)
        self.strip.choose(self.slider.value())
        self._on_step(self.slider.value())
        path = "on a straight line" if result.path == "linear" else "on a great circle"
        self.facts.setText(f"{len(result.frames)} steps {path}. The first and last are reconstructions of the pictures. {result.note}")

    @Slot(int)
    def _on_step(self, index: int) -> None:
        if self._result is not None:
            share = index / (len(self._result.frames) - 1)
            self.step.set_pixels(self._result.frames[index], f"{share:.0%}")


class SamplesView(ResultView):
    """A grid of generated pictures."""

    def __init__(self) -> None:
        super().__init__("samplesView", "Press New samples to generate pictures.")
        self.grid = PictureGrid("samplesGrid", "Samples", "sample")
        self.facts = quiet_label("samplesFacts")
        self.again = QPushButton("&New samples")
        self.again.setObjectName("newSamples")
        self.again.setToolTip("Generate other pictures")
        row = QHBoxLayout()
        row.addWidget(self.facts, 1)
        row.addWidget(self.again)
        self.column.addWidget(self.grid, 1)
        self.column.addLayout(row)
        self.again.clicked.connect(self.again_requested)

    def fill(self, result: SamplesResult) -> None:
        self.grid.set_pictures(result.pictures)
        self.facts.setText(f"{len(result.pictures)} samples from the standard normal prior, seed {result.seed}.")
