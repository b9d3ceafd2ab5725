"""The pages that replace the picture, created when they are first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from aedesk.gui.panels.compress.live_preview import LivePreview, PreviewResult
from aedesk.gui.panels.compress.view_switch import CURVES, LATENT
from aedesk.gui.workspace import Workspace

if TYPE_CHECKING:
    from aedesk.gui.panels.compress.curves_page import CurvesPage
    from aedesk.gui.panels.compress.latent_page import LatentPage


class Pages(QObject):
    """Passes the results of the live preview to the active page."""

    def __init__(self, workspace: Workspace, live: LivePreview) -> None:
        super().__init__(live)
        self._workspace, self._live = workspace, live
        self._curves: CurvesPage | None = None
        self._latent: LatentPage | None = None
        self._draw_later = False

    def page(self, which: str) -> QWidget | None:
        """Returns the page of a name of ``view_switch``; None for the picture."""
        if which == CURVES:
            return self._curves or self._make_curves()
        if which == LATENT:
            return self._latent or self._make_latent()
        return None

    def feed(self, which: str) -> None:
        """Updates a page after a new result or a switch of the page."""
        current = self._live.current
        if current is None:
            return
        if which == LATENT and self._latent is not None:
            self._feed_latent(self._latent, current)
        elif which == CURVES and self._curves is not None:
            plotted = self._curves.about
            if self._draw_later:
                self._on_draw_requested()
            elif plotted is not None and plotted.request.picture is current.request.picture:
                self._curves.mark(current)

    def clear(self) -> None:
        """Clears the pages when another picture becomes current."""
        self._draw_later = False
        for page in (self._curves, self._latent):
            if page is not None:
                page.clear()

    def shutdown(self) -> None:
        if self._curves is not None:
            self._curves.measurement.shutdown()
        if self._latent is not None:
            self._latent.shutdown()

    def _make_curves(self) -> CurvesPage:
        from aedesk.gui.panels.compress.curves_page import CurvesPage

        self._curves = CurvesPage(self._workspace)
        self._curves.draw_requested.connect(self._on_draw_requested)
        return self._curves

    def _make_latent(self) -> LatentPage:
        from aedesk.gui.panels.compress.latent_page import LatentPage

        self._latent = LatentPage(self._workspace)
        return self._latent

    @Slot()
    def _on_draw_requested(self) -> None:
        """Starts the measurement, or waits for the first preview, which determines the size of the part."""
        current = self._live.current
        self._draw_later = current is None
        if self._curves is not None:
            self._curves.begin(current) if current is not None else self._curves.wait()

    def _feed_latent(self, page: LatentPage, current: PreviewResult) -> None:
        """Shows the latent of an .aed file itself, or of another picture compressed with the current settings."""
        document, picture, device = current.request.document, current.request.picture, self._workspace.inventory.device
        if document.aed_bytes is not None and picture is document.source:
            self._workspace.pool.run(document.path.read_bytes, lambda data: page.show_file(data, picture, document.name, device))
        else:
            page.show_file(current.encoded.data, current.source, document.name, device)
