"""Undo and redo across two histories, that of the active panel and that of the picture, in the order of time."""

from __future__ import annotations

from aedesk.gui.documents.library import Document, Library
from aedesk.gui.panels.base import UndoStack


def undo_title(stack: UndoStack | None, document: Document | None) -> str:
    """Returns the title of the change that Undo would take back; empty if there is none."""
    if stack is not None and stack.to_undo is not None and _panel_undoes(stack, document):
        return stack.to_undo.title
    return document.history.undo_title if document is not None else ""


def redo_title(stack: UndoStack | None, document: Document | None) -> str:
    """Returns the title of the change that Redo would repeat; empty if there is none."""
    if stack is not None and stack.to_redo is not None and _panel_redoes(stack, document):
        return stack.to_redo.title
    return document.history.redo_title if document is not None else ""


def undo(stack: UndoStack | None, library: Library) -> None:
    """Takes back the latest change."""
    if stack is not None and _panel_undoes(stack, library.current):
        stack.undo()
    elif library.current is not None:
        library.undo(library.current)


def redo(stack: UndoStack | None, library: Library) -> None:
    """Repeats the earliest of the changes that were undone."""
    if stack is not None and _panel_redoes(stack, library.current):
        stack.redo()
    elif library.current is not None:
        library.redo(library.current)


def _panel_undoes(stack: UndoStack, document: Document | None) -> bool:
    other = document.history.to_undo if document is not None else None
    return stack.to_undo is not None and (other is None or stack.to_undo.serial > other.serial)


def _panel_redoes(stack: UndoStack, document: Document | None) -> bool:
    other = document.history.to_redo if document is not None else None
    return stack.to_redo is not None and (other is None or stack.to_redo.serial < other.serial)
