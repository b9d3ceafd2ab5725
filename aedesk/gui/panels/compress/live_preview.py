"""The picture as the chosen settings would compress it, while they are being chosen."""

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

AIM_S = 0.7
"""A picture that needs longer is compressed in part while settings are being chosen."""

WHOLE_PX = 1_000_000
"""A picture of at most so many pixels is always compressed whole: its exact size is worth a wait."""

FIRST_PX = 1_000_000
MIN_PX, MAX_PX = 512 * 512, 8_000_000
STEP_PX = 64
"""Edges of a part are multiples of this: the codec pads to less."""

SETTLE_MS = 60


@dataclass(frozen=True, eq=False)
class Wish:
    """What a live result depends on.

    Args:
        picture: the whole picture.
        box: the part that is compressed; None for all of it.
        spec: as it goes to the worker.
    """

    document: Document
    picture: Picture
    box: QRect | None
    spec: CompressSpec

    def same(self, other: Wish | None) -> bool:
        return other is not None and self.picture is other.picture and (self.box, self.spec) == (other.box, other.spec)

    def given(self) -> Picture:
        """What is compressed: a part goes without the metadata, which would weigh too much in it."""
        if self.box is None:
            return self.picture
        part = self.picture.crop(self.box.x(), self.box.y(), self.box.width(), self.box.height())
        return Picture(part.pixels, part.alpha, part.icc)


@dataclass(frozen=True, eq=False)
class Shown:
    """A live result. ``given`` is what was compressed: all of the picture, or ``wish.box``."""

    wish: Wish
    given: Picture
    result: CompressResult

    @property
    def whole(self) -> bool:
        return self.wish.box is None

    @property
    def file_bytes(self) -> float:
        """Of the whole picture; an estimate if only a part was compressed."""
        if self.whole:
            return len(self.result.data)
        return self.result.bpp * self.wish.picture.width * self.wish.picture.height / 8


class Live(QObject):
    """Compresses what is looked at whenever something changes. At most one job is under way; of several wishes the last counts.

    Args:
        make_spec: the panel's present choices.
        pick: the picture of a document that is compressed, None while it is not there.
    """

    shown = Signal(object)  # Shown, or None: nothing is known any more
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
        self._asked: tuple[Wish, Picture] | None = None
        self._refused: Wish | None = None
        self._now: Shown | None = None
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
    def now(self) -> Shown | None:
        """The latest result that is still about the picture in sight; its settings may be older than the panel's."""
        return self._now

    @property
    def busy(self) -> bool:
        return self._job.busy

    def set_enabled(self, enabled: bool) -> None:
        self._enabled = enabled
        if enabled:
            self.refresh()
        else:
            self._drop()

    @Slot()
    def refresh(self) -> None:
        """Something that the result depends on has changed."""
        if self._enabled:
            self._settle.start()

    @Slot()
    def again(self) -> None:
        """Try what failed once more."""
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
        if self._now is not None and not self._now.whole and self._centre is not None and not visible.contains(self._centre):
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
        self._asked = self._refused = None
        if self._now is not None:
            self._now = None
            self._viewer.set_preview_box(None)
            self.shown.emit(None)

    @Slot()
    def _update(self) -> None:
        document = self._workspace.library.current
        picture = self._pick(document) if document is not None else None
        if not self._enabled or document is None or picture is None:
            self._drop()
            return
        if self._now is not None and self._now.wish.picture is not picture:
            self._now = None
            self.shown.emit(None)
        wish = self._wish(document, picture)
        self._viewer.set_preview_box(wish.box)
        if wish.same(self._now.wish if self._now else None) or wish.same(self._refused):
            self._job.cancel()
        elif not (self._job.busy and self._asked is not None and wish.same(self._asked[0])):
            given = wish.given()
            self._asked = (wish, given)
            self._job.run(wish.spec, given)

    def _wish(self, document: Document, picture: Picture) -> Wish:
        box = self._place(picture)
        spec = replace(self._make_spec(), preset="normal", embed_model=False, evaluate=True)
        if box is not None and spec.target_bytes is not None:
            spec = replace(spec, target_bytes=None, target_bpp=8 * spec.target_bytes / (picture.width * picture.height))
        return Wish(document, picture, box, spec)

    def _place(self, picture: Picture) -> QRect | None:
        """The part that fits the machine, around its centre; None for all of a picture that is small enough."""
        if picture.width * picture.height <= max(self._budget_px, WHOLE_PX):
            return None
        if self._centre is None:
            seen = self._viewer.picture_size == (picture.width, picture.height)  # or the viewer has not come that far yet
            self._centre = self._viewer.visible_region().center() if seen else QPointF(picture.width / 2, picture.height / 2)
        edge = int(math.sqrt(self._budget_px / 2)) // STEP_PX * STEP_PX
        width, height = min(edge, picture.width), min(edge, picture.height)
        left = min(max(round(self._centre.x() - width / 2), 0), picture.width - width)
        top = min(max(round(self._centre.y() - height / 2), 0), picture.height - height)
        return QRect(left, top, width, height)

    @Slot(object)
    def _on_finished(self, result: CompressResult) -> None:
        if self._asked is not None:
            wish, given = self._asked
            self._fit_budget(given, self._job.seconds)
            self._now = Shown(wish, given, result)
            self.shown.emit(self._now)
            self._update()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        """The request is not tried again before something changes."""
        self._refused = self._asked[0] if self._asked is not None else None
        if self._now is not None:
            self._now = None
            self.shown.emit(None)
        self.failed.emit(text)

    def _fit_budget(self, given: Picture, seconds: float) -> None:
        """Let the part grow or shrink with the machine, in big steps. The first result tells nothing: it has loaded the model, too."""
        if not self._measured:
            self._measured = True
            return
        fitting = given.width * given.height * AIM_S / max(seconds, 1e-3)
        if fitting < self._budget_px / 2.5:
            self._budget_px = max(self._budget_px // 2, MIN_PX)
        elif fitting > self._budget_px * 2.5:
            self._budget_px = min(self._budget_px * 2, MAX_PX)
