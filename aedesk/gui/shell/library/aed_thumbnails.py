"""Thumbnails of .aed files: their previews, or else decoded by the worker, one after the other."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot

from aedesk.core.codec_specs import DecompressResult
from aedesk.core.errors import AedeskError
from aedesk.formats.aed_file import PREVIEW, SUFFIX
from aedesk.formats.container import read_aed
from aedesk.gui.documents.aed_files import read_if_aed
from aedesk.gui.documents.library import Document
from aedesk.gui.shell.library import LibraryView
from aedesk.gui.shell.library.delegate import THUMBNAIL_PX
from aedesk.gui.workspace import Workspace
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture
from aedesk.imaging.preview import open_preview

MAX_MEGAPIXELS = 6.0
"""Larger files without a preview get their thumbnail when they are opened, because decoding them would block other jobs."""


class AedThumbnails(QObject):
    """Decodes one file at a time, and none while the task queue is busy."""

    def __init__(self, workspace: Workspace, view: LibraryView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._view = workspace, view
        self._waiting: deque[Document] = deque()
        self._known: set[int] = set()
        self._busy = False
        workspace.library.added.connect(self._on_added)
        workspace.library.removed.connect(self._on_removed)
        workspace.library.changed.connect(self._on_changed)
        workspace.queue.busy_changed.connect(self._next)

    @Slot(object)
    def _on_added(self, documents: list[Document]) -> None:
        self._waiting.extend(document for document in documents if document.path.suffix.lower() == SUFFIX)
        self._next()

    @Slot(object)
    def _on_removed(self, documents: list[Document]) -> None:
        for document in documents:
            self._known.discard(document.id)
            if document in self._waiting:
                self._waiting.remove(document)

    @Slot(object)
    def _on_changed(self, document: Document) -> None:
        """Uses the picture of a file that was opened."""
        source = document.source
        if source is not None and document.id not in self._known and document.path.suffix.lower() == SUFFIX:
            self._known.add(document.id)
            self._show(document, source)

    @Slot()
    def _next(self, _busy: object = None) -> None:
        while self._waiting and (self._waiting[0].id in self._known or self._waiting[0] is self._workspace.library.current):
            self._waiting.popleft()
        if self._busy or not self._waiting or self._workspace.queue.busy:
            return
        document = self._waiting.popleft()
        self._busy = True
        self._workspace.pool.run(
            lambda: _preview_or_data(document), lambda data: self._on_read(document, data), self._on_failed, background=True
        )

    def _on_read(self, document: Document, read: Picture | bytes | None) -> None:
        if isinstance(read, Picture):
            self._show(document, read)
        if not isinstance(read, bytes):
            self._continue()
            return

        def done(result: DecompressResult) -> None:
            if document.id not in self._known:
                self._show(document, result.picture)
            self._continue()

        self._workspace.decoder.decode(read, done, self._on_failed)

    def _on_failed(self, _error: AedeskError) -> None:
        """Skips the file; the error is reported when it is opened."""
        self._continue()

    def _continue(self) -> None:
        self._busy = False
        self._next()

    def _show(self, document: Document, picture: Picture) -> None:
        edge = round(THUMBNAIL_PX * self._view.devicePixelRatioF())

        def show(pixels: Any) -> None:
            if self._workspace.library.find(document.id) is not None:
                self._view.set_thumbnail(document.path, pixels)

        self._workspace.pool.run(lambda: to_display(picture, edge), show, background=True)


def _preview_or_data(document: Document) -> Picture | bytes | None:
    """Returns the preview of a file, or its bytes if it has none and is of moderate size. Runs in a thread of the pool."""
    data = read_if_aed(document.path)
    if data is None:
        return None
    file = read_aed(data)
    preview = file.chunk(PREVIEW)
    if preview is not None and (image := open_preview(preview, THUMBNAIL_PX)) is not None:
        return Picture(np.asarray(image))
    return data if file.width * file.height <= MAX_MEGAPIXELS * 1e6 else None
