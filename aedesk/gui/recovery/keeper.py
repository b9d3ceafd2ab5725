"""Keeps on the disk what a crash would take: which pictures are open, and the results that no file holds."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QTimer, Slot

from aedesk.core.errors import AedeskError
from aedesk.gui.documents.library import Document
from aedesk.gui.recovery.record import Kept, Record, step_values, write_picture, write_record
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture
from aedesk.settings.private import make_private

log = logging.getLogger(__name__)
QUIET_MS = 700
"""It writes after a burst of changes, not at each."""


class Keeper(QObject):
    """Follows the library from ``begin`` to ``end``, which removes everything: there is nothing to restore after a proper end."""

    def __init__(self, workspace: Workspace, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._folder = workspace, folder
        self._names: WeakKeyDictionary[Picture, str] = WeakKeyDictionary()
        self._count = 0
        self._writing = self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self._write)

    def begin(self) -> None:
        """A folder that cannot be written costs only this safety, and the log says so."""
        try:
            make_private(self._folder)
        except OSError as error:
            log.warning("The session is not kept: %s", error)
            return
        library = self._workspace.library
        for signal in (library.added, library.removed, library.changed, library.current_changed):
            signal.connect(self._on_change)
        self._write()

    def end(self) -> None:
        """Call it when nothing runs in the pool any more."""
        self._timer.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @Slot(object)
    def _on_change(self, _about: object) -> None:
        self._timer.start()

    @Slot()
    def _write(self) -> None:
        if self._writing:
            self._again = True
            return
        self._writing = True
        library = self._workspace.library
        named: dict[Picture, str] = {}
        new: dict[Picture, str] = {}
        kept = tuple(self._kept(document, named, new) for document in library.documents)
        record = Record(kept, str(library.current.path) if library.current else "")
        files = set(named.values())
        self._workspace.pool.run(lambda: store(record, new, files, self._folder), self._on_written, self._on_failed, background=True)

    def _kept(self, document: Document, named: dict[Picture, str], new: dict[Picture, str]) -> Kept:
        steps = document.history.steps
        if len(steps) == 1:
            return Kept(str(document.path))  # what stands at the beginning is found again when the file is read
        for step in steps:
            for picture in step.pictures:
                if picture not in self._names:
                    self._count += 1
                    self._names[picture] = new[picture] = f"{self._count}.npz"
                named[picture] = self._names[picture]
        return Kept(str(document.path), document.history.index, document.modified, tuple(step_values(step, named) for step in steps))

    def _on_written(self, _result: object) -> None:
        self._writing = False
        if self._again:
            self._again = False
            self._timer.start()

    def _on_failed(self, error: AedeskError) -> None:
        """The names stand for files that are perhaps not there: it is all written anew at the next change."""
        log.warning("The session could not be kept: %s", error)
        self._names.clear()
        self._on_written(None)


def store(record: Record, new: dict[Picture, str], files: set[str], folder: Path) -> None:
    """First the pictures, then what names them, then what nothing names any more goes. Runs in a thread of the pool."""
    for picture, name in new.items():
        write_picture(picture, folder / name)
    write_record(record, folder)
    for path in folder.glob("*.npz"):
        if path.name not in files:
            path.unlink(missing_ok=True)
