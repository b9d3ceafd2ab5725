"""The program with a window. What the first paint does not need is imported or started after it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from aedesk import __version__
from aedesk.core.resources import resource_path
from aedesk.gui.bridge import Client
from aedesk.gui.dialogs import show_message
from aedesk.gui.log_setup import Logging, install_exception_hooks
from aedesk.gui.main_window import MainWindow
from aedesk.gui.widgets import icons, theme
from aedesk.gui.workspace import Workspace
from aedesk.settings.places import log_path, settings_path
from aedesk.settings.store import Settings

SIGNAL_CHECK_MS = 250
"""Python looks at signals only between its own instructions; this wakes it."""


class Application(QObject):
    """The window with everything behind it, from settings to log.

    Args:
        paths: files and folders to open.
        make_client: makes the client of the interactive worker; None for the real one.
        make_training_client: the same for the training worker.
        settings_file: None for the person's own.
    """

    def __init__(
        self,
        app: QApplication,
        paths: Sequence[Path] = (),
        *,
        make_client: Callable[[], Client] | None = None,
        make_training_client: Callable[[], Client] | None = None,
        settings_file: Path | None = None,
    ) -> None:
        super().__init__()
        self._paths = list(paths)
        self.settings = Settings(settings_file or settings_path())
        self.logging = Logging(log_path())
        self.logging.start()
        theme.apply(app, self.settings["theme"])
        self.workspace = Workspace(self.settings, make_client or real_client, make_training_client or real_training_client, self)
        self.window = MainWindow(self.workspace, self.logging.relay, self.logging.path)
        self.window.first_painted.connect(self._on_first_painted)
        self._undo_hooks = install_exception_hooks(lambda text: show_message(text, self.window))

    def show(self) -> None:
        self.window.show()

    def end(self) -> None:
        """After the event loop: leave nothing behind, also if the window was not closed in the usual way."""
        self.workspace.shutdown()
        self._undo_hooks()
        self.logging.stop()

    @Slot()
    def _on_first_painted(self) -> None:
        first_start = self.settings["first_start"]
        self.settings["first_start"] = False
        paths = self._paths or ([resource_path("samples", name) for name in SAMPLES] if first_start else [])
        if paths:
            self.window.commands.opener.open(paths, remember=bool(self._paths))
        for note in self.settings.notes:
            self.workspace.tell(note, "warning")
        self.workspace.bridge.start()


SAMPLES = ("portrait_noisy.png", "parrots_photo.jpg")


def real_client() -> Client:
    from aedesk.jobs.client import WorkerClient

    return WorkerClient("interactive")


def real_training_client() -> Client:
    from aedesk.jobs.client import WorkerClient

    return WorkerClient("training")


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window on the given files and return when it is closed.

    Args:
        argv: files and folders, without the program's name; None for those of the command line.
    """
    paths = [Path(name) for name in (sys.argv[1:] if argv is None else argv)]
    app = QApplication.instance() or QApplication(["aedesk"])
    if not isinstance(app, QApplication):
        raise RuntimeError("aedesk needs a QApplication, and there is another kind of application already")
    app.setApplicationName("aedesk")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(icons.app_icon())
    running = Application(app, paths)
    previous = signal.signal(signal.SIGINT, lambda *_: running.window.close())
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(SIGNAL_CHECK_MS)
    running.window.ended.connect(app.quit, Qt.ConnectionType.QueuedConnection)  # hiding first keeps Qt from noticing the last window
    running.show()
    try:
        return app.exec()
    finally:
        wake.stop()
        signal.signal(signal.SIGINT, previous)
        running.end()


if __name__ == "__main__":
    from multiprocessing import freeze_support

    freeze_support()
    sys.exit(main())
