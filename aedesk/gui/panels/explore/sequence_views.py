"""The way from one picture to another, and draws from a prior."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider

from aedesk.core.explore_specs import InterpolationResult, SamplesResult
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.pictures.picture_box import PictureBox
from aedesk.gui.widgets.pictures.picture_grid import PictureGrid


class InterpolationView(ResultView):
    """Both pictures with the step between them, a slider and all steps in a row."""

    def __init__(self) -> None:
        super().__init__(
            "interpolationView", "Choose two pictures at the right and press Interpolate: the way between their codes shows here."
        )
        self._result: InterpolationResult | None = None
        self.first = PictureBox("interpolationFirst", "From")
        self.step = PictureBox("interpolationStep", "Decoded")
        self.second = PictureBox("interpolationSecond", "To")
        self.strip = PictureGrid("interpolationStrip", "Steps of the way", "step", one_row=True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("interpolationSlider")
        self.slider.setAccessibleName("Step of the way")
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
        way = "straight from code to code" if result.path == "linear" else "along a great circle"
        self.facts.setText(f"{len(result.frames)} steps {way}. The ends are reconstructions of the pictures. {result.note}")

    @Slot(int)
    def _on_step(self, index: int) -> None:
        if self._result is not None:
            share = index / (len(self._result.frames) - 1)
            self.step.set_pixels(self._result.frames[index], f"{share:.0%} of the way")


class SamplesView(ResultView):
    """A grid of new pictures."""

    def __init__(self) -> None:
        super().__init__("samplesView", "Press New samples: the model draws pictures that nobody took.")
        self.grid = PictureGrid("samplesGrid", "New pictures", "sample")
        self.facts = quiet_label("samplesFacts")
        self.again = QPushButton("&New samples")
        self.again.setObjectName("newSamples")
        self.again.setToolTip("Draw other pictures")
        row = QHBoxLayout()
        row.addWidget(self.facts, 1)
        row.addWidget(self.again)
        self.column.addWidget(self.grid, 1)
        self.column.addLayout(row)
        self.again.clicked.connect(self.again_wanted)

    def fill(self, result: SamplesResult) -> None:
        self.grid.set_pictures(result.pictures)
        self.facts.setText(
            f"{len(result.pictures)} draws from the standard normal prior, seed {result.seed}. The same seed draws the same."
        )
