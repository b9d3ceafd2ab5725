"""Loads thumbnails on demand: visible rows request theirs, and the latest request is served first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from aedesk.gui.thread_pool import ThreadPool
from aedesk.gui.widgets.viewer.painting import qimage

Thumbnailer = Callable[[Path, int], np.ndarray]

_CACHED = 600
_WAITING = 60  # more than a window shows at once; older requests, of rows that were scrolled past, are dropped


class ThumbnailLoader(QObject):
    """Reads thumbnails on one background thread and caches the latest ones.

    Args:
        thumbnailer: (path, edge in device pixels) -> (h, w, 3) uint8; called on the background thread.
        owner: the thread ends with this object.

    Signals:
        loaded(Path): :meth:`get` returns a thumbnail now, a null image if the file cannot be read.
    """

    loaded = Signal(object)

    def __init__(self, thumbnailer: Thumbnailer, edge_px: int, owner: QObject) -> None:
        super().__init__(owner)
        self.edge_px = edge_px
        self._thumbnailer = thumbnailer
        self._cache: OrderedDict[Path, QImage] = OrderedDict()
        self._waiting: OrderedDict[Path, None] = OrderedDict()
        self._busy: set[Path] = set()
        self._lock = threading.Lock()  # guards _waiting and _busy, which both threads change
        self._pool = ThreadPool(owner, "aedesk-thumbnails")

    def get(self, path: Path) -> QImage | None:
        """Returns the thumbnail, or None and emits ``loaded`` later. Window's thread."""
        image = self._cache.get(path)
        if image is not None:
            self._cache.move_to_end(path)
            return image
        with self._lock:
            if path not in self._busy:
                known = path in self._waiting
                self._waiting[path] = None
                self._waiting.move_to_end(path)
                while len(self._waiting) > _WAITING:
                    self._waiting.popitem(last=False)
                if not known:
                    self._pool.run(self._next, self._on_read)
        return None

    def forget(self, path: Path) -> None:
        """Drops the thumbnail of a file that has changed or left the library."""
        self._cache.pop(path, None)
        with self._lock:
            self._waiting.pop(path, None)

    def stop(self) -> None:
        """Ends the thread."""
        self._pool.shutdown()

    def _next(self) -> tuple[Path, np.ndarray | None] | None:
        """Reads the thumbnail that was requested last. Background thread."""
        with self._lock:
            if not self._waiting:
                return None
            path, _ = self._waiting.popitem(last=True)
            self._busy.add(path)
        try:
            return path, self._thumbnailer(path, self.edge_px)
        except Exception:  # the error is reported when the file is opened
            return path, None

    def _on_read(self, result: tuple[Path, np.ndarray | None] | None) -> None:
        if result is None:
            return
        path, pixels = result
        with self._lock:
            self._busy.discard(path)
        self._cache[path] = QImage() if pixels is None else qimage(pixels)
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        self.loaded.emit(path)
