"""Compares with another codec: encodes the same picture at the same size or PSNR, on its own thread.

The window's pool would not do: an AVIF takes seconds, and reading pictures must not wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from aedesk.core.errors import AedeskError
from aedesk.gui.panels.compress.live_preview import PreviewResult
from aedesk.gui.thread_pool import ThreadPool
from aedesk.imaging.metrics import psnr
from aedesk.imaging.other_codecs import Coded, nearest_in_psnr, nearest_in_size
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit

BY_SIZE, BY_PSNR = "size", "psnr"


@dataclass(frozen=True, eq=False)
class Comparison:
    """``coded`` is ``preview.source`` in the other codec, as near as possible to ours in ``by``: "size" or "psnr"."""

    preview: PreviewResult
    coded: Coded
    by: str


class CodecComparer(QObject):
    """Runs one comparison at a time; a new one replaces the running one.

    Signals:
        compared(Comparison), failed(text), busy_changed(bool).
    """

    compared = Signal(object)
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = ThreadPool(self, "aedesk-other-codec")
        self._stop: threading.Event | None = None

    @property
    def busy(self) -> bool:
        """Whether a comparison runs."""
        return self._stop is not None

    def compare(self, preview: PreviewResult, codec: str, by: str) -> None:
        """Finds the quality of ``codec`` that comes nearest to our file in ``by``."""
        self.cancel()
        self._stop = stop = threading.Event()
        pool = self._pool
        pool.run(
            _work(preview, codec, by, lambda: stop.is_set() or pool.stopped),
            lambda coded: self._on_coded(stop, preview, by, coded),
            lambda error: self._on_failed(stop, error),
        )
        self.busy_changed.emit(True)

    def cancel(self) -> None:
        """Cancels the running comparison."""
        if self._stop is not None:
            self._stop.set()
            self._end()

    def stop(self) -> None:
        """Ends the thread after the current encoding."""
        self.cancel()
        self._pool.shutdown()

    def _on_coded(self, stop: threading.Event, preview: PreviewResult, by: str, coded: Coded | None) -> None:
        if stop is self._stop:
            self._end()
            if coded is not None:
                self.compared.emit(Comparison(preview, coded, by))

    def _on_failed(self, stop: threading.Event, error: AedeskError) -> None:
        if stop is self._stop:
            self._end()
            self.failed.emit(str(error))

    def _end(self) -> None:
        self._stop = None
        self.busy_changed.emit(False)


def fidelity(original: Picture, decoded: Picture) -> float:
    """Returns the PSNR in dB, at 8 bits if one of the two has 8; a gray result is compared with each colour channel."""
    a, b = original.pixels, np.broadcast_to(decoded.pixels, original.pixels.shape)
    return psnr(a, b) if a.dtype == b.dtype else psnr(to_8_bit(a), to_8_bit(b))


def _work(preview: PreviewResult, codec: str, by: str, stopped: Callable[[], bool]) -> Callable[[], Any]:
    """Returns the work of one comparison. Any thread."""
    source, result = preview.source, preview.encoded

    def work() -> Coded | None:
        if by == BY_SIZE:
            return nearest_in_size(codec, source, len(result.data), stopped)
        return nearest_in_psnr(codec, source, fidelity(Picture(to_8_bit(source.pixels)), Picture(to_8_bit(result.decoded.pixels))), stopped)

    return work
