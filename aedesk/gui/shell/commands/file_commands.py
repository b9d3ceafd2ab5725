"""The commands that open, save and close pictures, with their dialogs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from aedesk.core.errors import AedeskError
from aedesk.gui.dialogs import files
from aedesk.gui.documents.library import Document
from aedesk.gui.documents.opening import Opener
from aedesk.gui.documents.saving import Saver, save_name
from aedesk.gui.workspace import Workspace


class FileCommands(QObject):
    """Shows the dialogs and passes the answers to Opener, Saver and Loader."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self.opener = Opener(workspace, self)
        self.saver = Saver(workspace, self)
        self.saver.saved.connect(self._on_saved)
        self.saver.failed.connect(self._on_failed)
        workspace.loader.failed.connect(self._on_failed)
        workspace.loader.damaged.connect(self._on_damaged)
        workspace.close_requested.connect(self.close_documents)

    @property
    def _folder(self) -> str:
        return str(self._workspace.settings["last_folder"])

    def open(self) -> None:
        """Asks for pictures and opens them."""
        paths = files.choose_pictures(self._window, self._folder)
        if paths:
            self.opener.open(paths)

    def open_folder(self) -> None:
        """Asks for a folder and opens its pictures."""
        path = files.choose_folder(self._window, "Open a folder", self._folder)
        if path is not None:
            self.opener.open([path])

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Asks for a file and saves the result of the current picture. Calls ``then()`` after success."""
        document = self._workspace.library.current
        if document is None or document.saveable is None:
            self._workspace.notify("There is no result to save yet. Restore the picture or erase a watermark first.", "info")
            return
        self._save(document, then)

    def save_all(self, then: Callable[[], None] | None = None) -> None:
        """Saves all unsaved results in a folder that the user chooses. Calls ``then()`` only if all were saved."""
        unsaved = [document for document in self._workspace.library.documents if document.modified]
        if not unsaved:
            self._workspace.notify("There are no unsaved results.", "info")
            return
        folder = files.choose_folder(self._window, "Save all results", self._folder)
        if folder is None:
            return

        def finished(saved: int, failed: int) -> None:
            if failed == 0:
                self._workspace.notify(f"{_pictures(saved)} saved in {folder}.", "info")
                if then is not None:
                    then()
            else:
                self._workspace.notify(f"{_pictures(saved)} saved in {folder}, {failed} could not be saved: see the log.", "error")

        self.saver.save_all(unsaved, folder, finished)

    def load_reference(self) -> None:
        """Asks for the clean original of the current picture."""
        document = self._workspace.library.current
        if document is None:
            return
        path = files.choose_reference(self._window, self._folder)
        if path is not None:
            self._workspace.loader.set_reference(document, path, lambda error: self._on_failed(document, error))

    @Slot(object)
    def close_documents(self, documents: list[Document]) -> None:
        """Removes pictures from the library, after a question about unsaved results."""
        self._confirm_unsaved([document for document in documents if document.modified], lambda: self._workspace.library.remove(documents))

    def before_quit(self, go_on: Callable[[], None]) -> None:
        """Calls ``go_on()`` unless the user cancels; without a question if nothing is unsaved."""
        confirm = bool(self._workspace.settings["confirm_close"])
        unsaved = [document for document in self._workspace.library.documents if document.modified] if confirm else []
        self._confirm_unsaved(unsaved, go_on)

    def _confirm_unsaved(self, unsaved: list[Document], go_on: Callable[[], None]) -> None:
        answer = files.ask_unsaved(self._window, [document.name for document in unsaved]) if unsaved else "discard"
        if answer == "discard":
            go_on()
        elif answer == "save" and len(unsaved) == 1:
            self._save(unsaved[0], go_on)
        elif answer == "save":
            self.save_all(go_on)

    def _save(self, document: Document, then: Callable[[], None] | None) -> None:
        suffix = str(self._workspace.settings["save_suffix"]) if document.result is not None else ""
        suggested = Path(document.path).with_name(save_name(document.path, suffix))
        path = files.choose_save_path(self._window, suggested)
        if path is not None:
            self.saver.save(document, path, overwrite=True, then=then)

    @Slot(object, object)
    def _on_saved(self, document: Document, path: Path) -> None:
        self._workspace.notify(f"Saved {path}.", "info")

    @Slot(object, str)
    def _on_damaged(self, _document: Document, text: str) -> None:
        self._workspace.notify(text, "warning")

    @Slot(object, object)
    def _on_failed(self, document: Document, error: AedeskError) -> None:
        self._workspace.notify(str(error), "error")


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
