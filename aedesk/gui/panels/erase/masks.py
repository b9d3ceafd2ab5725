"""Which mask belongs to which picture."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from aedesk.gui.documents.library import Document, Library
from aedesk.gui.panels.erase.edited_mask import EditedMask

Size = tuple[int, int]


class MaskBook(QObject):
    """Each picture has a mask of its own, or all pictures of one size share one.

    A mask is spent when it has been erased by: it is not shown over the result, and the next change begins a new one. Undoing the
    erasing, or a change, makes it count again.

    Signals:
        made(EditedMask): a mask was needed for the first time.
    """

    made = Signal(object)

    def __init__(self, library: Library, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._own: dict[int, EditedMask] = {}
        self._shared: dict[Size, EditedMask] = {}
        self._spent: dict[int, tuple[int, int]] = {}  # by document: the step that erased, and the mask's revision then
        self.one_for_all = False
        library.removed.connect(self._on_removed)

    def of(self, document: Document) -> EditedMask | None:
        """The mask of a picture, made when there is none; None as long as the picture has not been read."""
        picture = document.given
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
            self.made.emit(known)
        return known

    def known(self, document: Document, size: Size | None) -> EditedMask | None:
        """The mask that a picture has already; of one whose size is not known, only its own."""
        if self.one_for_all:
            return self._shared.get(size) if size is not None else None
        mask = self._own.get(document.id)
        return mask if mask is not None and size in (None, mask.size) else None

    def set_one_for_all(self, on: bool, current: Document | None) -> None:
        """The mask of the current picture becomes that of all pictures of its size, or its own again."""
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

    def leave(self, document: Document) -> None:
        """Another picture is looked at: a mask that nobody has used is not worth its memory."""
        mask = self._own.get(document.id)
        if mask is not None and mask.untouched:
            del self._own[document.id]
            mask.deleteLater()

    def spend(self, document: Document, revision: int) -> None:
        """The present step of the picture's history was made by its mask, as that was at ``revision``."""
        self._spent[document.id] = (document.step.serial, revision)

    def is_spent(self, document: Document, mask: EditedMask) -> bool:
        serial, revision = self._spent.get(document.id, (0, -1))
        return mask.revision == revision and document.step.serial >= serial

    @Slot(object)
    def _on_removed(self, documents: list[Document]) -> None:
        for document in documents:
            self._spent.pop(document.id, None)
            mask = self._own.pop(document.id, None)
            if mask is not None:
                mask.deleteLater()
