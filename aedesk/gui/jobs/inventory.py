"""The devices and models that the worker has found: finding them needs torch."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import JobError
from aedesk.core.events import Event, Failed, Finished
from aedesk.core.specs import DeviceInfo, DevicesSpec, ModelInfo, ModelsSpec
from aedesk.gui.jobs.bridge import JobBridge
from aedesk.settings.store import Settings

log = logging.getLogger(__name__)


class Inventory(QObject):
    """Queries every worker that has started, and stores the user's choice of device and models."""

    devices_changed = Signal()
    models_changed = Signal()
    device_changed = Signal(str)
    model_chosen = Signal(str)
    codec_chosen = Signal(str)

    def __init__(self, settings: Settings, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._bridge = settings, bridge
        self._queries: dict[int, type] = {}
        self._restarted = True
        self.devices: tuple[DeviceInfo, ...] = (DeviceInfo("cpu", "CPU", ""),)
        self.models: tuple[ModelInfo, ...] = ()
        bridge.state_changed.connect(self._on_state)
        bridge.job_event.connect(self._on_event)

    @property
    def device(self) -> str:
        """The device for the next job: "auto" or the name of a device."""
        return str(self._settings["device"])

    def choose_device(self, name: str) -> None:
        """Sets the device for the next jobs."""
        if name != self.device:
            self._settings["device"] = name
            self.device_changed.emit(name)

    def choose_model(self, name: str) -> None:
        """Sets the model of Restore; it may be so new that ``models`` does not contain it yet."""
        self._settings["model"] = name
        self.model_chosen.emit(name)

    def choose_codec(self, name: str) -> None:
        """Sets the model of Compress; see ``choose_model``."""
        self._settings["compress_model"] = name
        self.codec_chosen.emit(name)

    def has_device(self, name: str) -> bool:
        """Returns whether a device exists."""
        return name == "auto" or any(device.name == name for device in self.devices)

    def refresh(self) -> None:
        """Queries the worker again, for example after a device was lost."""
        try:
            for spec in (DevicesSpec(), ModelsSpec()):
                self._queries[self._bridge.submit(spec)] = type(spec)
        except JobError as error:  # the window has been closed, or the worker does not start, which was reported
            log.info("%s", error)

    @Slot(str, str)
    def _on_state(self, state: str, _detail: str) -> None:
        if state == "starting":
            self._restarted = True
        elif state == "ready" and self._restarted:
            self._restarted = False
            self.refresh()

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if isinstance(event, Failed) and job_id in self._queries:
            del self._queries[job_id]
            log.warning("%s %s", event.message, event.hint)
        elif isinstance(event, Finished) and job_id in self._queries:
            query = self._queries.pop(job_id)
            if query is DevicesSpec:
                self.devices = tuple(event.result)
                self.devices_changed.emit()
            else:
                self.models = tuple(event.result)
                self.models_changed.emit()
