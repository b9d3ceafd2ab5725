"""What the commands print: messages, JSON, tables on stdout; complaints and progress on stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

from aedesk.core.errors import PictureError
from aedesk.core.events import Progress

REDRAW_S = 0.1
BAR_WIDTH = 24


def say(text: str) -> None:
    """Prints a result. If standard output fails (a full disk, a closed pipe), the program says so once and continues."""
    _out(printable(text))


def note(text: str) -> None:
    """Prints a remark to standard error, if that can be written."""
    with suppress(OSError, ValueError):
        print(printable(text), file=sys.stderr, flush=True)


def complain(text: str) -> None:
    note(f"aedesk: {text}")


def print_json(document: Any) -> None:
    _out(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def printable(text: str) -> str:
    """Returns ``text`` with control characters escaped, so that the content of a file cannot control the terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else letter.encode("unicode_escape").decode() for letter in text)


def send(file: BinaryIO) -> None:
    """Copies a file to standard output. Raises :class:`PictureError` if that cannot be written."""
    try:
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.flush()
    except OSError as error:
        _give_up(error)
        raise PictureError(f"Standard output cannot be written: {error.strerror}.", "Write to a file instead.") from error


def stdout_failed() -> bool:
    """Whether results could not be printed."""
    return _failed.is_set()


_failed = threading.Event()


def _out(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError as error:
        if not _failed.is_set():
            _give_up(error)
            complain(f"The results cannot be printed: {error.strerror}. The command continues.")


def _give_up(error: OSError) -> None:
    """Discards all further output, buffered output included: otherwise the interpreter would print another error at exit."""
    _failed.set()
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """Columns of equal width, two spaces apart."""
    cells = [[printable(" ".join(str(cell).split())) for cell in row] for row in ([head] if head else []) + list(rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    if head:
        lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def clock(seconds: float) -> str:
    """65 s as "1:05", 3700 s as "1:01:40"."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class ProgressBar:
    """A line on stderr with share, rate and remaining time, redrawn in place; silent unless stderr is a terminal."""

    def __init__(self, title: str) -> None:
        self._title = printable(title)
        self._shown = sys.stderr.isatty()
        self._begun = time.monotonic()
        self._base = 0.0
        self._drawn_at = 0.0
        self._drawn = False

    def update(self, progress: Progress) -> None:
        now = time.monotonic()
        if not self._shown or (self._drawn and now - self._drawn_at < REDRAW_S and progress.done != progress.total):
            return
        if not self._drawn:
            # The clock starts with the first sign of life: loading and the steps of an earlier session say nothing about the rate.
            self._begun, self._base = now, progress.done
        self._drawn, self._drawn_at = True, now
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write("\r" + describe(self._title, progress, progress.done - self._base, now - self._begun)[:width].ljust(width))
        sys.stderr.flush()

    def clear(self) -> None:
        """Remove the line, so that something else can be printed."""
        if self._drawn:
            sys.stderr.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
            sys.stderr.flush()


def describe(title: str, progress: Progress, gained: float, seconds: float) -> str:
    """The text of a progress line; ``gained`` is what was done in the last ``seconds``."""
    parts = [title]
    if progress.total:
        share = min(max(progress.done / progress.total, 0.0), 1.0)
        parts.append(f"[{'#' * round(share * BAR_WIDTH):.<{BAR_WIDTH}}] {share:4.0%}")
    parts.append(f"{progress.done:.4g}{f'/{progress.total:.4g}' if progress.total else ''} {progress.unit}".rstrip())
    if gained > 0 and seconds > 0:
        parts.append(f"{gained / seconds:.3g} {progress.unit}/s")
        if progress.total:
            parts.append(f"ETA {clock((progress.total - progress.done) / gained * seconds)}")
    if progress.detail:
        parts.append(progress.detail)
    return "  ".join(parts)
