"""The log: every record goes to a file of the user, and those of level info and above also to the window."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from aedesk.settings.private import make_private

MAX_BYTES = 1_000_000
LOGGER = "aedesk"


class LogRelay(QObject):
    """Passes records to the window's thread, whichever thread wrote them."""

    line = Signal(str, str)  # text of one line, level: "info", "warning" or "error"


class _RelayHandler(logging.Handler):
    def __init__(self, relay: LogRelay) -> None:
        super().__init__(logging.INFO)
        self._relay = relay

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warning" if record.levelno >= logging.WARNING else "info"
        self._relay.line.emit(record.getMessage(), level)


class Logging:
    """Installs the handlers with ``start`` and removes them with ``stop``. If the folder cannot be written, there is no log file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.relay = LogRelay()
        self._handlers: list[logging.Handler] = []

    def start(self) -> None:
        """Installs the handlers."""
        logger = logging.getLogger(LOGGER)
        logger.setLevel(logging.INFO)
        self._handlers.append(_RelayHandler(self.relay))
        try:
            make_private(self.path.parent)
            keep_small(self.path)
            file = logging.FileHandler(self.path, encoding="utf-8", delay=True)
            file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
            self._handlers.append(file)
        except OSError as error:
            logger.warning("There is no log file: %s", error)
        for handler in self._handlers:
            logger.addHandler(handler)

    def stop(self) -> None:
        """Removes the handlers and closes the file."""
        for handler in self._handlers:
            logging.getLogger(LOGGER).removeHandler(handler)
            handler.close()
        self._handlers.clear()


def keep_small(path: Path) -> None:
    """Renames a log that has grown too large. ``logging.handlers`` could do it, but importing it takes a tenth of the start-up time."""
    if path.exists() and path.stat().st_size > MAX_BYTES:
        os.replace(path, path.with_suffix(".old.log"))


def install_exception_hooks(show: Callable[[str], None]) -> Callable[[], None]:
    """Logs unexpected errors with their traceback and shows them to the user as a sentence. Returns a function that undoes it.

    Args:
        show: called on the window's thread only; errors of other threads are logged.
    """
    logger = logging.getLogger(LOGGER)
    before = (sys.excepthook, threading.excepthook)

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            before[0](kind, error, traceback)
            return
        logger.error("Unexpected error", exc_info=(kind, error, traceback))
        show(f"Something went wrong inside aedesk ({kind.__name__}). Your pictures are still open: save them. The log has the details.")

    def thread_hook(failure: threading.ExceptHookArgs) -> None:
        logger.error("Unexpected error in a thread", exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback))  # type: ignore[arg-type]

    sys.excepthook, threading.excepthook = hook, thread_hook

    def undo() -> None:
        sys.excepthook, threading.excepthook = before

    return undo
