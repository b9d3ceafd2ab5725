"""What the actions are called and which of them make sense now."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction

from aedesk.gui.state import Document, Library


def refresh_actions(actions: Mapping[str, QAction], library: Library, chosen: list[Document], run_title: str, busy: bool) -> None:
    """Set texts and enabled states.

    Args:
        chosen: the pictures that Run would be about.
        run_title: what the panel in front does.
    """
    document, documents = library.current, library.documents
    undo, redo = (document.history.undo_title, document.history.redo_title) if document is not None else ("", "")
    actions["undo"].setText(f"&Undo {undo}".rstrip())
    actions["redo"].setText(f"&Redo {redo}".rstrip())
    actions["run"].setText(f"&{run_title}" if len(chosen) < 2 else f"&{run_title} {len(chosen)}")
    actions["run_all"].setText(f"{run_title} &all")
    enabled = {
        "undo": bool(undo),
        "redo": bool(redo),
        "save": document is not None and document.result is not None,
        "save_all": any(each.modified for each in documents),
        "close_picture": document is not None,
        "reference": document is not None,
        "previous": len(documents) > 1,
        "next": len(documents) > 1,
        "run": bool(chosen),
        "run_all": bool(documents),
        "cancel": busy,
    }
    for name, on in enabled.items():
        actions[name].setEnabled(on)
