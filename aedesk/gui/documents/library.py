"""The open pictures. Qt signals, but no widgets, no files and no torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from aedesk.gui.documents.history import History, Step, size_bytes
from aedesk.imaging.picture import Picture

_ids = itertools.count(1)


class Badge(StrEnum):
    """The state that the library shows on a thumbnail."""

    NONE = ""
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


class Document:
    """One open picture.

    Attributes:
        source: the picture as it is in its file; None before it was read and after it was dropped to save memory.
        aed_bytes: size of the .aed file that it was read from; None for other formats.
        problem: why it could not be read or processed.
        reference_checked: a reference next to the file was looked for.
    """

    def __init__(self, path: Path) -> None:
        self.id = next(_ids)
        self.path = path
        self.source: Picture | None = None
        self.history = History(Step("Open"))
        self.badge = Badge.NONE
        self.problem = ""
        self.reference_checked = False
        self.aed_bytes: int | None = None
        self._saved = self.history.current

    @property
    def name(self) -> str:
        """File name of the picture."""
        return self.path.name

    @property
    def step(self) -> Step:
        """The current step of the history."""
        return self.history.current

    @property
    def base(self) -> Picture | None:
        """The picture that results are compared with: the noisy copy if there is one, else the opened picture."""
        return self.step.noisy or self.source

    @property
    def input(self) -> Picture | None:
        """The input of a denoising model: the picture without erased marks if there is one, else ``base``."""
        return self.step.erased or self.base

    @property
    def latest(self) -> Picture | None:
        """The result of all edits so far."""
        return self.step.restored or self.input

    @property
    def result(self) -> Picture | None:
        """The picture that Save writes: the restored one, else the noisy copy; None if there is neither."""
        return self.step.restored or self.step.noisy

    @property
    def saveable(self) -> Picture | None:
        """The picture that can be saved: the result, or for an .aed file the decoded picture, to convert it to another format."""
        return self.result or (self.source if self.aed_bytes is not None else None)

    @property
    def modified(self) -> bool:
        """Whether there is an unsaved result."""
        return self.result is not None and self.step is not self._saved

    def mark_saved(self, step: Step) -> None:
        """Records that the result of a step was saved."""
        self._saved = step


class Library(QObject):
    """The open pictures in order, and the current one."""

    added = Signal(object)  # list of Document
    removed = Signal(object)  # list of Document
    changed = Signal(object)  # Document: its step, badge, source or saved state
    current_changed = Signal(object)  # Document or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._documents: dict[int, Document] = {}
        self._current: Document | None = None
        self._recent_ids: list[int] = []

    @property
    def documents(self) -> list[Document]:
        return list(self._documents.values())

    @property
    def current(self) -> Document | None:
        """The current picture; None without pictures."""
        return self._current

    def find(self, document_id: int) -> Document | None:
        """Returns the document with an id; None if it was closed."""
        return self._documents.get(document_id)

    def add(self, paths: Iterable[Path]) -> list[Document]:
        """Opens files, each once. Returns their documents, existing and new."""
        by_path = {document.path: document for document in self._documents.values()}
        found, new = [], []
        for path in paths:
            document = by_path.get(path)
            if document is None:
                document = by_path[path] = Document(path)
                self._documents[document.id] = document
                new.append(document)
            found.append(document)
        if new:
            self.added.emit(new)
        return found

    def remove(self, documents: Iterable[Document]) -> None:
        """Closes pictures; another one becomes current if necessary."""
        gone = [document for document in documents if self._documents.pop(document.id, None) is not None]
        if not gone:
            return
        self._recent_ids = [known for known in self._recent_ids if known in self._documents]
        self.removed.emit(gone)
        if self._current in gone:
            self.set_current(next(iter(self._documents.values()), None))

    def set_current(self, document: Document | None) -> None:
        """Makes a picture current."""
        if document is self._current:
            return
        self._current = document
        if document is not None:
            self._recent_ids = [known for known in self._recent_ids if known != document.id] + [document.id]
        self.current_changed.emit(document)

    def move_current(self, by: int) -> None:
        """Makes a neighbour of the current picture current; the last and the first are neighbours."""
        documents = self.documents
        if self._current is not None:
            self.set_current(documents[(documents.index(self._current) + by) % len(documents)])

    def push(self, document: Document, step: Step) -> None:
        """Adds a step to the history of a picture."""
        document.history.push(step)
        self.changed.emit(document)

    def undo(self, document: Document) -> None:
        document.history.undo()
        self.changed.emit(document)

    def redo(self, document: Document) -> None:
        document.history.redo()
        self.changed.emit(document)

    def set_badge(self, document: Document, badge: Badge, problem: str = "") -> None:
        """Sets the badge of a picture, and its problem."""
        document.badge, document.problem = badge, problem
        self.changed.emit(document)

    def set_source(self, document: Document, source: Picture) -> None:
        """Sets the source of a picture."""
        document.source = source
        self.changed.emit(document)

    def mark_saved(self, document: Document, step: Step) -> None:
        document.mark_saved(step)
        self.changed.emit(document)

    def trim(self, undo_bytes: int, source_bytes: int) -> None:
        """Drops the oldest steps and the least recently viewed sources until both limits hold.

        The pictures of current steps are the user's work and are never dropped.
        """
        self._trim_steps(undo_bytes)
        self._trim_sources(source_bytes)

    def _trim_steps(self, limit_bytes: int) -> None:
        needed = {id(picture) for document in self._documents.values() for picture in document.step.pictures}
        steps = [(step, document) for document in self._documents.values() for step in document.history.others]
        steps.sort(key=lambda pair: pair[0].serial, reverse=True)
        held = 0
        for step, document in steps:
            fresh = {id(picture): picture for picture in step.pictures if id(picture) not in needed}
            cost = sum(map(size_bytes, fresh.values()))
            if cost and held + cost > limit_bytes:
                document.history.discard(step)
                self.changed.emit(document)
                continue
            held += cost
            needed |= fresh.keys()

    def _trim_sources(self, limit_bytes: int) -> None:
        rank = {known: index for index, known in enumerate(self._recent_ids)}
        loaded = [document for document in self._documents.values() if document.source is not None]
        loaded.sort(key=lambda document: rank.get(document.id, -1), reverse=True)
        held = 0
        for document in loaded:
            held += size_bytes(document.source) if document.source is not None else 0
            if held > limit_bytes and document is not self._current:
                document.source = None
