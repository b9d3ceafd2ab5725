"""Loading and saving masks, with their dialogs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from aedesk.gui.dialogs import files
from aedesk.gui.panels.erase.mask_editor import MaskEditor
from aedesk.gui.workspace import Workspace


class MaskFiles:
    """Shows the dialogs and passes the chosen file to the editor."""

    def __init__(self, workspace: Workspace, editor: MaskEditor, window: QWidget) -> None:
        self._workspace, self._editor, self._window = workspace, editor, window

    def load(self) -> None:
        """Asks for a file and loads the mask."""
        path = files.choose_mask(self._window, str(self._folder))
        if path is not None:
            self._editor.load(path)

    def save(self) -> None:
        """Asks for a file and saves the mask."""
        document = self._workspace.library.current
        name = "mask.png" if document is None else f"{document.path.stem}_mask.png"
        path = files.choose_target(self._window, "Save mask", self._folder / name, "PNG")
        if path is not None:
            self._editor.save(path)

    @property
    def _folder(self) -> Path:
        document = self._workspace.library.current
        return document.path.parent if document is not None else Path(str(self._workspace.settings["last_folder"]))
