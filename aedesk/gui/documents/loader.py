"""Reads pictures when they are needed, off the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from aedesk.core.codec_specs import DecompressResult
from aedesk.core.errors import AedeskError, PictureError
from aedesk.gui.documents.aed_files import AedDecoder, read_if_aed
from aedesk.gui.documents.history import Step
from aedesk.gui.documents.library import Badge, Document, Library
from aedesk.gui.thread_pool import OnError, ThreadPool
from aedesk.imaging.picture import Picture
from aedesk.jobs.picture_reader import Reads

log = logging.getLogger(__name__)

OnLoaded = Callable[[Document], None]

PAIRS = (("_noisy", "_clean"), ("_real", "_mean"))
"""File name endings that data sets use for a noisy picture and its clean original."""


class Loader(QObject):
    """Reads the source of a document, and its reference if that is next to it."""

    failed = Signal(object, object)  # Document, AedeskError
    damaged = Signal(object, str)  # Document, which parts could not be read

    def __init__(self, library: Library, pool: ThreadPool, decoder: AedDecoder, reader: Reads, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._decoder = decoder
        self._reader = reader
        self._library = library
        self._pool = pool
        self._waiting: dict[int, list[tuple[OnLoaded, OnError | None]]] = {}

    def ensure(self, document: Document, then: OnLoaded, failed: OnError | None = None) -> None:
        """Calls ``then(document)`` once its source is loaded, or ``failed(error)``. A file is read once for all who wait."""
        if document.source is not None:
            then(document)
            return
        waiting = self._waiting.setdefault(document.id, [])
        waiting.append((then, failed))
        if len(waiting) > 1:
            return
        partner = None if document.reference_checked else clean_partner(document.path)

        def work() -> bytes | tuple[Picture, Picture | None]:
            data = read_if_aed(document.path)
            if data is not None:
                return data
            source = self._reader.read(document.path)
            return source, _matching_reference(partner, source, self._reader) if partner is not None else None

        def on_error(error: AedeskError) -> None:
            self._failed(document, error)

        def done(found: bytes | tuple[Picture, Picture | None]) -> None:
            if isinstance(found, bytes):
                self._decoder.decode(found, lambda result: self._decoded(document, len(found), result), on_error)
            else:
                self._arrived(document, *found)

        self._pool.run(work, done, on_error)

    def set_reference(self, document: Document, path: Path, failed: OnError) -> None:
        """Makes the picture in ``path`` the reference of ``document``; it must have the same size."""

        def start(ready: Document) -> None:
            source = ready.source
            if source is not None:
                work = partial(reference_for, source, path, self._reader)
                self._pool.run(work, lambda reference: self._add_reference(ready, reference), failed)

        self.ensure(document, start, failed)

    def _arrived(self, document: Document, source: Picture, reference: Picture | None) -> None:
        if reference is not None and not document.reference_checked and document.step.reference is None:
            document.history = document.history.with_first_step(Step("Open", reference=reference))
        document.reference_checked = True
        for note in source.notes:
            log.info("%s: %s", document.path, note)
        if document.badge is Badge.FAILED and document.result is None:
            document.badge, document.problem = Badge.NONE, ""
        self._library.set_source(document, source)
        for then, _ in self._waiting.pop(document.id, []):
            then(document)

    def _decoded(self, document: Document, size_bytes: int, result: DecompressResult) -> None:
        document.aed_bytes = size_bytes
        self._arrived(document, result.picture, None)
        if result.lost:
            parts = "1 part" if len(result.lost) == 1 else f"{len(result.lost)} parts"
            document.problem = f"{document.name} is damaged: {parts} of the picture could not be read; shown in gray."
            self.damaged.emit(document, document.problem)

    def _failed(self, document: Document, error: AedeskError) -> None:
        self._library.set_badge(document, Badge.FAILED, str(error))
        self.failed.emit(document, error)
        for _, failed in self._waiting.pop(document.id, []):
            if failed is not None:
                failed(error)

    def _add_reference(self, document: Document, reference: Picture) -> None:
        step = document.step
        self._library.push(document, Step("Load reference", step.noisy, reference, step.restored, step.sigma, step.erased))


def clean_partner(path: Path) -> Path | None:
    """Returns the file next to ``path`` that is its clean original by name (``x_noisy.png``, ``x_clean.png``), or None."""
    for noisy, clean in PAIRS:
        if path.stem.endswith(noisy):
            partner = path.with_name(path.stem.removesuffix(noisy) + clean + path.suffix)
            if partner.exists():
                return partner
    return None


def reference_for(source: Picture, path: Path, reader: Reads) -> Picture:
    """Reads a clean original. Raises PictureError if it differs in size from ``source``."""
    reference = reader.read(path)
    if (reference.width, reference.height) != (source.width, source.height):
        sizes = f"{reference.width}\N{MULTIPLICATION SIGN}{reference.height}, not {source.width}\N{MULTIPLICATION SIGN}{source.height}"
        raise PictureError(f"{path.name} has {sizes} pixels.", "A reference must have exactly the same size.")
    return reference


def _matching_reference(path: Path, source: Picture, reader: Reads) -> Picture | None:
    """Reads a file that was found by its name only: None if it cannot be read or differs in size."""
    try:
        return reference_for(source, path, reader)
    except AedeskError:
        return None
