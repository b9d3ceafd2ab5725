"""The Restore panel: model, noise level, strength and live preview."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from aedesk.core.specs import HIGHEST_SIGMA, DenoiseResult, DenoiseSpec
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Document
from aedesk.gui.jobs.task_queue import Task
from aedesk.gui.panels.base import Panel, lay_out_with_foot
from aedesk.gui.panels.restore.preview import Preview
from aedesk.gui.widgets.busy_label import BusyLabel
from aedesk.gui.widgets.inputs.forms import combo
from aedesk.gui.widgets.inputs.sliders import LabeledSlider
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture

TITLE = "Restore"


class RestorePanel(Panel):
    """The controls of Restore, with live preview."""

    run_title = "Restore"

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("restorePanel")
        settings = workspace.settings
        self._requested_model = ""  # a model that was chosen elsewhere and is not in the list yet
        self._models = combo("modelChoice", "Model")
        self._about_model = quiet_label("modelAbout")
        self._auto = QRadioButton("A&utomatic")
        self._manual = QRadioButton("Manua&l")
        self._auto.setObjectName("noiseAuto")
        self._manual.setObjectName("noiseManual")
        self._auto.setToolTip("Estimate the noise level of each picture")
        self._manual.setToolTip("Set the noise level yourself")
        noise = QButtonGroup(self)
        noise.addButton(self._auto)
        noise.addButton(self._manual)
        self._sigma = LabeledSlider("Level", 0, HIGHEST_SIGMA, settings["noise_sigma"])
        self._sigma.setObjectName("sigma")
        self._sigma.setToolTip("Sigma: standard deviation of the noise, on a scale of 0 to 255")
        self._found = quiet_label("sigmaFound")
        self._strength = LabeledSlider("Strength", 0, 100, 100 * settings["strength"], unit="%")
        self._strength.setObjectName("strength")
        self._strength.setToolTip("How much of the noise to remove; lower values keep some grain")
        self._linked = QCheckBox("Link luminance and &colour")
        self._linked.setObjectName("strengthLinked")
        self._linked.setToolTip("Use the same strength for luminance and colour noise")
        self._chroma = LabeledSlider("Colour", 0, 100, 100 * settings["chroma_strength"], unit="%")
        self._chroma.setObjectName("chromaStrength")
        self._chroma.setToolTip("How much of the colour noise to remove")
        self._preview_box = QCheckBox("Live previe&w")
        self._preview_box.setObjectName("previewRegion")
        self._preview_box.setToolTip("Show these settings in a movable box in the picture")
        self._preview_busy = BusyLabel()
        self._preview_busy.setObjectName("previewBusy")
        self._run = QPushButton("&Restore")
        self._run.setObjectName("restoreButton")
        self._run.setProperty("primary", True)
        self._run.setToolTip("Restore this picture (Ctrl+R)")
        self._run_all = QPushButton("Restore all")
        self._run_all.setObjectName("restoreAllButton")
        self._run_all.setToolTip("Restore all pictures in the library (Ctrl+Shift+R)")
        self._lay_out()
        self._auto.setChecked(settings["noise_auto"])
        self._manual.setChecked(not settings["noise_auto"])
        self._linked.setChecked(settings["strength_linked"])
        self._preview_box.setChecked(settings["preview"])
        self.preview = Preview(workspace, viewer, self.spec, self)
        self._fill_models()
        self._on_choice()
        self._connect()

    def spec(self) -> DenoiseSpec:
        """Returns the current settings."""
        strength = self._strength.value / 100
        return DenoiseSpec(
            model=self._models.currentData() or str(self.workspace.settings["model"]),
            sigma=None if self._auto.isChecked() else self._sigma.value,
            strength=strength,
            chroma_strength=None if self._linked.isChecked() else self._chroma.value / 100,
            device=self.workspace.inventory.device,
        )

    def run(self, documents: list[Document]) -> None:
        spec = self.spec()
        for document in documents:
            task = Task(f"{TITLE} {document.name}", document, spec, lambda document: document.input, _restored)
            self.workspace.queue.add(task)

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self._run.setText("&Restore" if chosen < 2 else f"&Restore {chosen}")
        self._run.setEnabled(chosen > 0)
        self._run_all.setEnabled(all_pictures > 0)

    def set_active(self, active: bool) -> None:
        self.preview.set_enabled(active and self._preview_box.isChecked())

    def save_settings(self) -> None:
        settings, spec = self.workspace.settings, self.spec()
        settings["model"] = spec.model
        settings["noise_auto"] = spec.sigma is None
        settings["noise_sigma"] = self._sigma.value
        settings["strength"] = spec.strength
        settings["chroma_strength"] = self._chroma.value / 100
        settings["strength_linked"] = self._linked.isChecked()
        settings["preview"] = self._preview_box.isChecked()

    @Slot(str)
    def _on_model_chosen(self, name: str) -> None:
        self._requested_model = name
        self.load_settings()

    def load_settings(self) -> None:
        index = self._models.findData(self.workspace.settings["model"])
        if index >= 0:
            self._models.setCurrentIndex(index)

    def _lay_out(self) -> None:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(16, 14, 16, 8)
        layout.setSpacing(8)
        model = QLabel("&Model")
        model.setBuddy(self._models)
        model.setProperty("heading", True)
        layout.addWidget(model)
        layout.addWidget(self._models)
        layout.addWidget(self._about_model)
        layout.addSpacing(10)
        row = QHBoxLayout()
        noise = QLabel("Noise level")
        noise.setProperty("heading", True)
        row.addWidget(noise)
        row.addStretch(1)
        row.addWidget(self._auto)
        row.addSpacing(8)
        row.addWidget(self._manual)
        layout.addLayout(row)
        layout.addWidget(self._sigma)
        layout.addWidget(self._found)
        layout.addSpacing(10)
        strength = QLabel("Amount")
        strength.setProperty("heading", True)
        layout.addWidget(strength)
        for widget in (self._strength, self._linked, self._chroma):
            layout.addWidget(widget)
        layout.addSpacing(10)
        layout.addWidget(self._preview_box)
        layout.addWidget(self._preview_busy)
        layout.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self._run, 2)
        buttons.addWidget(self._run_all, 1)
        lay_out_with_foot(self, body, buttons)

    def _connect(self) -> None:
        self._models.currentIndexChanged.connect(self._on_choice)
        self._auto.toggled.connect(self._on_choice)
        self._linked.toggled.connect(self._on_choice)
        for slider in (self._sigma, self._strength, self._chroma):
            slider.value_changed.connect(self._on_choice)
        self._preview_box.toggled.connect(self._on_preview_toggled)
        self._run.clicked.connect(self.run_requested)
        self._run_all.clicked.connect(self.run_all_requested)
        self.preview.failed.connect(self._on_preview_failed)
        self.preview.busy_changed.connect(self._on_preview_busy)
        workspace = self.workspace
        workspace.inventory.models_changed.connect(self._fill_models)
        workspace.inventory.model_chosen.connect(self._on_model_chosen)
        workspace.inventory.device_changed.connect(self._on_choice)
        workspace.library.current_changed.connect(self._show_document)
        workspace.library.changed.connect(self._show_document)
        self._show_document()

    @Slot()
    def _fill_models(self) -> None:
        """Fills the list; before the worker is ready it contains only the saved choice."""
        chosen = self._requested_model or self._models.currentData() or str(self.workspace.settings["model"])
        models = [model for model in self.workspace.inventory.models if model.purpose == "denoise"]
        self._models.blockSignals(True)
        self._models.clear()
        for model in models:
            self._models.addItem(model.title or model.name, model.name)
        if self._models.findData(chosen) < 0 and not models:
            self._models.addItem(chosen, chosen)
        self._models.setCurrentIndex(max(self._models.findData(chosen), 0))
        self._models.blockSignals(False)
        if self._models.currentData() == self._requested_model:
            self._requested_model = ""
        self._on_choice()

    @Slot()
    def _on_choice(self, _value: Any = None) -> None:
        auto = self._auto.isChecked()
        self._sigma.setEnabled(not auto)
        self._chroma.setVisible(not self._linked.isChecked())
        name = self._models.currentData()
        model = next((model for model in self.workspace.inventory.models if model.name == name), None)
        about = str(model.card.get("description", "")) if model is not None else ""
        self._about_model.setText(about)
        self._about_model.setVisible(bool(about))
        self.preview.refresh()

    @Slot(bool)
    def _on_preview_toggled(self, on: bool) -> None:
        self.preview.set_enabled(on)

    @Slot(bool)
    def _on_preview_busy(self, busy: bool) -> None:
        self._preview_busy.set_busy(busy, "Computing the preview\N{HORIZONTAL ELLIPSIS}" if busy else "")

    @Slot(str)
    def _on_preview_failed(self, text: str) -> None:
        self._preview_box.setChecked(False)
        self.workspace.notify(text, "error")

    @Slot()
    def _show_document(self, _about: object = None) -> None:
        document = self.workspace.library.current
        sigma = document.step.sigma if document is not None and document.step.restored is not None else None
        self._found.setText("" if sigma is None else f"Restored with noise level {sigma:.1f}")
        self._found.setVisible(sigma is not None)


def _restored(step: Step, _picture: Picture, result: DenoiseResult) -> Step:
    return Step(TITLE, step.noisy, step.reference, result.picture, result.sigma, step.erased)
