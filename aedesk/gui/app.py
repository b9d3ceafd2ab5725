"""The program with its window. Whatever the first paint does not need is imported or started after it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from aedesk import __version__
from aedesk.core.resources import resource_path
from aedesk.gui.diagnostics.log_setup import Logging, install_exception_hooks
from aedesk.gui.diagnostics.smoke_test import SmokeTest
from aedesk.gui.dialogs import show_message
from aedesk.gui.garbage import GarbageCollector
from aedesk.gui.instance import Instance, hand_over
from aedesk.gui.jobs.bridge import Client
from aedesk.gui.recovery.recovery import Recovery
from aedesk.gui.shell.main_window import MainWindow
from aedesk.gui.widgets.style import icons, theme
from aedesk.gui.workspace import Workspace
from aedesk.jobs.picture_reader import PictureReader, Reads
from aedesk.settings.places import log_path, settings_path, state_dir
from aedesk.settings.store import Settings

SIGNAL_CHECK_MS = 250
"""Python handles signals only between its own instructions; a timer of this period makes it run some."""


class Application(QObject):
    """The window and everything behind it, from the settings to the log.

    Args:
        paths: files and folders to open.
        make_client: creates the client of the interactive worker; None for the real one.
        make_training_client: the same for the training worker.
        settings_file: None for the user's own.
        recovery: restores the previous session after a crash and records this one; None for a second window.
        make_reader: as for the workspace.
    """

    def __init__(
        self,
        app: QApplication,
        paths: Sequence[Path] = (),
        *,
        make_client: Callable[[], Client] | None = None,
        make_training_client: Callable[[], Client] | None = None,
        settings_file: Path | None = None,
        recovery: Recovery | None = None,
        make_reader: Callable[[], Reads] = PictureReader,
    ) -> None:
        super().__init__()
        self._recovery = recovery
        self._garbage = GarbageCollector(self)
        self._paths = list(paths)
        self.settings = Settings(settings_file or settings_path())
        self.logging = Logging(log_path())
        self.logging.start()
        theme.apply(app, self.settings["theme"])
        self.workspace = Workspace(
            self.settings, make_client or real_client, make_training_client or real_training_client, self, make_reader
        )
        self.window = MainWindow(self.workspace, self.logging.relay, self.logging.path)
        self.window.ready.connect(self._on_ready)
        self._undo_hooks = install_exception_hooks(lambda text: show_message(text, self.window))

    def show(self) -> None:
        """Shows the window."""
        self.window.show()

    def end(self) -> None:
        """Releases everything after the event loop, even if the window was not closed in the usual way."""
        self.workspace.shutdown()
        if self._recovery is not None:
            self._recovery.end()
        self._undo_hooks()
        self.logging.stop()
        self._garbage.stop()

    @Slot()
    def _on_ready(self) -> None:
        first_start = self.settings["first_start"]
        self.settings["first_start"] = False
        paths = self._paths or ([resource_path("samples", name) for name in SAMPLES] if first_start else [])
        if paths:
            self.window.commands.opener.open(paths, remember=bool(self._paths))
        for note in self.settings.notes:
            self.workspace.notify(note, "warning")
        self.workspace.bridge.start()
        if self._recovery is not None:
            self._recovery.offer(self.workspace, self.window)

    @Slot(object, str)
    def open_more(self, paths: list[Path], token: str) -> None:
        """Opens the files that another start of the program has handed over, and brings the window to the front."""
        if paths:
            self.window.commands.opener.open(paths)
        if token:
            os.environ["XDG_ACTIVATION_TOKEN"] = token  # Qt reads it there when it asks Wayland to raise the window
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()


class DesktopApplication(QApplication):
    """Receives the files of a double click, which macOS sends as events."""

    file_opened = Signal(object, str)  # list of one Path, an empty token

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QFileOpenEvent):
            self.file_opened.emit([Path(event.file())], "")
            return True
        return super().event(event)


SAMPLES = ("portrait_noisy.png", "parrots_photo.jpg")


def real_client() -> Client:
    """Creates the client of the interactive worker."""
    from aedesk.jobs.client import WorkerClient

    return WorkerClient("interactive")


def real_training_client() -> Client:
    """Creates the client of the training worker."""
    from aedesk.jobs.client import WorkerClient

    return WorkerClient("training")


def main(argv: Sequence[str] | None = None) -> int:
    """Opens the window with the given files and returns the exit code when it is closed.

    Args:
        argv: files and folders, without the program's name; None for those of the command line. ``--smoke-test OUT`` is for tests of
            installed programs, see ``diagnostics.smoke_test``.
    """
    parser = argparse.ArgumentParser(prog="aedesk", allow_abbrev=False)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--smoke-test", type=Path)
    known, _ = parser.parse_known_args(argv)  # desktops add arguments of their own
    paths: list[Path] = known.files
    app = QApplication.instance() or DesktopApplication(["aedesk"])
    if not isinstance(app, QApplication):
        raise RuntimeError("aedesk needs a QApplication, and there is another kind of application already")
    app.setApplicationName("aedesk")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(icons.app_icon())
    if hand_over(paths):
        return 0
    instance = Instance()
    recovery = Recovery(state_dir(), log_path()) if instance.listen() else None
    try:
        return show_until_closed(app, paths, instance, recovery, known.smoke_test)
    except Exception:
        if recovery is not None:
            recovery.failed()
        raise
    finally:
        instance.close()


def show_until_closed(
    app: QApplication, paths: Sequence[Path], instance: Instance, recovery: Recovery | None, smoke_test_output: Path | None
) -> int:
    """Runs the event loop until the window is closed. Returns the exit code."""
    running = Application(app, paths, recovery=recovery)
    smoke_test = SmokeTest(running.window, smoke_test_output, running) if smoke_test_output is not None else None
    instance.asked.connect(running.open_more)
    running.window.closing.connect(instance.leave)
    if isinstance(app, DesktopApplication):
        app.file_opened.connect(running.open_more)
    previous = signal.signal(signal.SIGINT, lambda *_: running.window.close())
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(SIGNAL_CHECK_MS)
    running.window.ended.connect(app.quit, Qt.ConnectionType.QueuedConnection)  # hiding first keeps Qt from noticing the last window
    running.show()
    try:
        code = app.exec()
    finally:
        wake.stop()
        signal.signal(signal.SIGINT, previous)
        running.end()
    if smoke_test is not None and smoke_test.problem:
        sys.stderr.write(f"aedesk: {smoke_test.problem}\n")
        return 1
    return code


if __name__ == "__main__":
    from multiprocessing import freeze_support

    freeze_support()
    sys.exit(main())
