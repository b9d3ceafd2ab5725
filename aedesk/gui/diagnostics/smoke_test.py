"""``aedesk gui FILE --smoke-test OUT``: restores and saves a picture through the window's own buttons, then closes.

It shows that all parts of an installed program work together, without a tool that moves the mouse. The steps are printed on standard
output as they happen, one word a line: window, picture, ready, restored, saved. An error makes the exit code 1.
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

POLL_MS = 20
TIMEOUT_MS = 300_000


class SmokeTest(QObject):
    """Drives a window through one restoration.

    Args:
        window: not yet shown.
        target: the file for the result; an existing one is replaced.

    Attributes:
        problem: what went wrong; empty after success.
    """

    def __init__(self, window: MainWindow, target: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window, self._target = window, target
        self._steps: list[str] = []
        self.problem = "The window was closed before the picture was restored."
        self._poll_timer = QTimer(self)
        self._poll_timer.setInterval(POLL_MS)
        self._poll_timer.timeout.connect(self._poll)
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(TIMEOUT_MS)
        self._deadline.timeout.connect(self._on_timeout)
        window.first_painted.connect(self._on_painted)
        window.ended.connect(self.stop)
        window.commands.saver.saved.connect(self._on_saved)
        window.commands.saver.failed.connect(self._on_failed)
        window.workspace.loader.failed.connect(self._on_failed)

    @Slot()
    def stop(self) -> None:
        """Stops the timers."""
        self._poll_timer.stop()
        self._deadline.stop()

    @Slot()
    def _on_painted(self) -> None:
        self._report("window")
        self._window.panel_stack.choose("restore")
        self._poll_timer.start()
        self._deadline.start()

    @Slot()
    def _poll(self) -> None:
        document = self._window.workspace.library.current
        if document is None or document.source is None:
            return
        self._report("picture")
        if document.badge is Badge.FAILED:
            self._give_up(document.problem)
        elif document.step.restored is not None:
            self._poll_timer.stop()
            self._report("restored")
            self._window.commands.saver.save(document, self._target, overwrite=True)
        elif "ready" not in self._steps and self._window.workspace.inventory.models:
            self._report("ready")
            button = self._window.findChild(QPushButton, "restoreButton")
            if button is not None:
                button.click()

    @Slot(object, object)
    def _on_saved(self, _document: Document, _path: Path) -> None:
        self._report("saved")
        self.problem = ""
        self._window.close()

    @Slot(object, object)
    def _on_failed(self, _document: Document, error: AedeskError) -> None:
        self._give_up(str(error))

    @Slot()
    def _on_timeout(self) -> None:
        self._give_up(f"Nothing more happened after: {', '.join(self._steps)}.")

    def _give_up(self, problem: str) -> None:
        self.stop()
        self.problem = problem
        self._window.workspace.settings["confirm_close"] = False
        self._window.close()

    def _report(self, step: str) -> None:
        if step not in self._steps:
            self._steps.append(step)
            if sys.stdout is not None:  # a windowed program on Windows has none
                sys.stdout.write(f"{step}\n")
                sys.stdout.flush()
