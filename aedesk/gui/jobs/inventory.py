"""Which devices and models there are: the worker knows, because asking needs torch."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import JobError
from aedesk.core.events import Event, Failed, Finished
from aedesk.core.specs import DeviceInfo, DevicesSpec, ModelInfo, ModelsSpec
from aedesk.gui.jobs.bridge import JobBridge
from aedesk.settings.store import Settings

log = logging.getLogger(__name__)


class Catalog(QObject):
    """Asks whenever a worker has started, and keeps what the person chose."""

    devices_changed = Signal()
    models_changed = Signal()
    device_changed = Signal(str)
    model_chosen = Signal(str)
    codec_chosen = Signal(str)

    def __init__(self, settings: Settings, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._bridge = settings, bridge
        self._asked: dict[int, type] = {}
        self._fresh = True
        self.devices: tuple[DeviceInfo, ...] = (DeviceInfo("cpu", "CPU", ""),)
        self.models: tuple[ModelInfo, ...] = ()
        bridge.state_changed.connect(self._on_state)
        bridge.job_event.connect(self._on_event)

    @property
    def device(self) -> str:
        """ "auto" or the name of a device; what the next job gets."""
        return str(self._settings["device"])

    def choose_device(self, name: str) -> None:
        if name != self.device:
            self._settings["device"] = name
            self.device_changed.emit(name)

    def choose_model(self, name: str) -> None:
        """The model that Restore uses from now on; it may be so new that ``models`` does not have it yet."""
        self._settings["model"] = name
        self.model_chosen.emit(name)

    def choose_codec(self, name: str) -> None:
        """The model that Compress uses from now on; as for ``choose_model``."""
        self._settings["compress_model"] = name
        self.codec_chosen.emit(name)

    def has_device(self, name: str) -> bool:
        return name == "auto" or any(device.name == name for device in self.devices)

    def ask(self) -> None:
        """Ask the worker again, e.g. after a device was lost."""
        try:
            for spec in (DevicesSpec(), ModelsSpec()):
                self._asked[self._bridge.submit(spec)] = type(spec)
        except JobError as error:  # the window has been closed meanwhile, or the worker is given up and has said so
            log.info("%s", error)

    @Slot(str, str)
    def _on_state(self, state: str, _detail: str) -> None:
        if state == "starting":
            self._fresh = True
        elif state == "ready" and self._fresh:
            self._fresh = False
            self.ask()

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if isinstance(event, Failed) and job_id in self._asked:
            del self._asked[job_id]
            log.warning("%s %s", event.message, event.hint)
        elif isinstance(event, Finished) and job_id in self._asked:
            asked = self._asked.pop(job_id)
            if asked is DevicesSpec:
                self.devices = tuple(event.result)
                self.devices_changed.emit()
            else:
                self.models = tuple(event.result)
                self.models_changed.emit()
