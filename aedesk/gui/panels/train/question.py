"""Questions to the interactive worker of which only the newest matters."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from aedesk.core.errors import AedeskError
from aedesk.core.events import Event, Failed, Finished, Terminal
from aedesk.gui.jobs.bridge import JobBridge


class Asker(QObject):
    """At most one job: a new question cancels the one before, and waits a moment for a still newer one.

    Signals:
        answered(result), failed(words): of the newest question only.
        busy_changed(on): an answer is being waited for.
    """

    answered = Signal(object)
    failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, bridge: JobBridge, settle_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job_id = 0
        self._spec: object | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(settle_ms)
        self._settle.timeout.connect(self._submit)
        bridge.job_event.connect(self._on_event)

    def ask(self, spec: object) -> None:
        self._spec = spec
        self._settle.start()
        self.busy_changed.emit(True)

    @Slot()
    def forget(self) -> None:
        """No question any more."""
        self._settle.stop()
        self._spec = None
        if self._job_id:
            self._bridge.cancel(self._job_id)
            self._job_id = 0
        self.busy_changed.emit(False)

    @Slot()
    def _submit(self) -> None:
        if self._job_id:
            self._bridge.cancel(self._job_id)
        try:
            self._job_id = self._bridge.submit(self._spec)
        except AedeskError as error:
            self._job_id = 0
            self.busy_changed.emit(False)
            self.failed.emit(str(error))

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if not self._job_id or job_id != self._job_id or not isinstance(event, Terminal):
            return
        self._job_id = 0
        if self._settle.isActive():
            return
        self.busy_changed.emit(False)
        if isinstance(event, Finished):
            self.answered.emit(event.result)
        elif isinstance(event, Failed):
            self.failed.emit(f"{event.message} {event.hint}".rstrip())
