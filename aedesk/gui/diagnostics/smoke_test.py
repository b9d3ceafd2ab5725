"""``aedesk gui FILE --rehearse OUT``: the window does by itself what a person does first, by its own buttons, and closes.

It opens the picture, presses Restore, saves the result and ends; whoever tests an installed program sees with it that all parts work
together, without a tool that moves the mouse. What has happened is said on standard output, one word a line, at the moment it happens:
window, picture, ready, restored, saved. What goes wrong makes the exit code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QPushButton

from aedesk.core.errors import AedeskError
from aedesk.gui.documents.library import Badge, Document

if TYPE_CHECKING:
    from aedesk.gui.shell.main_window import MainWindow

LOOK_MS = 20
PATIENCE_MS = 300_000


class Rehearsal(QObject):
    """Args:
        window: not yet shown.
        target: the file for the result; one that is there is replaced.

    ``problem`` says what went wrong, empty while nothing did.
    """

    def __init__(self, window: MainWindow, target: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window, self._target = window, target
        self._said: list[str] = []
        self.problem = "The window was closed before the picture was restored."
        self._looking = QTimer(self)
        self._looking.setInterval(LOOK_MS)
        self._looking.timeout.connect(self._look)
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(PATIENCE_MS)
        self._deadline.timeout.connect(self._on_late)
        window.first_painted.connect(self._on_painted)
        window.ended.connect(self.stop)
        window.commands.saver.saved.connect(self._on_saved)
        window.commands.saver.failed.connect(self._on_failed)
        window.workspace.loader.failed.connect(self._on_failed)

    @Slot()
    def stop(self) -> None:
        self._looking.stop()
        self._deadline.stop()

    @Slot()
    def _on_painted(self) -> None:
        self._say("window")
        self._window.panel_stack.choose("restore")
        self._looking.start()
        self._deadline.start()

    @Slot()
    def _look(self) -> None:
        document = self._window.workspace.library.current
        if document is None or document.source is None:
            return
        self._say("picture")
        if document.badge is Badge.FAILED:
            self._give_up(document.problem)
        elif document.step.restored is not None:
            self._looking.stop()
            self._say("restored")
            self._window.commands.saver.save(document, self._target, overwrite=True)
        elif "ready" not in self._said and self._window.workspace.catalog.models:
            self._say("ready")
            button = self._window.findChild(QPushButton, "restoreButton")
            if button is not None:
                button.click()

    @Slot(object, object)
    def _on_saved(self, _document: Document, _path: Path) -> None:
        self._say("saved")
        self.problem = ""
        self._window.close()

    @Slot(object, object)
    def _on_failed(self, _document: Document, error: AedeskError) -> None:
        self._give_up(str(error))

    @Slot()
    def _on_late(self) -> None:
        self._give_up(f"Nothing more happened after: {', '.join(self._said)}.")

    def _give_up(self, problem: str) -> None:
        self.stop()
        self.problem = problem
        self._window.workspace.settings["confirm_close"] = False
        self._window.close()

    def _say(self, word: str) -> None:
        if word not in self._said:
            self._said.append(word)
            if sys.stdout is not None:  # a windowed program of Windows has none
                sys.stdout.write(f"{word}\n")
                sys.stdout.flush()
