"""The Compress panel: codec, target, comparison with other codecs, and a live preview."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from aedesk.core.codec_specs import CompressSpec
from aedesk.core.formatting import format_bytes, format_psnr
from aedesk.core.specs import ModelInfo
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.compress.comparison import CodecComparer, Comparison
from aedesk.gui.panels.compress.controls import Controls
from aedesk.gui.panels.compress.export import Exporter, picture_to_compress
from aedesk.gui.panels.compress.live_preview import LivePreview, PreviewResult
from aedesk.gui.panels.compress.overlays import OverlayPresenter
from aedesk.gui.panels.compress.pages import Pages
from aedesk.gui.panels.compress.visible_metrics import VisibleMetrics, VisibleMetricsMonitor, remark, table
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.other_codecs import available
from aedesk.imaging.picture import Picture
from aedesk.models.autoencoders.latent import has_latent


class CompressPanel(Panel):
    """The controls of Compress, with live preview and comparison."""

    run_title = "Compress"
    captions: ClassVar = {"noisy": "Other codec", "result": "Compressed"}
    placeholders: ClassVar = {"noisy": "Choose a codec to compare with", "result": "Not compressed yet"}

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("compressPanel")
        self._active = False
        self._comparison: Comparison | None = None
        self._requested_model = ""  # a model that was chosen elsewhere and is not in the list yet
        self.controls = Controls(self, workspace.settings, available())
        self.live = LivePreview(workspace, viewer, self.spec, picture_to_compress, self)
        self._pages = Pages(workspace, self.live)
        self.comparer = CodecComparer(self)
        self.exporter = Exporter(workspace, self)
        self._metrics = VisibleMetricsMonitor(workspace.pool, viewer, self)
        self._overlays = OverlayPresenter(workspace.pool, viewer)
        self._fill_models()
        self._connect()

    def spec(self) -> CompressSpec:
        """Returns the current settings."""
        controls = self.controls
        return CompressSpec(
            model=controls.models.currentData() or str(self.workspace.settings["compress_model"]),
            preset="slow" if controls.slow.isChecked() else "normal",
            embed_model=controls.embed.isChecked(),
            device=self.workspace.inventory.device,
            **controls.target.fields(),
        )

    def run(self, documents: list[Document]) -> None:
        self.exporter.export(documents, self.spec())

    def versions(self, document: Document) -> dict[str, Picture]:
        """Returns the original, our result, and the other codec's result as the noisy version."""
        picture = picture_to_compress(document)
        if picture is None:
            return {}
        found, current, comparison = {"original": picture}, self.live.current, self._comparison
        if current is not None and current.whole and current.request.picture is picture:
            found["result"] = current.encoded.decoded
        if comparison is not None and comparison.preview.whole and comparison.preview.request.picture is picture:
            found["noisy"] = comparison.coded.picture
        size = (picture.width, picture.height)
        return {name: each for name, each in found.items() if (each.width, each.height) == size}

    def page(self) -> QWidget | None:
        """Returns the page for curves or latent; None for the picture."""
        return self._pages.page(self.controls.view_switch.name)

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self.controls.set_counts(chosen, all_pictures)

    def set_active(self, active: bool) -> None:
        if active == self._active:
            return
        self._active = active
        self.live.set_enabled(active)
        if not active:
            self._on_updated(None)
            self.viewer.set_pair(None, None)

    def shutdown(self) -> None:
        self.live.set_enabled(False)
        self.comparer.stop()
        self._pages.shutdown()

    def save_settings(self) -> None:
        settings, controls = self.workspace.settings, self.controls
        settings["compress_model"] = self.spec().model
        settings["compress_target"] = controls.target.name
        settings["compress_quality"] = round(controls.target.quality.value)
        settings["compress_other"] = controls.other.currentData()
        settings["compress_by"] = controls.by.currentData()
        settings["compress_bit_costs"] = controls.bit_costs.isChecked()

    def _connect(self) -> None:
        workspace, controls = self.workspace, self.controls
        controls.models.currentIndexChanged.connect(self._on_model)
        controls.target.changed.connect(self.live.refresh)
        controls.other.currentIndexChanged.connect(self._on_other)
        controls.by.currentIndexChanged.connect(self._on_other)
        controls.bit_costs.toggled.connect(self._update_overlays)
        controls.view_switch.changed.connect(self._on_view)
        controls.again.clicked.connect(self.live.retry)
        controls.run.clicked.connect(self.run_requested)
        controls.run_all.clicked.connect(self.run_all_requested)
        self.live.updated.connect(self._on_updated)
        self.live.failed.connect(controls.show_failure)
        self.live.busy_changed.connect(self._show_busy)
        self.comparer.compared.connect(self._on_compared)
        self.comparer.failed.connect(self._on_comparison_failed)
        self.comparer.busy_changed.connect(self._show_busy)
        self._metrics.measured.connect(self._on_measured)
        workspace.inventory.models_changed.connect(self._fill_models)
        workspace.inventory.codec_chosen.connect(self._on_codec_chosen)
        workspace.inventory.device_changed.connect(self.live.refresh)
        workspace.library.current_changed.connect(self._on_current)

    @property
    def _model(self) -> ModelInfo | None:
        chosen = self.controls.models.currentData()
        return next((model for model in self.workspace.inventory.models if model.name == chosen), None)

    @Slot()
    def _fill_models(self) -> None:
        """Lists codecs, then all other models with a latent."""
        usable = [model for model in self.workspace.inventory.models if not model.problem]
        codecs = [model for model in usable if model.purpose == "codec"]
        others = [model for model in usable if model.purpose != "codec" and has_latent(model.card)]
        chosen = self._requested_model or self.controls.models.currentData() or str(self.workspace.settings["compress_model"])
        self.controls.fill_models([*codecs, *others], chosen)
        if self.controls.models.currentData() == self._requested_model:
            self._requested_model = ""
        self._on_model()

    @Slot(str)
    def _on_codec_chosen(self, name: str) -> None:
        self._requested_model = name
        self._fill_models()

    @Slot()
    def _on_model(self, _index: int = 0) -> None:
        self.controls.show_model(self._model)
        self.live.refresh()

    @Slot()
    def _on_other(self, _index: int = 0) -> None:
        codec = self.controls.other.currentData()
        self.controls.by.setVisible(bool(codec))
        self._drop_comparison()
        if self._active:
            self.viewer.set_pair("noisy", "result") if codec else self.viewer.set_pair(None, None)
        self._compare()

    @Slot(object)
    def _on_current(self, _document: Document | None) -> None:
        self._drop_comparison()
        self.controls.clear_metrics()
        self._pages.clear()

    def _drop_comparison(self) -> None:
        self.comparer.cancel()
        self._comparison = None
        self._metrics.follow(self.live.current, None)
        self._update_overlays()

    @Slot(object)
    def _on_updated(self, preview: PreviewResult | None) -> None:
        if preview is None:
            self.comparer.cancel()
            self._comparison = None
            self.controls.clear_metrics()
            self._metrics.follow(None, None)
            if self._active:
                self.viewer.set_texts(self.captions, self.placeholders)
        else:
            self._metrics.follow(preview, None)
            self._compare()
            self._pages.feed(self.controls.view_switch.name)
        self._update_overlays()

    def _compare(self) -> None:
        codec, current = self.controls.other.currentData(), self.live.current
        if self._active and codec and current is not None:
            self.comparer.compare(current, codec, self.controls.by.currentData())

    @Slot(object)
    def _on_compared(self, comparison: Comparison) -> None:
        if comparison.preview is not self.live.current:
            return
        self._comparison = comparison
        self.viewer.set_pair("noisy", "result")
        self._metrics.follow(comparison.preview, comparison)
        self._update_overlays()

    @Slot(str)
    def _on_comparison_failed(self, text: str) -> None:
        self.workspace.notify(f"The comparison with {self.controls.other.currentText()} failed: {text}", "warning")

    @Slot()
    def _update_overlays(self, _on: bool = False) -> None:
        current = self.live.current if self._active else None
        self._overlays.show(current, self._comparison, bit_costs=self.controls.bit_costs.isChecked())
        self.controls.show_legend(current)
        self.versions_changed.emit()

    @Slot(object)
    def _on_measured(self, metrics: VisibleMetrics) -> None:
        if metrics.preview is not self.live.current:
            return
        self.controls.show_metrics(table(metrics), remark(metrics, self.controls.target.target_text()))
        about = "" if metrics.preview.whole else "\N{ALMOST EQUAL TO} "
        self.viewer.set_caption("result", f"aedesk   {about}{format_bytes(metrics.preview.file_bytes)}   {format_psnr(metrics.psnr)}")
        if metrics.comparison is not None:
            coded = metrics.comparison.coded
            size = "" if not metrics.preview.whole else f"   {format_bytes(coded.size_bytes)}"
            self.viewer.set_caption("noisy", f"{coded.codec}{size}   {format_psnr(metrics.other_psnr)}")

    @Slot()
    def _show_busy(self, _busy: bool = False) -> None:
        if self.live.busy:
            self.controls.show_busy("Compressing\N{HORIZONTAL ELLIPSIS}")
        elif self.comparer.busy:
            self.controls.show_busy(f"{self.controls.other.currentText()} {self.controls.by.currentText()}\N{HORIZONTAL ELLIPSIS}")
        else:
            self.controls.show_busy("")

    @Slot()
    def _on_view(self) -> None:
        self.page_changed.emit()
        self._pages.feed(self.controls.view_switch.name)
