"""Saves results off the window's thread, never over an existing file unless asked to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from aedesk.core.errors import AedeskError
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Document
from aedesk.gui.workspace import Workspace
from aedesk.imaging.formats import WRITABLE, format_name
from aedesk.imaging.io import write
from aedesk.imaging.losses import losses
from aedesk.imaging.picture import Picture

log = logging.getLogger(__name__)

FALLBACK_SUFFIX = ".png"


class Saver(QObject):
    """Writes ``Document.result``; the picture carries its own metadata."""

    saved = Signal(object, object)  # Document, Path
    failed = Signal(object, object)  # Document, AedeskError

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace

    def save(self, document: Document, path: Path, *, overwrite: bool, then: Callable[[], None] | None = None) -> None:
        """Writes one result. The user has agreed to ``overwrite`` in the dialog."""
        step, picture = document.step, document.saveable
        if picture is None:
            return
        quality = int(self._workspace.settings["jpeg_quality"])

        def done(written: Path) -> None:
            self._on_saved(document, step, written, picture)
            if then is not None:
                then()

        self._workspace.pool.run(
            lambda: write(picture, path, quality=quality, overwrite=overwrite), done, lambda error: self.failed.emit(document, error)
        )

    def save_all(self, documents: Iterable[Document], folder: Path, finished: Callable[[int, int], None]) -> None:
        """Writes every result into ``folder`` as NAME_restored.EXT, or NAME_restored-2.EXT if that exists.

        Calls ``finished(saved, failed)`` with both counts at the end; a picture that cannot be written does not stop the others.
        """
        waiting = [document for document in documents if document.result is not None]
        counts = [0, 0]
        suffix, quality = str(self._workspace.settings["save_suffix"]), int(self._workspace.settings["jpeg_quality"])

        def next_one() -> None:
            if not waiting:
                finished(*counts)
                return
            document = waiting.pop(0)
            step, picture = document.step, document.result
            if picture is None:
                next_one()
                return

            def done(written: Path) -> None:
                counts[0] += 1
                self._on_saved(document, step, written, picture)
                next_one()

            def failed(error: AedeskError) -> None:
                counts[1] += 1
                self.failed.emit(document, error)
                next_one()

            target = folder / save_name(document.path, suffix)
            self._workspace.pool.run(lambda: write_beside(picture, target, quality), done, failed)

        next_one()

    def _on_saved(self, document: Document, step: Step, path: Path, picture: Picture) -> None:
        for sentence in losses(picture, format_name(path)):
            log.info("%s: %s", path, sentence)
        self._workspace.library.mark_saved(document, step)
        self.saved.emit(document, path)


def save_name(path: Path, suffix: str) -> str:
    """Returns NAME + suffix in the picture's own format, or PNG if that format cannot be written."""
    extension = path.suffix if path.suffix.lower() in WRITABLE else FALLBACK_SUFFIX
    return f"{path.stem}{suffix}{extension}"


def write_beside(picture: Picture, target: Path, quality: int) -> Path:
    """Writes to ``target`` or, if that exists, to the next free name with a number. Returns the path."""
    return write(picture, free_name(target), quality=quality, overwrite=False)


def free_name(target: Path) -> Path:
    """Returns ``target``, or NAME-2, NAME-3 ... if that exists."""
    path, number = target, 1
    while path.exists():
        number += 1
        path = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return path
