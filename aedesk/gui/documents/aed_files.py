"""Opening .aed files: recognised by their first bytes and decoded by the worker, because decoding needs torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from aedesk.core.codec_specs import DecompressResult, DecompressSpec
from aedesk.core.errors import AedeskError
from aedesk.core.events import Event, Failed, Finished, Terminal
from aedesk.formats.aed_file import MAGIC, SUFFIX
from aedesk.gui.jobs.bridge import JobBridge
from aedesk.gui.thread_pool import OnError
from aedesk.imaging import failures, limits
from aedesk.imaging.io import is_picture_path
from aedesk.settings.store import Settings

OnResult = Callable[[DecompressResult], None]


def is_openable(path: Path) -> bool:
    """Returns whether the suffix is that of a picture that the window can open."""
    return is_picture_path(path) or path.suffix.lower() == SUFFIX


def read_if_aed(path: Path) -> bytes | None:
    """Returns the bytes of an .aed file, None for any other file. Any thread. Raises PictureError."""
    with failures.reading(path):
        limits.check_file(path)
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
        return path.read_bytes()


class AedDecoder(QObject):
    """Decodes .aed files in the worker. Damaged files are salvaged; the result says which parts are lost."""

    def __init__(self, settings: Settings, bridge: JobBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._bridge = settings, bridge
        self._waiting: dict[int, tuple[DecompressSpec, bytes, OnResult, OnError]] = {}
        bridge.job_event.connect(self._on_event)

    def decode(self, data: bytes, done: OnResult, failed: OnError) -> None:
        """Calls ``done(result)`` or ``failed(error)`` later; neither if the window is closed before."""
        self._submit(DecompressSpec(salvage=True, device=str(self._settings["device"])), data, done, failed)

    def _submit(self, spec: DecompressSpec, data: bytes, done: OnResult, failed: OnError) -> None:
        try:
            self._waiting[self._bridge.submit(spec, data)] = (spec, data, done, failed)
        except AedeskError as error:
            failed(error)

    @Slot(int, object)
    def _on_event(self, job_id: int, event: Event) -> None:
        if job_id not in self._waiting or not isinstance(event, Terminal):
            return
        spec, data, done, failed = self._waiting.pop(job_id)
        if isinstance(event, Finished):
            done(event.result)
        elif isinstance(event, Failed) and event.kind == "DeviceError" and spec.device != "cpu":
            self._submit(replace(spec, device="cpu"), data, done, failed)
        elif isinstance(event, Failed):
            failed(AedeskError(event.message, event.hint))
