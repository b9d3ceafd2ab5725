"""Activities for single pictures: encoding, interpolation, sampling. Views are imported when they are first shown."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import randbelow
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from aedesk.core.explore_specs import CodeSpec, InterpolateSpec, SampleSpec
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.explore.activity import Activity, ExploreContext
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.inputs.forms import add_row, combo, number
from aedesk.gui.workspace import Workspace
from aedesk.models.autoencoders.latent import is_generative, takes_one_size


class CodeActivity(Activity):
    """Encodes the current picture."""

    name = "code"
    title = "Code of a picture"
    about = "Encodes a picture and shows its reconstruction. Edit the code to see the effect."
    button = "E&ncode"
    live = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.edge = number("codeEdge", "Longest edge", 16, 2048, 512, " px")
        self.edge.setToolTip("Larger pictures are scaled down, for networks with variable input size")
        self.edge.setKeyboardTracking(False)
        add_row(self.form, "&Longest edge", self.edge)
        self.edge.valueChanged.connect(self.changed)

    def set_model(self, card: Mapping[str, Any]) -> None:
        self.form.setRowVisible(self.edge, not takes_one_size(card))

    def missing(self, context: ExploreContext) -> str:
        return "" if self.documents() else "Open a picture and select it in the library."

    def documents(self) -> list[Document]:
        current = self.workspace.library.current
        return [] if current is None else [current]

    def spec(self, context: ExploreContext) -> CodeSpec:
        return CodeSpec(context.model, context.device, context.fit, self.edge.value())

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.code_view import CodeView

        return CodeView()


class InterpolateActivity(Activity):
    """Interpolates between two pictures."""

    name = "interpolate"
    title = "Interpolation"
    about = "Interpolates between the codes of two pictures and decodes the steps."
    button = "Interpo&late"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.first, self.second = combo("interpolateFirst", "From"), combo("interpolateSecond", "To")
        self.path = combo("interpolatePath", "Path")
        self.frames = number("interpolateFrames", "Steps", 2, 65, 9)
        self.path.setToolTip("A great circle preserves the typical length of codes with a Gaussian prior")
        add_row(self.form, "F&rom", self.first)
        add_row(self.form, "&To", self.second)
        add_row(self.form, "&Steps", self.frames)
        add_row(self.form, "P&ath", self.path)
        self.set_model({})
        for signal in (workspace.library.added, workspace.library.removed):
            signal.connect(self._fill)
        self._fill()

    def missing(self, context: ExploreContext) -> str:
        return "" if len(self.workspace.library.documents) > 1 else "Open two pictures."

    def documents(self) -> list[Document]:
        found = [self.workspace.library.find(box.currentData()) for box in (self.first, self.second)]
        return [document for document in found if document is not None]

    def spec(self, context: ExploreContext) -> InterpolateSpec:
        return InterpolateSpec(context.model, context.device, context.fit, self.frames.value(), self.path.currentData())

    def set_model(self, card: Mapping[str, Any]) -> None:
        generative = is_generative(card)
        chosen = self.path.currentData()
        self.path.clear()
        self.path.addItem("Straight line", "linear")
        if generative:
            self.path.addItem("Great circle", "spherical")
        self.path.setCurrentIndex(max(self.path.findData(chosen), 0))
        self.form.setRowVisible(self.path, generative)

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.sequence_views import InterpolationView

        return InterpolationView()

    @Slot(object)
    def _fill(self, _documents: object = None) -> None:
        documents = self.workspace.library.documents
        for place, box in enumerate((self.first, self.second)):
            chosen = box.currentData()
            box.clear()
            for document in documents:
                box.addItem(document.name, document.id)
            box.setCurrentIndex(max(box.findData(chosen), min(place, len(documents) - 1) if box.findData(chosen) < 0 else 0))


class SampleActivity(Activity):
    """Samples from the prior."""

    name = "sample"
    title = "New samples"
    about = "Decodes random codes drawn from the prior."
    button = "&New samples"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.count = number("sampleCount", "Number of samples", 1, 256, 36)
        self.seed = number("sampleSeed", "Seed", 0, 9999, 0)
        self.seed.setToolTip("The same seed reproduces the same pictures")
        self.dice = QPushButton("Ne&w seed")
        self.dice.setObjectName("sampleDice")
        self.dice.setAccessibleName("New seed")
        self.dice.setToolTip("Choose a random seed")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        both = QWidget()
        both.setLayout(row)
        add_row(self.form, "Samp&les", self.count)
        add_row(self.form, "&Seed", both, self.seed)
        self.dice.clicked.connect(self.draw)

    @Slot()
    def draw(self) -> None:
        """Chooses a random seed."""
        self.seed.setValue(randbelow(10_000))

    def spec(self, context: ExploreContext) -> SampleSpec:
        return SampleSpec(context.model, context.device, context.fit, self.count.value(), self.seed.value())

    def missing(self, context: ExploreContext) -> str:
        return "" if context.generative else "This model has no prior to sample from. Choose a variational or an adversarial autoencoder."

    def make_view(self) -> ResultView:
        from aedesk.gui.panels.explore.sequence_views import SamplesView

        return SamplesView()
