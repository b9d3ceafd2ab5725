"""The objects behind the widgets: pictures, jobs, threads and settings."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from aedesk.gui.documents.aed_files import AedDecoder
from aedesk.gui.documents.library import Library
from aedesk.gui.documents.loader import Loader
from aedesk.gui.documents.metrics import MetricsMonitor
from aedesk.gui.jobs.bridge import Client, JobBridge
from aedesk.gui.jobs.inventory import Inventory
from aedesk.gui.jobs.task_queue import TaskQueue
from aedesk.gui.thread_pool import ThreadPool
from aedesk.jobs.picture_reader import PictureReader, Reads
from aedesk.settings.store import Settings

log = logging.getLogger(__name__)
MEGABYTE = 1 << 20
TRAINING_CLOSE_S = 30.0
"""A training run writes its checkpoint before its worker ends; meanwhile the window is hidden."""
TRIM_MS = 300
"""Memory is trimmed after a burst of changes, not after each."""


class Workspace(QObject):
    """Shared by the panels, the dialogs and the main window.

    Args:
        settings: changed in place and saved at the end.
        make_client: creates the client of the interactive lane.
        make_training_client: creates the client of the training lane; its worker starts with the first job.
        make_reader: creates a reader of picture files; called once for pictures and once for thumbnails.
    """

    notified = Signal(str, str)  # a message for the banner, and its level: "info", "warning" or "error"
    close_requested = Signal(object)  # list of Document

    def __init__(
        self,
        settings: Settings,
        make_client: Callable[[], Client],
        make_training_client: Callable[[], Client],
        parent: QObject | None = None,
        make_reader: Callable[[], Reads] = PictureReader,
    ) -> None:
        super().__init__(parent)
        self.settings = settings
        self.library = Library(self)
        self.pool = ThreadPool(self)
        self.bridge = JobBridge(make_client, self)
        self.training = JobBridge(make_training_client, self)
        self.decoder = AedDecoder(settings, self.bridge, self)
        self.reader, self.thumbnail_reader = make_reader(), make_reader()
        self.loader = Loader(self.library, self.pool, self.decoder, self.reader, self)
        self.queue = TaskQueue(self.library, self.loader, self.pool, self.bridge, self)
        self.inventory = Inventory(settings, self.bridge, self)
        self.metrics = MetricsMonitor(self.library, self.pool, self)
        self._trimming = QTimer(self)
        self._trimming.setSingleShot(True)
        self._trimming.setInterval(TRIM_MS)
        self._trimming.timeout.connect(self._trim)
        self.library.changed.connect(self._trim_soon)
        self.library.current_changed.connect(self._trim_soon)

    def notify(self, text: str, level: str = "info") -> None:
        """Shows a message to the user and logs it."""
        log.log({"info": logging.INFO, "warning": logging.WARNING}.get(level, logging.ERROR), text)
        self.notified.emit(text, level)

    def shutdown(self, timeout_s: float = 3.0) -> None:
        """Ends all jobs, threads and worker processes. Idempotent."""
        self._trimming.stop()
        self.training.begin_shutdown(TRAINING_CLOSE_S if self.training.state == "busy" else timeout_s)
        self.bridge.shutdown(timeout_s)
        self.training.shutdown()
        self.reader.close()
        self.thumbnail_reader.close()
        self.pool.shutdown()

    @Slot(object)
    def _trim_soon(self, _document: object) -> None:
        self._trimming.start()

    @Slot()
    def _trim(self) -> None:
        self.library.trim(self.settings["undo_memory_mb"] * MEGABYTE, self.settings["picture_memory_mb"] * MEGABYTE)
