"""Measures the rate-distortion curves of one picture: ours in the worker, the other codecs in a thread beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.codec_specs import CompressResult, CompressSpec
from aedesk.gui.jobs.exclusive_job import Runner
from aedesk.gui.panels.compress.comparison import fidelity
from aedesk.gui.panels.compress.live_preview import Shown
from aedesk.gui.widgets.background import Background
from aedesk.gui.workspace import Workspace
from aedesk.imaging.other_codecs import Coded, available, code
from aedesk.imaging.picture import Picture

OURS = "aedesk"
OUR_QUALITIES = (50, 20, 80, 0, 35, 65, 90, 10, 100)
"""The rough shape first."""
THEIR_QUALITIES = {
    "JPEG": (50, 10, 80, 30, 65, 90, 5, 95),
    "WebP": (50, 0, 80, 25, 65, 90, 95),
    "AVIF": (50, 20, 80, 35, 65, 10, 90),
    "JPEG XL": (50, 10, 80, 30, 65, 90, 95),
}


class CurveRun(QObject):
    """Signals:
    measured(codec, bits per pixel, PSNR in dB, quality); ended: all points are there, or it was stopped; failed(text).
    """

    measured = Signal(str, float, float, int)
    ended = Signal()
    failed = Signal(str)

    def __init__(self, workspace: Workspace, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = Runner(workspace.bridge, self)
        self._runner.finished.connect(self._on_ours)
        self._runner.failed.connect(self._on_failed)
        self._background = Background(self, "aedesk-curves")
        self._background.done.connect(self._on_theirs)
        self._stop: threading.Event | None = None
        self._given: Picture | None = None
        self._spec = CompressSpec()
        self._ours: list[int] = []
        self._theirs = 0
        self.done = self.total = 0

    @property
    def busy(self) -> bool:
        return bool(self._ours) or self._theirs > 0

    def begin(self, shown: Shown) -> None:
        """Measure the picture that was compressed for ``shown``, with its model, at all qualities."""
        self.stop()
        self._stop = stop = threading.Event()
        self._given = shown.given
        self._spec = replace(shown.wish.spec, target_bpp=None, target_psnr=None, target_bytes=None)
        self._ours = list(OUR_QUALITIES)
        names = [name for name in THEIR_QUALITIES if name in available()]
        asked = [(name, quality) for place in range(8) for name in names for quality in THEIR_QUALITIES[name][place : place + 1]]
        self._theirs = len(asked)
        self.done, self.total = 0, len(asked) + len(self._ours)
        for name, quality in asked:
            self._background.submit(stop, _work(name, shown.given, quality, stop))
        self._next()

    def stop(self) -> None:
        """Forget what is under way."""
        if self._stop is not None:
            self._stop.set()
        self._stop = None
        self._ours, self._theirs = [], 0
        self._runner.cancel()

    def shutdown(self) -> None:
        self.stop()
        self._background.stop()

    def _next(self) -> None:
        if self._ours and self._given is not None:
            self._runner.run(replace(self._spec, quality=self._ours[0]), self._given)

    @Slot(object)
    def _on_ours(self, result: CompressResult) -> None:
        if not self._ours or self._given is None:
            return
        quality = self._ours.pop(0)
        self.done += 1
        self.measured.emit(OURS, result.bpp, fidelity(self._given, result.decoded) if result.psnr is None else result.psnr, quality)
        self._next()
        self._look_for_end()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._ours = []
        self.failed.emit(text)
        self._look_for_end()

    @Slot(object, object)
    def _on_theirs(self, stop: threading.Event, result: Any) -> None:
        if stop is not self._stop:
            return
        self._theirs -= 1
        self.done += 1
        if isinstance(result, Coded):
            self.measured.emit(result.codec, result.bpp, result.psnr, result.quality)
        elif isinstance(result, Exception):
            self.failed.emit(str(result))
        self._look_for_end()

    def _look_for_end(self) -> None:
        if not self.busy:
            self.ended.emit()


def _work(name: str, picture: Picture, quality: int, stop: threading.Event) -> Callable[[], Coded | None]:
    """Runs in the thread."""
    return lambda: None if stop.is_set() else code(name, picture, quality)
