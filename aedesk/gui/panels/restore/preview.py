"""The live preview: a small part of the picture, restored with the current settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer, Signal, Slot

from aedesk.core.specs import DenoiseResult, DenoiseSpec
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.thread_pool import LatestTask
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.blend import blend
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture

MARGIN_PX = 64
"""Context around the box, so that its edge is restored nearly as in the whole picture."""

MIN_EDGE_PX, MAX_EDGE_PX = 128, 512
TARGET_S = 0.12
"""Time for one box, to whose size the box is adapted; with blending and painting it stays below 0.2 s."""

SETTLE_MS = 40


@dataclass(frozen=True)
class PreviewRequest:
    """Everything that the output of the network depends on. The strength is not part of it: blending needs no network."""

    picture: Picture
    box: QRect
    model: str
    sigma: float | None
    device: str

    def same(self, other: PreviewRequest | None) -> bool:
        """Returns whether the output would be the same."""
        mine = (self.box, self.model, self.sigma, self.device)
        return other is not None and self.picture is other.picture and mine == (other.box, other.model, other.sigma, other.device)


class Preview(QObject):
    """Restores a box of the picture. The box starts in the middle of the visible part, and the user can drag it.

    Args:
        make_spec: returns the current settings of the panel.
    """

    failed = Signal(str)
    shown = Signal(float)  # seconds from the change of a setting to the overlay
    busy_changed = Signal(bool)

    def __init__(
        self, workspace: Workspace, viewer: CompareView, make_spec: Callable[[], DenoiseSpec], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._viewer, self._make_spec = workspace, viewer, make_spec
        self._blending = LatestTask(workspace.pool)
        self._enabled = False
        self._job = LatestJob(workspace.bridge, self)
        self._job.finished.connect(self._on_rendered)
        self._job.failed.connect(self._on_failed)
        self._job.busy_changed.connect(self.busy_changed)
        self._requested: PreviewRequest | None = None
        self._rendered: tuple[PreviewRequest, Picture] | None = None
        self._edge_px = 256
        self._centre: QPointF | None = None
        self._visible = QRectF()
        self._requested_at = 0.0
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._update)
        workspace.library.current_changed.connect(self._on_current_changed)
        workspace.library.changed.connect(self._on_changed)
        viewer.view_changed.connect(self._on_view_changed)
        viewer.preview_box_moved.connect(self._on_box_moved)

    def set_enabled(self, enabled: bool) -> None:
        """Shows or hides the preview."""
        self._enabled = enabled
        if enabled:
            self.refresh()
        else:
            self._drop()

    @Slot()
    def refresh(self) -> None:
        """Update after a change of anything that the preview depends on."""
        if self._enabled:
            self._requested_at = self._requested_at or time.monotonic()
            self._settle.start()

    @Slot(object)
    def _on_changed(self, document: object) -> None:
        if document is self._workspace.library.current:
            self.refresh()

    @Slot(object)
    def _on_current_changed(self, _document: object) -> None:
        self._centre = None
        self._drop()
        self.refresh()

    @Slot(QRectF)
    def _on_view_changed(self, visible: QRectF) -> None:
        if visible == self._visible:  # also emitted when an overlay is shown
            return
        self._visible = visible
        if self._centre is None or not visible.contains(self._centre):
            self._centre = None
            self.refresh()

    @Slot(QRect)
    def _on_box_moved(self, box: QRect) -> None:
        self._centre = QRectF(box).center()
        self.refresh()

    def _drop(self) -> None:
        self._settle.stop()
        self._blending.cancel()
        self._job.cancel()
        self._requested = self._rendered = None
        self._requested_at = 0.0
        self._viewer.set_preview_box(None)
        self._viewer.clear_overlay()

    @Slot()
    def _update(self) -> None:
        document = self._workspace.library.current
        picture = document.input if document is not None else None
        if not self._enabled or document is None or picture is None:
            self._drop()
            return
        spec = self._make_spec()
        sigma = spec.sigma if spec.sigma is not None else document.step.sigma
        request = PreviewRequest(picture, self._place(picture), spec.model, sigma, spec.device)
        self._viewer.set_preview_box(request.box)
        if self._rendered is not None and request.same(self._rendered[0]):
            self._job.cancel()
            self._blend(spec)
        elif not (self._job.busy and request.same(self._requested)):
            self._render(request, spec)

    def _place(self, picture: Picture) -> QRect:
        """Returns the box around its centre, moved inside the picture."""
        if self._centre is None:
            self._centre = self._viewer.visible_region().center()
        width, height = min(self._edge_px, picture.width), min(self._edge_px, picture.height)
        left = int(np.clip(round(self._centre.x() - width / 2), 0, picture.width - width))
        top = int(np.clip(round(self._centre.y() - height / 2), 0, picture.height - height))
        return QRect(left, top, width, height)

    def _render(self, request: PreviewRequest, spec: DenoiseSpec) -> None:
        box = request.box
        left, top = max(box.x() - MARGIN_PX, 0), max(box.y() - MARGIN_PX, 0)
        right = min(box.x() + box.width() + MARGIN_PX, request.picture.width)
        bottom = min(box.y() + box.height() + MARGIN_PX, request.picture.height)
        around = request.picture.crop(left, top, right - left, bottom - top)
        region = (box.x() - left, box.y() - top, box.width(), box.height())
        self._requested = request
        self._job.run(replace(spec, sigma=request.sigma, strength=1.0, chroma_strength=None, region=region), around)

    @Slot(object)
    def _on_rendered(self, result: DenoiseResult) -> None:
        if self._enabled and self._requested is not None:
            self._rendered = (self._requested, result.picture)
            self._fit_edge(result.seconds)
            self._update()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self.failed.emit(f"The preview failed. {text}")

    def _fit_edge(self, seconds: float) -> None:
        """Adapts the box to the speed of the machine, in large and rare steps, so that it does not flicker."""
        if seconds > 2 * TARGET_S and self._edge_px > MIN_EDGE_PX:
            self._edge_px //= 2
        elif seconds < TARGET_S / 6 and self._edge_px < MAX_EDGE_PX:
            self._edge_px *= 2

    def _blend(self, spec: DenoiseSpec) -> None:
        if self._rendered is None:
            return
        request, restored = self._rendered
        box = request.box

        def work() -> NDArray[np.uint8]:
            part = request.picture.crop(box.x(), box.y(), box.width(), box.height())
            return to_display(part.with_pixels(blend(part.pixels, restored.pixels, spec.strength, spec.chroma_strength)))

        self._blending.run(work, lambda patch: self._show(patch, box))

    def _show(self, patch: NDArray[np.uint8], box: QRect) -> None:
        if self._enabled:
            self._viewer.set_overlay(patch, box.x(), box.y())
            self.shown.emit(time.monotonic() - self._requested_at if self._requested_at else 0.0)
            self._requested_at = 0.0
