"""Python's search for unreachable cycles, kept on the thread of the window.

Python searches on whichever thread happens to allocate, and ends there what it finds. A Qt object that is ended on a thread which is not
its own may hold a lock that the window's thread waits for while it waits for Python itself: the program stands still.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

LOOK_MS = 1000


class GarbageCollector(QObject):
    """While it runs, unreachable cycles are searched for on this thread alone, as often as Python would, but for :data:`LOOK_MS`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        if self._was_enabled:
            gc.enable()

    @Slot()
    def _look(self) -> None:
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, most) in enumerate(counts) if 0 < most < count]  # 0: never by itself
        if due:
            gc.collect(due[-1])
