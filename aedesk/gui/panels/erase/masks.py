"""The masks of the open pictures."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.gui.documents.library import Document, Library
from aedesk.gui.panels.erase.edited_mask import EditedMask

Size = tuple[int, int]


class MaskStore(QObject):
    """Each picture has its own mask, or all pictures of one size share one.

    After it was applied, a mask is not shown over the result, and the next change starts a new one. Undoing the erasure, or a change
    of the mask, makes it active again.

    Signals:
        created(EditedMask): a mask was created.
    """

    created = Signal(object)

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._own: dict[int, EditedMask] = {}
        self._shared: dict[Size, EditedMask] = {}
        self._applied: dict[int, tuple[int, int]] = {}  # by document: serial of the step and revision of the mask
        self.one_for_all = False
        library.removed.connect(self._on_removed)

    def of(self, document: Document) -> EditedMask | None:
        """Returns the mask of a picture, created if there is none; None while the picture is not loaded."""
        picture = document.base
        if picture is None:
            return None
        size = (picture.width, picture.height)
        known = self.known(document, size)
        if known is None:
            known = EditedMask(*size, self)
            if self.one_for_all:
                self._shared[size] = known
            else:
                self._own[document.id] = known
            self.created.emit(known)
        return known

    def known(self, document: Document, size: Size | None) -> EditedMask | None:
        """Returns the existing mask of a picture; if its size is unknown, only its own one."""
        if self.one_for_all:
            return self._shared.get(size) if size is not None else None
        mask = self._own.get(document.id)
        return mask if mask is not None and size in (None, mask.size) else None

    def set_one_for_all(self, on: bool, current: Document | None) -> None:
        """Shares the current picture's mask with all pictures of its size, or makes it its own again."""
        mask = self.of(current) if current is not None else None
        self.one_for_all = on
        if mask is None or current is None:
            return
        if on:
            self._own.pop(current.id, None)
            self._shared[mask.size] = mask
        else:
            self._shared.pop(mask.size, None)
            self._own[current.id] = mask

    def release(self, document: Document) -> None:
        """Drops an unused mask when another picture becomes current, to save memory."""
        mask = self._own.get(document.id)
        if mask is not None and mask.untouched:
            del self._own[document.id]
            mask.deleteLater()

    def mark_applied(self, document: Document, revision: int) -> None:
        """Records that the current step of the picture was made with its mask at ``revision``."""
        self._applied[document.id] = (document.step.serial, revision)

    def is_applied(self, document: Document, mask: EditedMask) -> bool:
        """Returns whether the mask, as it is now, was applied to the current step."""
        serial, revision = self._applied.get(document.id, (0, -1))
        return mask.revision == revision and document.step.serial >= serial

    @Slot(object)
    def _on_removed(self, documents: list[Document]) -> None:
        for document in documents:
            self._applied.pop(document.id, None)
            mask = self._own.pop(document.id, None)
            if mask is not None:
                mask.deleteLater()
