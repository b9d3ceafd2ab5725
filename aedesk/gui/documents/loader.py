"""Reading pictures when they are needed, off the window's thread."""

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

Then = Callable[[Document], None]

PAIRS = (("_noisy", "_clean"), ("_real", "_mean"))
"""Endings of file names by which data sets mark a noisy picture and its clean original."""


class Loader(QObject):
    """Gives every document its source, and the reference that lies beside it."""

    failed = Signal(object, object)  # Document, AedeskError
    damaged = Signal(object, str)  # Document, what of it could not be read

    def __init__(self, library: Library, pool: ThreadPool, decoder: AedDecoder, reader: Reads, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._decoder = decoder
        self._reader = reader
        self._library = library
        self._pool = pool
        self._waiting: dict[int, list[tuple[Then, OnError | None]]] = {}

    def ensure(self, document: Document, then: Then, failed: OnError | None = None) -> None:
        """Call ``then(document)`` once its source is there, or ``failed(error)``; several may wait for the same reading."""
        if document.source is not None:
            then(document)
            return
        waiting = self._waiting.setdefault(document.id, [])
        waiting.append((then, failed))
        if len(waiting) > 1:
            return
        partner = None if document.reference_asked else clean_partner(document.path)

        def work() -> bytes | tuple[Picture, Picture | None]:
            data = read_if_aed(document.path)
            if data is not None:
                return data
            source = self._reader.read(document.path)
            return source, _fitting(partner, source, self._reader) if partner is not None else None

        def oops(error: AedeskError) -> None:
            self._failed(document, error)

        def done(found: bytes | tuple[Picture, Picture | None]) -> None:
            if isinstance(found, bytes):
                self._decoder.decode(found, lambda result: self._decoded(document, len(found), result), oops)
            else:
                self._arrived(document, *found)

        self._pool.run(work, done, oops)

    def set_reference(self, document: Document, path: Path, failed: OnError) -> None:
        """Make the picture in ``path`` the clean original of ``document``; it must have the same size."""

        def start(ready: Document) -> None:
            source = ready.source
            if source is not None:
                work = partial(reference_for, source, path, self._reader)
                self._pool.run(work, lambda reference: self._referred(ready, reference), failed)

        self.ensure(document, start, failed)

    def _arrived(self, document: Document, source: Picture, reference: Picture | None) -> None:
        if reference is not None and not document.reference_asked and document.step.reference is None:
            document.history = document.history.starting_with(Step("Open", reference=reference))
        document.reference_asked = True
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
            parts = "a part" if len(result.lost) == 1 else f"{len(result.lost)} parts"
            document.problem = f"{document.name} is damaged: {parts} of the picture could not be read and shows in gray."
            self.damaged.emit(document, document.problem)

    def _failed(self, document: Document, error: AedeskError) -> None:
        self._library.set_badge(document, Badge.FAILED, str(error))
        self.failed.emit(document, error)
        for _, failed in self._waiting.pop(document.id, []):
            if failed is not None:
                failed(error)

    def _referred(self, document: Document, reference: Picture) -> None:
        step = document.step
        self._library.push(document, Step("Load reference", step.noisy, reference, step.restored, step.sigma, step.erased))


def clean_partner(path: Path) -> Path | None:
    """The file beside ``path`` that is its clean original by name (``x_noisy.png``, ``x_clean.png``)."""
    for noisy, clean in PAIRS:
        if path.stem.endswith(noisy):
            partner = path.with_name(path.stem.removesuffix(noisy) + clean + path.suffix)
            if partner.exists():
                return partner
    return None


def reference_for(source: Picture, path: Path, reader: Reads) -> Picture:
    """Read a clean original. Raises PictureError if it cannot be compared with ``source``."""
    reference = reader.read(path)
    if (reference.width, reference.height) != (source.width, source.height):
        sizes = f"{reference.width}\N{MULTIPLICATION SIGN}{reference.height}, not {source.width}\N{MULTIPLICATION SIGN}{source.height}"
        raise PictureError(f"{path.name} has {sizes} pixels.", "A reference is the clean original of exactly the same size.")
    return reference


def _fitting(path: Path, source: Picture, reader: Reads) -> Picture | None:
    """A partner was found by its name only: if it does not fit, it is not one."""
    try:
        return reference_for(source, path, reader)
    except AedeskError:
        return None
