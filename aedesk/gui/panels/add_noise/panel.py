"""The Add noise panel: a noisy copy of a clean picture, whose original is then the reference."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from aedesk.core.specs import AddNoiseSpec
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Document
from aedesk.gui.documents.metrics import Figures
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.panels.base import Panel, lay_out_with_foot
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture

TITLE = "Add noise"


@dataclass(frozen=True)
class Kind:
    """A degradation as people choose it. Its level goes from ``minimum`` to ``maximum`` and begins at ``usual``."""

    name: str
    title: str
    level: str
    minimum: float
    maximum: float
    usual: float
    about: str


KINDS = (
    Kind("gaussian", "Gaussian", "Sigma", 0, 100, 25, "The same everywhere. Sigma is the standard deviation, of 255 gray levels."),
    Kind("poisson-gaussian", "Poisson-Gaussian", "Sigma", 0, 100, 25, "As in a camera: more in bright parts, some everywhere."),
    Kind("salt-pepper", "Salt and pepper", "Pixels", 0, 100, 5, "Some pixels, in per cent, become black or white."),
    Kind("speckle", "Speckle", "Sigma", 0, 100, 25, "In proportion to the brightness, as in radar and ultrasound."),
    Kind("jpeg", "JPEG", "Quality", 1, 100, 20, "Blocks and ringing: the lower the quality the more."),
)


class AddNoisePanel(Panel):
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
        self._seed.setToolTip("The same seed gives the same noise again")
        self._dice = QPushButton("&Other")
        self._dice.setObjectName("seedOther")
        self._dice.setAccessibleName("Another seed")
        self._dice.setToolTip("Draw another seed")
        self._figures = QLabel()
        self._figures.setObjectName("noiseFigures")
        self._figures.setWordWrap(True)
        self._reference = QPushButton("Load re&ference\u2026")
        self._reference.setObjectName("referenceButton")
        self._reference.setToolTip("Choose the clean original of this picture, for PSNR and SSIM (Ctrl+L)")
        self._run = QPushButton("Make a &noisy copy")
        self._run.setObjectName("addNoiseButton")
        self._run.setProperty("primary", True)
        self._lay_out()
        self._connect()
        self._on_kind()
        self._on_document()

    def spec(self) -> AddNoiseSpec:
        kind: Kind = self._kinds.currentData()
        return AddNoiseSpec(kind.name, self._levels[kind.name].value, self._seed.value())

    def run(self, documents: list[Document]) -> None:
        spec = self.spec()
        for document in documents:
            self.workspace.queue.add(
                Task(f"{TITLE} {document.name}", document, spec, lambda document: document.source, _noisy, badge=False)
            )

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self._run.setText("Make a &noisy copy" if chosen < 2 else f"Make {chosen} &noisy copies")
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
        known = QLabel("Against the clean original")
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
        self._reference.clicked.connect(self.reference_wanted)
        self._run.clicked.connect(self.run_wanted)
        self.workspace.figures.measured.connect(self._on_measured)
        self.workspace.library.current_changed.connect(self._on_document)

    @Slot()
    def _on_kind(self, _index: int = 0) -> None:
        kind: Kind = self._kinds.currentData()
        self._about.setText(kind.about)
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
    def _on_measured(self, document: Document | None, figures: Figures | None) -> None:
        if document is None:
            self._figures.setText("")
        elif figures is None:
            known = document.step.reference is not None
            self._figures.setText("Measuring\u2026" if known else "Not known. A noisy copy made here knows its original.")
        else:
            self._figures.setText(figures_html(figures))


def figures_html(figures: Figures) -> str:
    """A small table: noisy and restored, PSNR and SSIM."""
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
    slider = LabeledSlider(kind.level, kind.minimum, kind.maximum, kind.usual, unit="%" if kind.name == "salt-pepper" else "")
    slider.setObjectName(f"level_{kind.name}")
    return slider


def _noisy(_step: Step, clean: Picture, result: Picture) -> Step:
    return Step(TITLE, noisy=result, reference=clean)
