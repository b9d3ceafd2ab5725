"""The Add noise panel: makes a noisy copy of a clean picture, with the original as its reference."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from aedesk.core.specs import AddNoiseSpec
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Document
from aedesk.gui.documents.metrics import QualityMetrics
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.panels.base import Panel, lay_out_with_foot
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture

TITLE = "Add noise"


@dataclass(frozen=True)
class Kind:
    """A kind of noise with the range and the default of its level."""

    name: str
    title: str
    level: str
    minimum: float
    maximum: float
    default: float
    description: str


KINDS = (
    Kind("gaussian", "Gaussian", "Sigma", 0, 100, 25, "Equally strong everywhere. Sigma is the standard deviation on a scale of 0 to 255."),
    Kind("poisson-gaussian", "Poisson-Gaussian", "Sigma", 0, 100, 25, "As in a camera sensor: stronger in bright parts."),
    Kind("salt-pepper", "Salt and pepper", "Pixels", 0, 100, 5, "This share of the pixels becomes black or white."),
    Kind("speckle", "Speckle", "Sigma", 0, 100, 25, "Proportional to the brightness, as in radar and ultrasound images."),
    Kind("jpeg", "JPEG", "Quality", 1, 100, 20, "Blocks and ringing; stronger at lower quality."),
)


class AddNoisePanel(Panel):
    """The controls of Add noise."""

    run_title = "Add noise"

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("addNoisePanel")
        self._kinds = QComboBox()
        self._kinds.setObjectName("noiseKind")
        self._kinds.setAccessibleName("Kind of noise")
        for kind in KINDS:
            self._kinds.addItem(kind.title, kind)
        self._about = QLabel()
        self._about.setObjectName("noiseAbout")
        self._about.setProperty("quiet", True)
        self._about.setWordWrap(True)
        self._levels = {kind.name: _level_slider(kind) for kind in KINDS}
        self._seed = QSpinBox()
        self._seed.setObjectName("seed")
        self._seed.setAccessibleName("Seed")
        self._seed.setRange(0, 2**31 - 1)
        self._seed.setToolTip("The same seed reproduces the same noise")
        self._dice = QPushButton("&New seed")
        self._dice.setObjectName("newSeed")
        self._dice.setAccessibleName("New seed")
        self._dice.setToolTip("Choose a random seed")
        self._figures = QLabel()
        self._figures.setObjectName("noiseFigures")
        self._figures.setWordWrap(True)
        self._reference = QPushButton("&Load reference\u2026")
        self._reference.setObjectName("referenceButton")
        self._reference.setToolTip("Choose the clean original of this picture to compute PSNR and SSIM (Ctrl+L)")
        self._run = QPushButton("Make noisy cop&y")
        self._run.setObjectName("addNoiseButton")
        self._run.setProperty("primary", True)
        self._lay_out()
        self._connect()
        self._on_kind()
        self._on_document()

    def spec(self) -> AddNoiseSpec:
        """Returns the current settings."""
        kind: Kind = self._kinds.currentData()
        return AddNoiseSpec(kind.name, self._levels[kind.name].value, self._seed.value())

    def run(self, documents: list[Document]) -> None:
        spec = self.spec()
        for document in documents:
            self.workspace.queue.add(
                Task(f"{TITLE} {document.name}", document, spec, lambda document: document.source, _noisy, badge=False)
            )

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self._run.setText("Make noisy cop&y" if chosen < 2 else f"Make {chosen} noisy cop&ies")
        self._run.setEnabled(chosen > 0)

    def _lay_out(self) -> None:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 14, 16, 8)
        layout.setSpacing(8)
        heading = QLabel("&Kind of noise")
        heading.setBuddy(self._kinds)
        heading.setProperty("heading", True)
        layout.addWidget(heading)
        layout.addWidget(self._kinds)
        layout.addWidget(self._about)
        layout.addSpacing(10)
        for slider in self._levels.values():
            layout.addWidget(slider)
        seed = QLabel("&Seed")
        seed.setBuddy(self._seed)
        row = QHBoxLayout()
        row.addWidget(seed)
        row.addWidget(self._seed, 1)
        row.addWidget(self._dice)
        layout.addLayout(row)
        layout.addSpacing(10)
        known = QLabel("Compared with the original")
        known.setProperty("heading", True)
        layout.addWidget(known)
        layout.addWidget(self._figures)
        layout.addWidget(self._reference)
        layout.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self._run)
        lay_out_with_foot(self, body, foot)

    def _connect(self) -> None:
        self._kinds.currentIndexChanged.connect(self._on_kind)
        self._dice.clicked.connect(self._draw_seed)
        self._reference.clicked.connect(self.reference_requested)
        self._run.clicked.connect(self.run_requested)
        self.workspace.metrics.measured.connect(self._on_measured)
        self.workspace.library.current_changed.connect(self._on_document)

    @Slot()
    def _on_kind(self, _index: int = 0) -> None:
        kind: Kind = self._kinds.currentData()
        self._about.setText(kind.description)
        for name, slider in self._levels.items():
            slider.setVisible(name == kind.name)

    @Slot()
    def _draw_seed(self) -> None:
        self._seed.setValue(SystemRandom().randrange(10_000))

    @Slot()
    def _on_document(self, _document: Any = None) -> None:
        document = self.workspace.library.current
        self._reference.setEnabled(document is not None)
        if document is None:
            self._figures.setText("")

    @Slot(object, object)
    def _on_measured(self, document: Document | None, figures: QualityMetrics | None) -> None:
        if document is None:
            self._figures.setText("")
        elif figures is None:
            known = document.step.reference is not None
            self._figures.setText("Measuring\u2026" if known else "No original. A noisy copy made here has one.")
        else:
            self._figures.setText(metrics_html(figures))


def metrics_html(figures: QualityMetrics) -> str:
    """Returns a table of PSNR and SSIM, noisy and restored."""
    rows = [("Noisy", figures.psnr_input, figures.ssim_input), ("Restored", figures.psnr_restored, figures.ssim_restored)]
    lines = []
    for name, psnr, ssim in rows:
        if psnr is not None:
            similarity = f"{ssim:.3f}" if ssim is not None else "\N{EN DASH}"
            lines.append(
                f"<tr><td>{name}&nbsp;&nbsp;</td><td align=right>{psnr:.2f} dB&nbsp;&nbsp;</td><td align=right>{similarity}</td></tr>"
            )
    return f"<table><tr><td></td><td align=right>PSNR&nbsp;&nbsp;</td><td align=right>SSIM</td></tr>{''.join(lines)}</table>"


def _level_slider(kind: Kind) -> LabeledSlider:
    slider = LabeledSlider(kind.level, kind.minimum, kind.maximum, kind.default, unit="%" if kind.name == "salt-pepper" else "")
    slider.setObjectName(f"level_{kind.name}")
    return slider


def _noisy(_step: Step, clean: Picture, result: Picture) -> Step:
    return Step(TITLE, noisy=result, reference=clean)
