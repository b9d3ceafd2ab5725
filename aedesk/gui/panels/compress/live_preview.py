"""The live preview: the picture, compressed with the current settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer, Signal, Slot

from aedesk.core.codec_specs import CompressResult, CompressSpec
from aedesk.gui.documents.library import Document
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture

TARGET_S = 0.7
"""Of pictures that take longer, only a part is compressed for the preview."""

WHOLE_PX = 1_000_000
"""Pictures with at most so many pixels are always compressed whole, to show their exact size."""

FIRST_PX = 1_000_000
MIN_PX, MAX_PX = 512 * 512, 8_000_000
STEP_PX = 64
"""The edges of a part are multiples of this, so that the codec need not pad them."""

SETTLE_MS = 60


@dataclass(frozen=True, eq=False)
class PreviewRequest:
    """Everything that a preview depends on.

    Args:
        picture: the whole picture.
        box: the part that is compressed; None for all of it.
        spec: the spec for the worker.
    """

    document: Document
    picture: Picture
    box: QRect | None
    spec: CompressSpec

    def same(self, other: PreviewRequest | None) -> bool:
        """Returns whether the result would be the same."""
        return other is not None and self.picture is other.picture and (self.box, self.spec) == (other.box, other.spec)

    def cropped(self) -> Picture:
        """Returns the picture that is compressed; a part has no metadata, whose size would distort the estimate."""
        if self.box is None:
            return self.picture
        part = self.picture.crop(self.box.x(), self.box.y(), self.box.width(), self.box.height())
        return Picture(part.pixels, part.alpha, part.icc)


@dataclass(frozen=True, eq=False)
class PreviewResult:
    """The compressed picture.

    Args:
        source: the input of the encoder: all of the picture, or the part inside ``request.box``.
        encoded: the output of the encoder.
    """

    request: PreviewRequest
    source: Picture
    encoded: CompressResult

    @property
    def whole(self) -> bool:
        """Whether the whole picture was compressed."""
        return self.request.box is None

    @property
    def file_bytes(self) -> float:
        """Size of the whole file; an estimate if only a part was compressed."""
        if self.whole:
            return len(self.encoded.data)
        return self.encoded.bpp * self.request.picture.width * self.request.picture.height / 8


class LivePreview(QObject):
    """Compresses the current picture after every change of the picture or the settings.

    Args:
        make_spec: returns the current settings of the panel.
        pick: returns the picture of a document that is compressed, None while it is not loaded.
    """

    updated = Signal(object)  # PreviewResult, or None: the last result is no longer valid
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(
        self,
        workspace: Workspace,
        viewer: CompareView,
        make_spec: Callable[[], CompressSpec],
        pick: Callable[[Document], Picture | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._viewer, self._make_spec, self._pick = workspace, viewer, make_spec, pick
        self._enabled = False
        self._job = LatestJob(workspace.bridge, self)
        self._job.finished.connect(self._on_finished)
        self._job.failed.connect(self._on_failed)
        self._job.busy_changed.connect(self.busy_changed)
        self._requested: tuple[PreviewRequest, Picture] | None = None
        self._refused: PreviewRequest | None = None
        self._current: PreviewResult | None = None
        self._centre: QPointF | None = None
        self._budget_px = FIRST_PX
        self._measured = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._update)
        workspace.library.current_changed.connect(self._on_current)
        workspace.library.changed.connect(self._on_changed)
        viewer.view_changed.connect(self._on_view)
        viewer.preview_box_moved.connect(self._on_box_moved)

    @property
    def current(self) -> PreviewResult | None:
        """The latest result for the current picture; its settings may be older than the panel's."""
        return self._current

    @property
    def busy(self) -> bool:
        """Whether a preview is being computed."""
        return self._job.busy

    def set_enabled(self, enabled: bool) -> None:
        """Starts or stops the preview."""
        self._enabled = enabled
        if enabled:
            self.refresh()
        else:
            self._drop()

    @Slot()
    def refresh(self) -> None:
        """Updates after a change of anything that the preview depends on."""
        if self._enabled:
            self._settle.start()

    @Slot()
    def retry(self) -> None:
        """Retries a failed request."""
        self._refused = None
        self.refresh()

    @Slot(object)
    def _on_current(self, _document: object) -> None:
        self._centre = None
        self._drop()
        self.refresh()

    @Slot(object)
    def _on_changed(self, document: object) -> None:
        if document is self._workspace.library.current:
            self.refresh()

    @Slot(QRectF)
    def _on_view(self, visible: QRectF) -> None:
        if self._current is not None and not self._current.whole and self._centre is not None and not visible.contains(self._centre):
            self._centre = None
            self.refresh()

    @Slot(QRect)
    def _on_box_moved(self, box: QRect) -> None:
        if self._enabled:
            self._centre = QRectF(box).center()
            self.refresh()

    def _drop(self) -> None:
        self._settle.stop()
        self._job.cancel()
        self._requested = self._refused = None
        if self._current is not None:
            self._current = None
            self._viewer.set_preview_box(None)
            self.updated.emit(None)

    @Slot()
    def _update(self) -> None:
        document = self._workspace.library.current
        picture = self._pick(document) if document is not None else None
        if not self._enabled or document is None or picture is None:
            self._drop()
            return
        if self._current is not None and self._current.request.picture is not picture:
            self._current = None
            self.updated.emit(None)
        request = self._make_request(document, picture)
        self._viewer.set_preview_box(request.box)
        if request.same(self._current.request if self._current else None) or request.same(self._refused):
            self._job.cancel()
        elif not (self._job.busy and self._requested is not None and request.same(self._requested[0])):
            source = request.cropped()
            self._requested = (request, source)
            self._job.run(request.spec, source)

    def _make_request(self, document: Document, picture: Picture) -> PreviewRequest:
        box = self._place(picture)
        spec = replace(self._make_spec(), preset="normal", embed_model=False, evaluate=True)
        if box is not None and spec.target_bytes is not None:
            spec = replace(spec, target_bytes=None, target_bpp=8 * spec.target_bytes / (picture.width * picture.height))
        return PreviewRequest(document, picture, box, spec)

    def _place(self, picture: Picture) -> QRect | None:
        """Returns a part that the machine can compress in time; None for a picture that is small enough."""
        if picture.width * picture.height <= max(self._budget_px, WHOLE_PX):
            return None
        if self._centre is None:
            shown = self._viewer.picture_size == (picture.width, picture.height)  # otherwise the viewer still shows another picture
            self._centre = self._viewer.visible_region().center() if shown else QPointF(picture.width / 2, picture.height / 2)
        edge = int(math.sqrt(self._budget_px / 2)) // STEP_PX * STEP_PX
        width, height = min(edge, picture.width), min(edge, picture.height)
        left = min(max(round(self._centre.x() - width / 2), 0), picture.width - width)
        top = min(max(round(self._centre.y() - height / 2), 0), picture.height - height)
        return QRect(left, top, width, height)

    @Slot(object)
    def _on_finished(self, result: CompressResult) -> None:
        if self._requested is not None:
            request, source = self._requested
            self._fit_budget(source, self._job.seconds)
            self._current = PreviewResult(request, source, result)
            self.updated.emit(self._current)
            self._update()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        """Reports the error; the request is not repeated before something changes."""
        self._refused = self._requested[0] if self._requested is not None else None
        if self._current is not None:
            self._current = None
            self.updated.emit(None)
        self.failed.emit(text)

    def _fit_budget(self, source: Picture, seconds: float) -> None:
        """Adapts the size of the part to the speed of the machine, except after the first job, which also loads the model."""
        if not self._measured:
            self._measured = True
            return
        fitting = source.width * source.height * TARGET_S / max(seconds, 1e-3)
        if fitting < self._budget_px / 2.5:
            self._budget_px = max(self._budget_px // 2, MIN_PX)
        elif fitting > self._budget_px * 2.5:
            self._budget_px = min(self._budget_px * 2, MAX_PX)
