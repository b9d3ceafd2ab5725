"""Shows the current document in the viewer; pictures are converted for the screen off the window's thread."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from aedesk.core.errors import AedeskError
from aedesk.gui.documents.library import Document
from aedesk.gui.thread_pool import LatestTask
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.workspace import Workspace
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture

Arrays = dict[str, NDArray[np.uint8]]


class Presenter(QObject):
    """Follows the current document and its changes.

    With a reference the three versions are the reference, the opened or noisy picture, and the result; without one the opened picture
    is the original.
    """

    opening = Signal(object)  # Document that is being loaded
    shown = Signal(object)  # Document, or None for an empty viewer

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace, self._viewer = workspace, viewer
        self._latest = LatestTask(workspace.pool)
        self._converted: weakref.WeakKeyDictionary[Picture, NDArray[np.uint8]] = weakref.WeakKeyDictionary()
        self._wanted: dict[str, Picture] = {}
        self._versions: Callable[[Document], dict[str, Picture]] = versions
        workspace.library.current_changed.connect(self._on_current)
        workspace.library.changed.connect(self._on_changed)

    def present_by(self, choose: Callable[[Document], dict[str, Picture]]) -> None:
        """Sets the function that returns the versions of a document by name, all of one size."""
        self._versions = choose
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Updates the viewer after a change of the versions."""
        document = self._workspace.library.current
        if document is not None:
            self._on_changed(document)

    @Slot(object)
    def _on_current(self, document: Document | None) -> None:
        self._latest.cancel()
        self._converted.clear()
        self._wanted = {}
        if document is None:
            self._viewer.clear()
            self.shown.emit(None)
            return
        if document.source is None:
            self.opening.emit(document)
        self._workspace.loader.ensure(document, self._present, lambda error: self._cannot(document, error))

    @Slot(object)
    def _on_changed(self, document: Document) -> None:
        if document is self._workspace.library.current and document.source is not None:
            self._present(document)

    def _cannot(self, document: Document, _error: AedeskError) -> None:
        if document is self._workspace.library.current:
            self._viewer.clear()
            self.shown.emit(document)

    def _present(self, document: Document) -> None:
        if document is not self._workspace.library.current:
            return
        wanted = self._versions(document)
        if wanted.keys() == self._wanted.keys() and all(wanted[name] is self._wanted[name] for name in wanted):
            return
        self._wanted = wanted
        known = {name: self._converted[picture] for name, picture in wanted.items() if picture in self._converted}

        def work() -> Arrays:
            return {name: known[name] if name in known else to_display(picture) for name, picture in wanted.items()}

        self._latest.run(work, lambda arrays: self._show(document, arrays), lambda error: self._cannot(document, error))

    def _show(self, document: Document, arrays: Arrays) -> None:
        if document is not self._workspace.library.current:
            return
        for name, array in arrays.items():
            self._converted[self._wanted[name]] = array
        self._viewer.set_pictures(**arrays)
        self.shown.emit(document)


def versions(document: Document) -> dict[str, Picture]:
    """Returns the default versions of a document by name; only those of one size."""
    step, source, base = document.step, document.source, document.base
    if source is None or base is None:
        return {}
    found = {"original": step.reference, "noisy": base} if step.reference is not None else {"original": base}
    if step.restored is not None:
        found["result"] = step.restored
    size = (base.width, base.height)
    return {name: picture for name, picture in found.items() if picture is not None and (picture.width, picture.height) == size}
