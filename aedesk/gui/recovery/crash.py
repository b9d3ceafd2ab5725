"""What a crash says of itself: Python's own report of fatal errors, with the program, the machine and the end of the log, as one file."""

from __future__ import annotations

import faulthandler
import time
from pathlib import Path
from typing import IO

from aedesk.settings.private import make_private, open_private

KEPT_REPORTS = 5
LOG_LINES = 200


class CrashWatch:
    """Lets the interpreter write the stack of a fatal error into a file.

    Args:
        folder: the person's state folder; it need not exist.

    ``left`` is what the run before wrote there: a crash if it is not empty.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fatal.txt"
        self._file: IO[str] | None = None
        try:
            self.left = self._path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            self.left = ""

    def start(self) -> None:
        """A folder that cannot be written costs only the report."""
        try:
            make_private(self._path.parent)
            self._file = open_private(self._path)
        except OSError:
            return
        faulthandler.enable(self._file, all_threads=True)

    def note(self, text: str) -> None:
        """Something fatal that Python itself could still say."""
        if self._file is not None:
            self._file.write(text)
            self._file.flush()

    def stop(self) -> None:
        """A proper end: what was noted stays, an empty file goes."""
        if self._file is None:
            return
        faulthandler.disable()
        self._file.close()
        self._file = None
        if self._path.stat().st_size == 0:
            self._path.unlink(missing_ok=True)


def write_report(folder: Path, fatal: str, program: str, log: Path) -> Path | None:
    """A file that tells of the crash before this start, None if it cannot be written; older ones go.

    Args:
        folder: of the reports.
        fatal: what the crash said of itself, empty for one that could not speak (killed, power cut).
        program: versions and machine.
        log: its end is copied.
    """
    body = "\n\n".join(
        (
            f"aedesk did not end properly. This was written at its next start, {time.strftime('%Y-%m-%d %H:%M:%S')}.",
            program,
            fatal or "It left no word of its own: it was killed, or the power was cut.",
            f"The end of the log:\n{tail(log)}",
        )
    )
    try:
        path = make_private(folder) / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
        with open_private(path) as file:
            file.write(body + "\n")
        for old in sorted(folder.glob("crash-*.txt"))[:-KEPT_REPORTS]:
            old.unlink()
    except OSError:
        return None
    return path


def tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])
    except OSError:
        return "There is none."
