"""Keeps Python's garbage collection of reference cycles on the window's thread.

Python collects on whichever thread happens to allocate, and destroys there what it finds. A Qt object that is destroyed on a foreign
thread may hold a lock that the window's thread waits for while it holds the interpreter lock: a deadlock.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

CHECK_MS = 1000


class GarbageCollector(QObject):
    """While it runs, cycles are collected on this thread only, as often as Python would but at most every :data:`CHECK_MS`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=CHECK_MS)
        self._timer.timeout.connect(self._collect_if_due)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Returns garbage collection to Python."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()

    @Slot()
    def _collect_if_due(self) -> None:
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, most) in enumerate(counts) if 0 < most < count]  # a threshold of 0 means never
        if due:
            gc.collect(due[-1])
