"""Another codec beside ours: the same picture at an equal size or at an equal fidelity, made in a thread of its own.

Not in the window's pool: an AVIF takes seconds, and reading pictures must not wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from aedesk.core.errors import AedeskError
from aedesk.gui.panels.compress.live_preview import Shown
from aedesk.gui.thread_pool import ThreadPool
from aedesk.imaging.metrics import psnr
from aedesk.imaging.other_codecs import Coded, nearest_in_psnr, nearest_in_size
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import to_8_bit

BY_SIZE, BY_PSNR = "size", "psnr"


@dataclass(frozen=True, eq=False)
class Duel:
    """``coded`` is what the other codec makes of ``shown.given``, near to ours in ``by``: "size" or "psnr"."""

    shown: Shown
    coded: Coded
    by: str


class Rival(QObject):
    """Of several questions only the last is answered.

    Signals:
        met(Duel), failed(text), busy_changed(bool).
    """

    met = Signal(object)
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = ThreadPool(self, "aedesk-other-codec")
        self._stop: threading.Event | None = None

    @property
    def busy(self) -> bool:
        return self._stop is not None

    def ask(self, shown: Shown, codec: str, by: str) -> None:
        """Find the file of ``codec`` that comes nearest to ours in ``by``."""
        self.forget()
        self._stop = stop = threading.Event()
        pool = self._pool
        pool.run(
            _work(shown, codec, by, lambda: stop.is_set() or pool.stopped),
            lambda coded: self._on_coded(stop, shown, by, coded),
            lambda error: self._on_failed(stop, error),
        )
        self.busy_changed.emit(True)

    def forget(self) -> None:
        """Nobody wants to know any more."""
        if self._stop is not None:
            self._stop.set()
            self._end()

    def stop(self) -> None:
        """End the thread, after the encoding that is under way."""
        self.forget()
        self._pool.shutdown()

    def _on_coded(self, stop: threading.Event, shown: Shown, by: str, coded: Coded | None) -> None:
        if stop is self._stop:
            self._end()
            if coded is not None:
                self.met.emit(Duel(shown, coded, by))

    def _on_failed(self, stop: threading.Event, error: AedeskError) -> None:
        if stop is self._stop:
            self._end()
            self.failed.emit(str(error))

    def _end(self) -> None:
        self._stop = None
        self.busy_changed.emit(False)


def fidelity(original: Picture, decoded: Picture) -> float:
    """PSNR in dB, in 8 bits if one of the two has no more; what came back without colour is held against the colours."""
    a, b = original.pixels, np.broadcast_to(decoded.pixels, original.pixels.shape)
    return psnr(a, b) if a.dtype == b.dtype else psnr(to_8_bit(a), to_8_bit(b))


def _work(shown: Shown, codec: str, by: str, stopped: Callable[[], bool]) -> Callable[[], Any]:
    """Runs in the thread."""
    given, result = shown.given, shown.result

    def work() -> Coded | None:
        if by == BY_SIZE:
            return nearest_in_size(codec, given, len(result.data), stopped)
        return nearest_in_psnr(codec, given, fidelity(Picture(to_8_bit(given.pixels)), Picture(to_8_bit(result.decoded.pixels))), stopped)

    return work
