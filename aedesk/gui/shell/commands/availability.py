"""Texts and enabled states of the actions."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QAction

from aedesk.gui.documents.library import Document, Library
from aedesk.gui.panels.base import Panel
from aedesk.gui.shell.commands import undo_order
from aedesk.gui.shell.commands.table import MODES

ALWAYS_FOR_PICTURES = (*MODES, "fit", "actual", "zoom_in", "zoom_out")


def refresh_actions(
    actions: Mapping[str, QAction], library: Library, chosen: list[Document], panel: Panel, busy: bool, picture_shown: bool
) -> None:
    """Updates texts and enabled states.

    Args:
        chosen: the pictures that Run would process.
        panel: the active panel.
        picture_shown: the picture is shown, not the panel's own page.
    """
    document, documents = library.current, library.documents
    undo, redo = undo_order.undo_title(panel.undo_stack, document), undo_order.redo_title(panel.undo_stack, document)
    run_title = panel.run_title
    actions["undo"].setText(f"&Undo {undo}".rstrip())
    actions["redo"].setText(f"&Redo {redo}".rstrip())
    if picture_shown:
        actions["run"].setText(f"&{run_title}" if len(chosen) < 2 else f"&{run_title} {len(chosen)}")
        actions["run_all"].setText(f"{run_title} &all")
    enabled = {
        "undo": bool(undo) and picture_shown,
        "redo": bool(redo) and picture_shown,
        "save": document is not None and document.saveable is not None,
        "save_all": any(each.modified for each in documents),
        "export_aed": bool(chosen),
        "close_picture": document is not None,
        "reference": document is not None,
        "previous": len(documents) > 1,
        "next": len(documents) > 1,
        "run": bool(chosen) and picture_shown,
        "run_all": bool(documents) and picture_shown,
        "cancel": busy,
    } | dict.fromkeys(ALWAYS_FOR_PICTURES, picture_shown)
    for name, on in enabled.items():
        actions[name].setEnabled(on)
