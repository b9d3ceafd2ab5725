"""The Compress panel: which codec, how small or how good, beside which other codec, and what comes of it at once."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from aedesk.core.codec_specs import CompressSpec
from aedesk.core.formatting import format_bytes, format_psnr
from aedesk.core.specs import ModelInfo
from aedesk.gui.documents.library import Document
from aedesk.gui.panels.base import Panel
from aedesk.gui.panels.compress.comparison import Duel, Rival
from aedesk.gui.panels.compress.controls import Controls
from aedesk.gui.panels.compress.export import Exporter, pick
from aedesk.gui.panels.compress.live_preview import Live, Shown
from aedesk.gui.panels.compress.overlays import OnScreen
from aedesk.gui.panels.compress.pages import Pages
from aedesk.gui.panels.compress.visible_metrics import Seen, VisibleFigures, remark, table
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.other_codecs import available
from aedesk.imaging.picture import Picture
from aedesk.models.latent import has_latent


class CompressPanel(Panel):
    run_title = "Compress"
    captions: ClassVar = {"noisy": "Other codec", "reconstructed": "Compressed"}
    placeholders: ClassVar = {"noisy": "Choose a codec to compare with", "reconstructed": "Not compressed yet"}

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(workspace, viewer, parent)
        self.setObjectName("compressPanel")
        self._active = False
        self._duel: Duel | None = None
        self._wanted = ""  # a model that was chosen elsewhere and is not in the list yet
        self.controls = Controls(self, workspace.settings, available())
        self.live = Live(workspace, viewer, self.spec, pick, self)
        self._pages = Pages(workspace, self.live)
        self.rival = Rival(self)
        self.exporter = Exporter(workspace, self)
        self._figures = VisibleFigures(workspace.pool, viewer, self)
        self._screen = OnScreen(workspace.pool, viewer)
        self._fill_models()
        self._connect()

    def spec(self) -> CompressSpec:
        """The present choices."""
        controls = self.controls
        return CompressSpec(
            model=controls.models.currentData() or str(self.workspace.settings["compress_model"]),
            preset="slow" if controls.slow.isChecked() else "normal",
            embed_model=controls.embed.isChecked(),
            device=self.workspace.catalog.device,
            **controls.aim.fields(),
        )

    def run(self, documents: list[Document]) -> None:
        self.exporter.export(documents, self.spec())

    def versions(self, document: Document) -> dict[str, Picture]:
        """The original, ours as reconstruction, and the other codec's in the place of a noisy one."""
        picture = pick(document)
        if picture is None:
            return {}
        found, now, duel = {"original": picture}, self.live.now, self._duel
        if now is not None and now.whole and now.wish.picture is picture:
            found["reconstructed"] = now.result.decoded
        if duel is not None and duel.shown.whole and duel.shown.wish.picture is picture:
            found["noisy"] = duel.coded.picture
        size = (picture.width, picture.height)
        return {name: each for name, each in found.items() if (each.width, each.height) == size}

    def centre(self) -> QWidget | None:
        """The picture, the curves or the latent; the pages are made when they are first asked for."""
        return self._pages.page(self.controls.show.name)

    def set_counts(self, chosen: int, all_pictures: int) -> None:
        self.controls.set_counts(chosen, all_pictures)

    def set_active(self, active: bool) -> None:
        if active == self._active:
            return
        self._active = active
        if active:
            self.viewer.set_words(self.captions, self.placeholders)
        self.live.set_enabled(active)
        if not active:
            self._on_shown(None)
            self.viewer.set_words()
            self.viewer.set_pair(None, None)

    def shutdown(self) -> None:
        self.live.set_enabled(False)
        self.rival.stop()
        self._pages.shutdown()

    def remember(self) -> None:
        settings, controls = self.workspace.settings, self.controls
        settings["compress_model"] = self.spec().model
        settings["compress_aim"] = controls.aim.name
        settings["compress_quality"] = round(controls.aim.quality.value)
        settings["compress_other"] = controls.other.currentData()
        settings["compress_by"] = controls.by.currentData()
        settings["compress_heat"] = controls.heat.isChecked()

    def _connect(self) -> None:
        workspace, controls = self.workspace, self.controls
        controls.models.currentIndexChanged.connect(self._on_model)
        controls.aim.changed.connect(self.live.refresh)
        controls.other.currentIndexChanged.connect(self._on_other)
        controls.by.currentIndexChanged.connect(self._on_other)
        controls.heat.toggled.connect(self._show_on_screen)
        controls.show.changed.connect(self._on_show)
        controls.again.clicked.connect(self.live.again)
        controls.run.clicked.connect(self.run_wanted)
        controls.run_all.clicked.connect(self.run_all_wanted)
        self.live.shown.connect(self._on_shown)
        self.live.failed.connect(controls.show_failure)
        self.live.busy_changed.connect(self._show_busy)
        self.rival.met.connect(self._on_met)
        self.rival.failed.connect(self._on_rival_failed)
        self.rival.busy_changed.connect(self._show_busy)
        self._figures.measured.connect(self._on_measured)
        workspace.catalog.models_changed.connect(self._fill_models)
        workspace.catalog.codec_chosen.connect(self._on_codec_chosen)
        workspace.catalog.device_changed.connect(self.live.refresh)
        workspace.library.current_changed.connect(self._on_current)

    @property
    def _model(self) -> ModelInfo | None:
        chosen = self.controls.models.currentData()
        return next((model for model in self.workspace.catalog.models if model.name == chosen), None)

    @Slot()
    def _fill_models(self) -> None:
        """Codecs first, then every other model with a latent; the worker sends the list when it is ready."""
        usable = [model for model in self.workspace.catalog.models if not model.problem]
        codecs = [model for model in usable if model.purpose == "codec"]
        others = [model for model in usable if model.purpose != "codec" and has_latent(model.card)]
        chosen = self._wanted or self.controls.models.currentData() or str(self.workspace.settings["compress_model"])
        self.controls.fill_models([*codecs, *others], chosen)
        if self.controls.models.currentData() == self._wanted:
            self._wanted = ""
        self._on_model()

    @Slot(str)
    def _on_codec_chosen(self, name: str) -> None:
        self._wanted = name
        self._fill_models()

    @Slot()
    def _on_model(self, _index: int = 0) -> None:
        self.controls.show_model(self._model)
        self.live.refresh()

    @Slot()
    def _on_other(self, _index: int = 0) -> None:
        codec = self.controls.other.currentData()
        self.controls.by.setVisible(bool(codec))
        self._drop_duel()
        if self._active:
            self.viewer.set_pair("noisy", "reconstructed") if codec else self.viewer.set_pair(None, None)
        self._ask_rival()

    @Slot(object)
    def _on_current(self, _document: Document | None) -> None:
        self._drop_duel()
        self.controls.clear_figures()
        self._pages.clear()

    def _drop_duel(self) -> None:
        self.rival.forget()
        self._duel = None
        self._figures.follow(self.live.now, None)
        self._show_on_screen()

    @Slot(object)
    def _on_shown(self, shown: Shown | None) -> None:
        if shown is None:
            self.rival.forget()
            self._duel = None
            self.controls.clear_figures()
            self._figures.follow(None, None)
            if self._active:
                self.viewer.set_words(self.captions, self.placeholders)
        else:
            self._figures.follow(shown, None)
            self._ask_rival()
            self._pages.feed(self.controls.show.name)
        self._show_on_screen()

    def _ask_rival(self) -> None:
        codec, now = self.controls.other.currentData(), self.live.now
        if self._active and codec and now is not None:
            self.rival.ask(now, codec, self.controls.by.currentData())

    @Slot(object)
    def _on_met(self, duel: Duel) -> None:
        if duel.shown is not self.live.now:
            return
        self._duel = duel
        self.viewer.set_pair("noisy", "reconstructed")
        self._figures.follow(duel.shown, duel)
        self._show_on_screen()

    @Slot(str)
    def _on_rival_failed(self, text: str) -> None:
        self.workspace.tell(f"{self.controls.other.currentText()} cannot be compared with: {text}", "warning")

    @Slot()
    def _show_on_screen(self, _on: bool = False) -> None:
        now = self.live.now if self._active else None
        self._screen.show(now, self._duel, heat=self.controls.heat.isChecked())
        self.controls.show_legend(now)
        self.versions_changed.emit()

    @Slot(object)
    def _on_measured(self, seen: Seen) -> None:
        if seen.shown is not self.live.now:
            return
        self.controls.show_figures(table(seen), remark(seen, self.controls.aim.target_words()))
        about = "" if seen.shown.whole else "\N{ALMOST EQUAL TO} "
        self.viewer.set_caption("reconstructed", f"aedesk   {about}{format_bytes(seen.shown.file_bytes)}   {format_psnr(seen.psnr)}")
        if seen.duel is not None:
            coded = seen.duel.coded
            size = "" if not seen.shown.whole else f"   {format_bytes(coded.size_bytes)}"
            self.viewer.set_caption("noisy", f"{coded.codec}{size}   {format_psnr(seen.other_psnr)}")

    @Slot()
    def _show_busy(self, _busy: bool = False) -> None:
        if self.live.busy:
            self.controls.show_busy("Compressing\N{HORIZONTAL ELLIPSIS}")
        elif self.rival.busy:
            self.controls.show_busy(f"{self.controls.other.currentText()} {self.controls.by.currentText()}\N{HORIZONTAL ELLIPSIS}")
        else:
            self.controls.show_busy("")

    @Slot()
    def _on_show(self) -> None:
        self.centre_changed.emit()
        self._pages.feed(self.controls.show.name)
