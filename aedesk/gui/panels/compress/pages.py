"""The pages that stand in the place of the picture, made when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from aedesk.gui.panels.compress.live_preview import Live, Shown
from aedesk.gui.panels.compress.view_switch import CURVES, LATENT
from aedesk.gui.workspace import Workspace

if TYPE_CHECKING:
    from aedesk.gui.panels.compress.curves_page import CurvesPage
    from aedesk.gui.panels.compress.latent_page import LatentPage


class Pages(QObject):
    """Gives the page in front what ``live`` has found."""

    def __init__(self, workspace: Workspace, live: Live) -> None:
        super().__init__(live)
        self._workspace, self._live = workspace, live
        self._curves: CurvesPage | None = None
        self._latent: LatentPage | None = None
        self._draw_soon = False

    def page(self, which: str) -> QWidget | None:
        """The page of that name; None for the picture."""
        if which == CURVES:
            return self._curves or self._make_curves()
        if which == LATENT:
            return self._latent or self._make_latent()
        return None

    def feed(self, which: str) -> None:
        """There is a new result, or another page in front."""
        now = self._live.now
        if now is None:
            return
        if which == LATENT and self._latent is not None:
            self._feed_latent(self._latent, now)
        elif which == CURVES and self._curves is not None:
            about = self._curves.about
            if self._draw_soon:
                self._on_draw_wanted()
            elif about is not None and about.wish.picture is now.wish.picture:
                self._curves.mark(now)

    def clear(self) -> None:
        """Another picture is looked at."""
        self._draw_soon = False
        for page in (self._curves, self._latent):
            if page is not None:
                page.clear()

    def shutdown(self) -> None:
        if self._curves is not None:
            self._curves.run.shutdown()
        if self._latent is not None:
            self._latent.shutdown()

    def _make_curves(self) -> CurvesPage:
        from aedesk.gui.panels.compress.curves_page import CurvesPage

        self._curves = CurvesPage(self._workspace)
        self._curves.draw_wanted.connect(self._on_draw_wanted)
        return self._curves

    def _make_latent(self) -> LatentPage:
        from aedesk.gui.panels.compress.latent_page import LatentPage

        self._latent = LatentPage(self._workspace)
        return self._latent

    @Slot()
    def _on_draw_wanted(self) -> None:
        """The first result says how large a part this machine can do; until then the wish waits."""
        now = self._live.now
        self._draw_soon = now is None
        if self._curves is not None:
            self._curves.begin(now) if now is not None else self._curves.wait()

    def _feed_latent(self, page: LatentPage, now: Shown) -> None:
        """The latent of an .aed file is the file's own; that of another picture, what the settings make of it."""
        document, picture, device = now.wish.document, now.wish.picture, self._workspace.catalog.device
        if document.aed_bytes is not None and picture is document.source:
            self._workspace.pool.run(document.path.read_bytes, lambda data: page.show_file(data, picture, document.name, device))
        else:
            page.show_file(now.result.data, now.given, document.name, device)
