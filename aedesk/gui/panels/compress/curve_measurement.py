"""Measures the rate-distortion curves of one picture: ours in the worker, those of other codecs on a thread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.codec_specs import CompressResult, CompressSpec
from aedesk.core.errors import AedeskError
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.compress.comparison import fidelity
from aedesk.gui.panels.compress.live_preview import PreviewResult
from aedesk.gui.thread_pool import ThreadPool
from aedesk.gui.workspace import Workspace
from aedesk.imaging.other_codecs import Coded, available, code
from aedesk.imaging.picture import Picture

OURS = "aedesk"
OUR_QUALITIES = (50, 20, 80, 0, 35, 65, 90, 10, 100)
"""In an order that shows the rough shape first."""
THEIR_QUALITIES = {
    "JPEG": (50, 10, 80, 30, 65, 90, 5, 95),
    "WebP": (50, 0, 80, 25, 65, 90, 95),
    "AVIF": (50, 20, 80, 35, 65, 10, 90),
    "JPEG XL": (50, 10, 80, 30, 65, 90, 95),
}


class CurveMeasurement(QObject):
    """Measures one picture at a time.

    Signals:
        measured(codec, bits per pixel, PSNR in dB, quality): one point.
        ended: all points were measured.
        failed(text)
    """

    measured = Signal(str, float, float, int)
    ended = Signal()
    failed = Signal(str)

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._job = LatestJob(workspace.bridge, self)
        self._job.finished.connect(self._on_ours)
        self._job.failed.connect(self._on_failed)
        self._pool = ThreadPool(self, "aedesk-curves")
        self._tickets: list[int] = []
        self._source: Picture | None = None
        self._spec = CompressSpec()
        self._ours: list[int] = []
        self._theirs = 0
        self.done = self.total = 0

    @property
    def busy(self) -> bool:
        """Whether points are missing."""
        return bool(self._ours) or self._theirs > 0

    def begin(self, preview: PreviewResult) -> None:
        """Measures the picture of ``preview`` with its model at all qualities."""
        self.stop()
        self._source = source = preview.source
        self._spec = replace(preview.request.spec, target_bpp=None, target_psnr=None, target_bytes=None)
        self._ours = list(OUR_QUALITIES)
        names = [name for name in THEIR_QUALITIES if name in available()]
        points = [(name, quality) for place in range(8) for name in names for quality in THEIR_QUALITIES[name][place : place + 1]]
        self._theirs = len(points)
        self.done, self.total = 0, len(points) + len(self._ours)
        for name, quality in points:
            self._tickets.append(self._pool.run(partial(code, name, source, quality), self._on_theirs, self._on_their_error))
        self._next()

    def stop(self) -> None:
        """Cancels the measurement."""
        for ticket in self._tickets:
            self._pool.cancel(ticket)
        self._tickets.clear()
        self._ours, self._theirs = [], 0
        self._job.cancel()

    def shutdown(self) -> None:
        self.stop()
        self._pool.shutdown()

    def _next(self) -> None:
        if self._ours and self._source is not None:
            self._job.run(replace(self._spec, quality=self._ours[0]), self._source)

    @Slot(object)
    def _on_ours(self, result: CompressResult) -> None:
        if not self._ours or self._source is None:
            return
        quality = self._ours.pop(0)
        self.done += 1
        self.measured.emit(OURS, result.bpp, fidelity(self._source, result.decoded) if result.psnr is None else result.psnr, quality)
        self._next()
        self._look_for_end()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._ours = []
        self.failed.emit(text)
        self._look_for_end()

    def _on_theirs(self, coded: Coded) -> None:
        self._theirs -= 1
        self.done += 1
        self.measured.emit(coded.codec, coded.bpp, coded.psnr, coded.quality)
        self._look_for_end()

    def _on_their_error(self, error: AedeskError) -> None:
        self._theirs -= 1
        self.done += 1
        self.failed.emit(str(error))
        self._look_for_end()

    def _look_for_end(self) -> None:
        if not self.busy:
            self.ended.emit()
